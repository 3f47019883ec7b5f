"""The sweep: batched reads at each interval; what differs is looked at and healed.

Each test has an operator of its own: another one beside it would reconcile its objects too.
"""

from collections.abc import Callable

from tests.cluster import Cluster
from tests.e2e.test_drift import HANDS, SPEC, facts
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator


def test_the_sweep_heals_all_of_it_with_batched_reads(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=1.0
    ):
        for number in range(20):
            repositories.create(f"calm-{number}", tags={"team": "a"})
        repositories.created("web", **SPEC)
        for number in range(20):
            repositories.ready(f"calm-{number}")
        wanted = facts(repositories)
        aws.reset_calls()
        for change, _ in HANDS.values():
            change(repositories)
        _until(cluster, lambda: facts(repositories) == wanted)

        # Those in sync were read by the pages of the two lists alone.
        for number in range(20):
            assert aws.calls(prefix=repositories.name(f"calm-{number}")) == {}

        repositories.ecr.delete_repository(repositoryName=repositories.name("web"))
        _until(cluster, lambda: repositories.in_aws("web") is not None)
        assert facts(repositories) == wanted


def test_a_sweep_without_the_tagging_api_still_finds_drift(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    rule = aws.inject("GetResources", "AccessDeniedException")
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=1.0
    ):
        repositories.created("web", **SPEC)
        wanted = facts(repositories)
        HANDS["a tag removed"][0](repositories)
        _until(cluster, lambda: facts(repositories) == wanted)
    aws.clear(rule)


def test_a_restart_in_sync_costs_no_call_and_no_write(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        before = {name: repositories.created(name, **SPEC) for name in ("one", "two", "three")}
    aws.reset_calls()
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        # A new object shows that all that was there has been looked at.
        repositories.created("new")

    for name, obj in before.items():
        assert repositories.get(name)["status"] == obj["status"]
        assert aws.calls(prefix=repositories.name(name)) == {}


def test_tags_that_the_tagging_api_shows_late_cause_no_write(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    aws.set_tagging(lag=900.0, ghosts_seconds=None)
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=0.5
    ):
        repositories.created("web", **SPEC)
        aws.reset_calls()
        # The batch says that the tags are missing; a fresh read of this one says that they are not.
        _until(cluster, lambda: repositories.calls().get("ListTagsForResource", 0) >= 2)
    aws.set_tagging(lag=0.0)

    assert repositories.writes() == []


def test_a_sweep_that_aws_refuses_leaves_no_drift_and_no_lie(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    """The list of all repositories is denied: each object looks for itself, and says what it is denied."""
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=1.0
    ):
        repositories.created("web", **SPEC)
        wanted = facts(repositories)
        rule = aws.inject("*", "AccessDeniedException")
        repositories.stalled("web", "AccessDenied")
        HANDS["a tag removed"][0](repositories)
        aws.clear(rule)
        _until(cluster, lambda: facts(repositories) == wanted)
        repositories.ready("web")


def test_the_sweep_sees_rights_that_changed_while_nobody_looked(
    cluster: Cluster, repositories: Repositories
) -> None:
    with RunningOperator(cluster.operator_kubeconfig):
        repositories.created("web")
    names = {"metadata": {"annotations": {"ecr-operator.dev/repository-names": "other-*"}}}
    cluster.merge_patch("Namespace", None, repositories.namespace, names)

    with RunningOperator(cluster.operator_kubeconfig, resync_seconds=1.0):
        repositories.stalled("web", "NameNotAllowed")


def _until(cluster: Cluster, holds: Callable[[], bool]) -> None:
    for _ in cluster.polls(20):
        if holds():
            return
    raise AssertionError("not within 20 s")
