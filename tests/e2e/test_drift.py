"""What a person changes in AWS by hand is healed at once when asked for, and an event says what it was."""

from collections.abc import Callable

import pytest

from tests.repositories import Repositories

pytestmark = pytest.mark.usefixtures("operator")

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


def test_what_happens_again_is_said_again(repositories: Repositories) -> None:
    obj = repositories.created("web", **SPEC)
    for turn in ("once", "twice"):
        _mutability(repositories)
        repositories.reconcile_now("web", turn)

    event = repositories.event(obj, "RepositoryUpdated")
    assert "(was MUTABLE)" in event["note"]
    for _ in repositories.cluster.polls(10):
        said = [e for e in repositories.cluster.events(obj) if e["reason"] == "RepositoryUpdated"]
        if len(said) == 2:
            return
    raise AssertionError(f"said {len(said)} times")


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
