"""The API server dies, or freezes, while 60 objects are worked on: all ends as without that."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecr_operator.api.names import FINALIZER, OWNER_TAG
from tests.cluster import Cluster
from tests.controlplane import ControlPlane
from tests.fake_aws.client import FakeAws
from tests.faults.observed import unanswered
from tests.installation import install_account
from tests.repositories import Repositories
from tests.running import RunningOperator

COUNT = 20
LATENCY = 0.5
"""Seconds of each call to AWS: reconciles are under way when the API server goes."""


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl, timeout=60) as cluster:
        install_account(cluster)
        yield cluster


def restart(plane: ControlPlane, running: RunningOperator) -> None:
    """Back only when the operator has met its absence."""
    before = unanswered(running)
    plane.kill_apiserver()
    running.wait(lambda: unanswered(running) > before, 60, "reconcile that missed the API server")
    plane.start_apiserver()


def freeze(plane: ControlPlane, running: RunningOperator) -> None:
    """Until requests of the operator were given up: 10 s."""
    before = unanswered(running)
    plane.freeze_apiserver()
    try:
        running.wait(lambda: unanswered(running) > before, 60, "reconcile that gave up the API server")
    finally:
        plane.thaw_apiserver()


@pytest.mark.parametrize("trouble", [restart, freeze])
def test_a_wave_ends_as_without_it(
    plane: ControlPlane,
    cluster: Cluster,
    repositories: Repositories,
    aws: FakeAws,
    trouble: Callable[[ControlPlane, RunningOperator], None],
) -> None:
    changed, deleted, new = ([f"{kind}{n}" for n in range(COUNT)] for kind in ("changed", "deleted", "new"))
    scope = {"watch_namespaces": (repositories.namespace,), "list_seconds": 2.0}
    with ThreadPoolExecutor(8) as pool, RunningOperator(cluster.operator_kubeconfig, **scope) as running:
        list(pool.map(lambda name: repositories.create(name, deletionPolicy="Delete"), changed + deleted))
        for name in changed + deleted:
            repositories.ready(name, timeout=60)

        aws.set_latency(LATENCY)
        list(pool.map(lambda name: repositories.create(name, deletionPolicy="Delete"), new))
        list(pool.map(lambda name: repositories.patch(name, tags={"team": "a"}), changed))
        list(pool.map(repositories.delete, deleted))
        trouble(plane, running)
        aws.set_latency(0.0)

        for name in deleted:
            repositories.wait_gone(name, timeout=90)
        for name in changed + new:
            obj = repositories.ready(name, timeout=90)
            assert obj["metadata"]["finalizers"] == [FINALIZER]
        running.wait_ready(60)

    found = repositories.ecr.get_paginator("describe_repositories").paginate().build_full_result()
    names = {one["repositoryName"] for one in found["repositories"]}
    own = {name for name in names if name.startswith(f"{repositories.namespace}/")}
    assert own == {repositories.name(name) for name in changed + new}
    for name in changed + new:
        expected = {OWNER_TAG: repositories.owner(name)} | ({"team": "a"} if name in changed else {})
        repository = repositories.in_aws(name)
        assert repository is not None
        assert repository["tags"] == expected
    # None was made twice, none deleted but those that were to go.
    assert repositories.writes().count("CreateRepository") == 3 * COUNT
    assert repositories.writes().count("DeleteRepository") == COUNT
