"""What a person changes in AWS by hand is healed: by the sweep, or at once when asked for."""

from collections.abc import Callable

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator

SPEC = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    "imageScanningConfiguration": {"scanOnPush": True},
    "tags": {"team": "a"},
}


def _mutability(repositories: Repositories) -> None:
    repositories.ecr.put_image_tag_mutability(
        repositoryName=repositories.name("web"), imageTagMutability="MUTABLE"
    )


def _filters(repositories: Repositories) -> None:
    repositories.ecr.put_image_tag_mutability(
        repositoryName=repositories.name("web"),
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "*"}],
    )


def _scanning(repositories: Repositories) -> None:
    repositories.ecr.put_image_scanning_configuration(
        repositoryName=repositories.name("web"), imageScanningConfiguration={"scanOnPush": False}
    )


def _tag_changed(repositories: Repositories) -> None:
    repositories.tag_by_hand("web", team="b")


def _tag_removed(repositories: Repositories) -> None:
    repositories.ecr.untag_resource(resourceArn=repositories.arn("web"), tagKeys=["team"])


HANDS: dict[str, tuple[Callable[[Repositories], None], str]] = {
    "mutability": (_mutability, "set imageTagMutability"),
    "filters": (_filters, "except dev-*"),
    "scanning": (_scanning, "set scanOnPush to true"),
    "a tag's value": (_tag_changed, "set tags team=a"),
    "a tag removed": (_tag_removed, "set tags team=a"),
}


def facts(repositories: Repositories) -> tuple[object, ...]:
    found = repositories.in_aws("web")
    assert found is not None
    return (
        found["imageTagMutability"],
        found.get("imageTagMutabilityExclusionFilters"),
        found["imageScanningConfiguration"],
        found["tags"],
    )


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("hand", HANDS)
def test_the_annotation_heals_at_once_and_an_event_says_what(repositories: Repositories, hand: str) -> None:
    repositories.created("web", **SPEC)
    wanted = facts(repositories)
    change, words = HANDS[hand]
    change(repositories)
    assert facts(repositories) != wanted

    obj = repositories.reconcile_now("web", "now")

    assert facts(repositories) == wanted
    note = repositories.event(obj, "RepositoryUpdated")["note"]
    assert words.lower() in note.lower()


@pytest.mark.usefixtures("operator")
def test_a_repository_deleted_by_hand_is_created_again_with_a_warning(
    repositories: Repositories,
) -> None:
    created = repositories.created("web", **SPEC)
    wanted = facts(repositories)
    repositories.ecr.delete_repository(repositoryName=repositories.name("web"))
    # Right after a creation AWS may not show it: it is not created twice.
    repositories.annotate("web", "ecr-operator.dev/reconcile", "now")

    repositories.event(created, "RepositoryRecreated")
    obj = repositories.ready("web")

    assert facts(repositories) == wanted
    event = repositories.event(obj, "RepositoryRecreated")
    assert event["type"] == "Warning"
    assert "images" in event["note"]


def test_the_sweep_heals_all_of_it_with_batched_reads(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    with RunningOperator(cluster.kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=1.0):
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
    with RunningOperator(cluster.kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=1.0):
        repositories.created("web", **SPEC)
        wanted = facts(repositories)
        _tag_removed(repositories)
        _until(cluster, lambda: facts(repositories) == wanted)
    aws.clear(rule)


def test_a_restart_in_sync_costs_no_call_and_no_write(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.kubeconfig, **scope):
        before = {name: repositories.created(name, **SPEC) for name in ("one", "two", "three")}
    aws.reset_calls()
    with RunningOperator(cluster.kubeconfig, **scope):
        # A new object shows that all that was there has been looked at.
        repositories.created("new")

    for name, obj in before.items():
        assert repositories.get(name)["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"]
        assert aws.calls(prefix=repositories.name(name)) == {}


def test_tags_that_the_tagging_api_shows_late_cause_no_write(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    aws.set_tagging(lag=900.0, ghosts_seconds=None)
    with RunningOperator(cluster.kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=0.5):
        repositories.created("web", **SPEC)
        aws.reset_calls()
        # The batch says that the tags are missing; a fresh read of this one says that they are not.
        _until(cluster, lambda: repositories.calls().get("ListTagsForResource", 0) >= 2)
    aws.set_tagging(lag=0.0)

    assert repositories.writes() == []


def _until(cluster: Cluster, holds: Callable[[], bool]) -> None:
    for _ in cluster.polls(20):
        if holds():
            return
    raise AssertionError("not within 20 s")
