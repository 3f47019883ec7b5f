"""What the operator is shown late: objects that are gone, and states that are past."""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.faults.gateway import Gateway, Request
from tests.faults.observed import objects, series
from tests.repositories import KIND, Repositories
from tests.running import RunningOperator
from tests.waiting import until

NEVER = 1e6
TOO_OLD = {
    "type": "ERROR",
    "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"},
}


def test_a_list_drops_the_ghost_of_an_object_whose_deletion_the_watch_never_told(
    gateway: Gateway, repositories: Repositories, cluster: Cluster
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(gateway.kubeconfig(), list_seconds=1.0, **scope) as running:
        repositories.created("ghost")
        # The answer to its last write has come, and nothing is left to do for it.
        until(cluster, lambda: series(running, "ecr_operator_objects{", 'ready="True"') == 1, "status")
        lists = gateway.answer(Request.is_list, 503)
        watches = gateway.count(Request.is_watch)
        gateway.cut()
        repositories.delete("ghost")
        repositories.wait_gone("ghost")
        expired = gateway.answer(Request.is_watch, 200, TOO_OLD, times=1)
        gateway.mend()
        assert expired.caught.wait(60)
        until(cluster, lambda: gateway.count(Request.is_watch) >= watches + 2, "watch from now on")
        repositories.created("later")
        assert objects(running) == 2

        gateway.lift(lists)
        until(cluster, lambda: objects(running) == 1, "end of the ghost")

    assert repositories.in_aws("ghost") is not None
    assert repositories.writes() == ["CreateRepository", "CreateRepository"]


def test_a_list_that_is_older_than_what_was_seen_and_written_changes_nothing(
    gateway: Gateway, repositories: Repositories, cluster: Cluster, aws: FakeAws
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(gateway.kubeconfig(), list_seconds=1.0, **scope):
        repositories.created("changed", tags={"team": "a"})
        # The gateway has the answer when the deleted one has just been made, and gives it when it is gone.
        patches = gateway.answer(lambda request: request.method == "PATCH", 503)
        repositories.create("deleted", deletionPolicy="Delete")
        old = gateway.hold(Request.is_list)
        assert old.caught.wait(60)
        gateway.lift(patches)
        repositories.ready("deleted")
        repositories.delete("deleted")
        repositories.wait_gone("deleted")
        repositories.patch("changed", tags={"team": "b"})
        repositories.ready("changed")
        before = [aws.calls(prefix=repositories.name(name)) for name in ("changed", "deleted")]

        lists = gateway.count(Request.is_list)
        gateway.lift(old)
        # The list after the next one has taken nothing from the old one.
        until(cluster, lambda: gateway.count(Request.is_list) >= lists + 2, "lists")
        repositories.created("later")

    assert [aws.calls(prefix=repositories.name(name)) for name in ("changed", "deleted")] == before
    assert repositories.in_aws("deleted") is None


def test_an_object_that_goes_while_the_first_list_is_on_its_way_creates_nothing(
    gateway: Gateway, repositories: Repositories, cluster: Cluster, aws: FakeAws
) -> None:
    """It is in that list, and in nothing that comes later: the store holds a ghost that is to be created."""
    repositories.create("ghost")
    scope = {"watch_namespaces": (repositories.namespace,)}
    # A watch that had begun before the list would tell.
    watches = gateway.answer(Request.is_kopfs_list, 503)
    old = gateway.hold(Request.is_list)
    running = RunningOperator(gateway.kubeconfig(), list_seconds=NEVER, **scope).start()
    try:
        assert old.caught.wait(60)
        repositories.delete("ghost")
        repositories.wait_gone("ghost")
        gateway.lift(old)
        running.wait_ready(60)
        until(
            cluster,
            lambda: "DescribeRepositories" in aws.calls(prefix=repositories.name("ghost")),
            "look at the ghost",
        )
        until(cluster, lambda: objects(running) == 0, "end of the ghost")
        gateway.lift(watches)
        repositories.created("later")
    finally:
        running.stop()

    assert aws.writes(prefix=repositories.name("ghost")) == []
    assert cluster.find(KIND, repositories.namespace, "ghost") is None
