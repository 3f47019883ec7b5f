"""What happens while the watch is cut, and can never be told by it: etcd has forgotten it (410).

kopf begins anew then, and reports nothing of what was before: a list of ours shows it.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.cluster import ApiError, Cluster
from tests.controlplane import ControlPlane
from tests.fake_aws.client import FakeAws
from tests.faults.gateway import Gateway, Request
from tests.faults.observed import objects
from tests.installation import install_account
from tests.kinds import path
from tests.repositories import KIND, Repositories
from tests.running import RunningOperator
from tests.waiting import until


@pytest.fixture(scope="module")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        install_account(cluster)
        yield cluster


def forgotten(cluster: Cluster, version: str) -> None:
    """Wait until etcd holds nothing of that moment any more."""
    query = {"resourceVersion": version, "resourceVersionMatch": "Exact", "limit": "1"}
    for _ in cluster.polls(30):
        try:
            cluster.request("GET", path(KIND), query=query)
        except ApiError as error:
            if error.status == 410:
                return
            raise
    raise AssertionError("no compaction within 30 s")


def cut_until_forgotten(
    gateway: Gateway, plane: ControlPlane, repositories: Repositories, change: Callable[[], None]
) -> None:
    """`change` the cluster behind the operator's back: its watch will never be told."""
    lists = gateway.count(Request.is_kopfs_list)
    gateway.cut()
    change()
    # The moment of the change itself has to be forgotten, not only that before it: by etcd, and by the API
    # server's own memory of the last changes.
    forgotten(repositories.cluster, repositories.create("later")["metadata"]["resourceVersion"])
    plane.kill_apiserver()
    plane.start_apiserver()
    gateway.mend()
    # Answered with 410, it lists anew: that its watch went on would show nothing.
    until(repositories.cluster, lambda: gateway.count(Request.is_kopfs_list) > lists, "list after the 410")


def test_what_nobody_saw_is_done_afterwards_and_what_is_gone_stays_gone(
    gateway: Gateway, plane: ControlPlane, repositories: Repositories, cluster: Cluster, aws: FakeAws
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    # No list but the first, and the one that the watch asks for when it begins anew.
    with RunningOperator(gateway.kubeconfig(), list_seconds=1e6, resync_seconds=1.0, **scope) as running:
        for name in ("changed", "again", "ghost"):
            repositories.create(name)
        repositories.create("deleted", deletionPolicy="Delete")
        for name in ("changed", "again", "ghost", "deleted"):
            repositories.ready(name)
        first = repositories.get("again")["metadata"]["uid"]

        def change() -> None:
            repositories.patch("changed", tags={"team": "a"})
            repositories.delete("deleted")
            for name in ("again", "ghost"):
                repositories.delete(name)
                repositories.wait_gone(name)
            repositories.create("again", tags={"team": "b"})
            repositories.ecr.delete_repository(repositoryName=repositories.name("ghost"))
            aws.reset_calls()

        cut_until_forgotten(gateway, plane, repositories, change)
        repositories.wait_gone("deleted", timeout=60)
        for name in ("changed", "again", "later"):
            repositories.ready(name, timeout=60)
        until(cluster, lambda: objects(running) == 3, "end of the ghost")

    assert repositories.get("again")["metadata"]["uid"] != first
    assert tags(repositories, "changed")["team"] == "a"
    assert tags(repositories, "again")["team"] == "b"
    assert sorted(repositories.writes()) == [
        "CreateRepository",
        "DeleteRepository",
        "TagResource",
        "TagResource",
    ]
    assert repositories.in_aws("ghost") is None
    assert cluster.find(KIND, repositories.namespace, "ghost") is None


def tags(repositories: Repositories, name: str) -> dict[str, str]:
    found = repositories.in_aws(name)
    assert found is not None
    result: dict[str, str] = found["tags"]
    return result
