"""The API server dies, or freezes, while 50 namespaces get their Secrets: all ends as without that."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster import Cluster
from tests.controlplane import ControlPlane
from tests.installation import install_account
from tests.pull_secrets import HOST, PullSecrets
from tests.running import RunningOperator
from tests.waiting import until

COUNT = 50


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl, timeout=60) as cluster:
        install_account(cluster)
        yield cluster


def kill(plane: ControlPlane) -> None:
    plane.kill_apiserver()
    plane.start_apiserver()


def freeze(plane: ControlPlane) -> None:
    """Until requests of the operator were given up: 10 s."""
    plane.freeze_apiserver()
    try:
        for _ in Cluster.polls(12):
            pass
    finally:
        plane.thaw_apiserver()


@pytest.mark.parametrize("trouble", [kill, freeze])
def test_a_wave_ends_as_without_it(
    plane: ControlPlane, cluster: Cluster, pulls: PullSecrets, trouble: Callable[[ControlPlane], None]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda number: pulls.namespace(f"n{number}"), range(COUNT)))
    for name in names:
        cluster.wait_for("ServiceAccount", name, "default", bool)
    with RunningOperator(cluster.operator_kubeconfig, list_seconds=2.0) as running:
        pulls.create(serviceAccounts={"names": ["default"]})
        until(cluster, lambda: cluster.list("Secret", labels="ecr-operator.dev/pull-secret"), "first Secret")
        trouble(plane)

        obj = pulls.healed(timeout=120)
        assert obj["status"]["namespaces"] == {"matched": COUNT, "ready": COUNT, "failed": 0}
        for name in names:
            pulls.wait_entries(name, ["ecr"])
        running.wait_ready(60)
        made = [pulls.secret(name) for name in names]
        assert len({one["data"][".dockerconfigjson"] for one in made if one}) == 1
        assert len([one for one in made if one]) == COUNT
        assert pulls.aws.token(pulls.auths(names[0])[HOST])["valid"]
        assert pulls.mints() == 1
        # None was taken for contested.
        late = pulls.namespace("late")
        pulls.wait_entries(late, ["ecr"])
        pulls.counted(matched=COUNT + 1, ready=COUNT + 1, failed=0)
        pulls.delete()
