"""A repository is taken over in two steps: the owner tag, and after a pause the rest."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import TagRepository
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Done, Plan, Stalled, Waiting
from ecr_operator.planning.repository import plan_repository
from ecr_operator.reasons import Reason
from tests.planning.samples import (
    ARN,
    CLUSTER,
    NAME,
    NEW,
    NOW,
    OWNER,
    PLACE,
    desired,
    many_tags,
    observed,
    plan,
    recorded,
)

DIFFERENT: dict[str, Any] = {
    "tags": {"team": "a"},
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
}
TAKE = TagRepository(NAME, ARN, {OWNER_TAG: OWNER})


@dataclass(frozen=True)
class Case:
    owner: str | None
    spec: dict[str, Any]
    gone: tuple[ObjectKey, ...] = ()
    reason: Reason | None = None
    """Of the refusal; None: the repository is taken."""


CASES = {
    "an untagged one by Adopt": Case(None, {"adoptionPolicy": "Adopt"}),
    "one of another cluster by adoptFrom": Case("stage/team-a/web", {"adoptFrom": "stage/team-a/web"}),
    "one of an object that is gone by Adopt": Case(
        "prod/team-b/web", {"adoptionPolicy": "Adopt"}, (("team-b", "web"),)
    ),
    "an untagged one by default": Case(None, {}, reason=Reason.REPOSITORY_NOT_OURS),
    "an untagged one by Refuse": Case(None, {"adoptionPolicy": "Refuse"}, reason=Reason.REPOSITORY_NOT_OURS),
    "one of another cluster by Adopt": Case(
        "stage/team-a/web", {"adoptionPolicy": "Adopt"}, reason=Reason.REPOSITORY_OWNED_BY_ANOTHER
    ),
    "one of a live object by Adopt": Case(
        "prod/team-b/web", {"adoptionPolicy": "Adopt"}, reason=Reason.REPOSITORY_OWNED_BY_ANOTHER
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_adopting_writes_the_owner_tag_and_nothing_else(case: Case) -> None:
    result = plan(desired(**case.spec, **DIFFERENT), observed(case.owner), NEW, gone=case.gone)
    if case.reason is None:
        assert result.changes == (TAKE,)
        assert result.parts() == {"repository"}
        assert isinstance(result.outcome, Waiting)
        assert (result.outcome.reason, result.outcome.after) == (Reason.ADOPTING, 10.0)
    else:
        assert result.changes == ()
        assert isinstance(result.outcome, Stalled)
        assert result.outcome.reason is case.reason


def test_the_first_step_is_taken_also_where_nothing_else_differs() -> None:
    result = plan(desired(adoptionPolicy="Adopt"), observed(None), NEW)
    assert result.changes == (TAKE,)
    assert not isinstance(result.outcome, Done)


@pytest.mark.parametrize(("age", "rest"), [(0, 10.0), (4, 6.0), (9.5, 0.5)], ids=str)
def test_nothing_is_written_during_the_pause(age: float, rest: float) -> None:
    memory = recorded(adopting_since=NOW - timedelta(seconds=age))
    result = plan(desired(**DIFFERENT), observed(), memory)
    assert result.changes == ()
    assert isinstance(result.outcome, Waiting)
    assert (result.outcome.reason, result.outcome.after) == (Reason.ADOPTING, rest)


@pytest.mark.parametrize("age", [10, 600], ids=str)
def test_the_rest_is_written_after_the_pause(age: float) -> None:
    memory = recorded(adopting_since=NOW - timedelta(seconds=age))
    result = plan(desired(**DIFFERENT), observed(), memory)
    assert isinstance(result.outcome, Done)
    assert [change.describe() for change in result.changes] == [
        "set tags team=a",
        "set imageTagMutability to IMMUTABLE (was MUTABLE)",
        "set scanOnPush to true",
    ]


def test_the_pause_is_as_long_as_the_setting_says() -> None:
    pause = timedelta(seconds=3)
    wanted = desired(adoptionPolicy="Adopt")
    first = plan_repository(
        wanted, observed(None), NEW, cluster=CLUSTER, place=PLACE, now=NOW, adoption_pause=pause
    )
    assert isinstance(first.outcome, Waiting)
    assert first.outcome.after == 3.0
    for age, waits in ((2, True), (3, False)):
        memory = recorded(adopting_since=NOW - timedelta(seconds=age))
        then = plan_repository(
            wanted, observed(), memory, cluster=CLUSTER, place=PLACE, now=NOW, adoption_pause=pause
        )
        assert isinstance(then.outcome, Waiting) is waits


@pytest.mark.parametrize("owner", ["stage/team-a/web", "prod/team-b/web"], ids=str)
def test_who_lost_the_owner_tag_to_another_adopter_writes_nothing(owner: str) -> None:
    """Both wrote it; the later one has it."""
    memory = recorded(adopting_since=NOW)
    for age in (5, 11):
        now = NOW + timedelta(seconds=age)
        result = plan(desired(adoptionPolicy="Adopt", **DIFFERENT), observed(owner), memory, now=now)
        assert result.changes == ()
        assert isinstance(result.outcome, Stalled)
        assert result.outcome.reason is Reason.REPOSITORY_OWNED_BY_ANOTHER


@pytest.mark.parametrize(
    ("owner", "reason"),
    [("stage/team-a/web", Reason.REPOSITORY_OWNED_BY_ANOTHER), (None, Reason.REPOSITORY_NOT_OURS)],
    ids=str,
)
def test_an_owner_of_old_that_lost_the_tag_writes_nothing_more(owner: str | None, reason: Reason) -> None:
    memory = recorded("tags/old", "imageTagMutability")
    result = plan(desired(**DIFFERENT), observed(owner, tags={"old": "x"}), memory)
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    assert result.outcome.reason is reason


def test_an_owner_under_a_previous_cluster_name_needs_no_pause() -> None:
    """Nobody else reads that value as its own."""
    assert plan(desired(), observed("blue/team-a/web")) == Plan((TAKE,))


def test_a_repository_that_would_get_too_many_tags_is_not_taken() -> None:
    wanted = desired(adoptionPolicy="Adopt", tags={"team": "a"})
    assert plan(wanted, observed(None, tags=many_tags(48)), NEW).changes == (TAKE,)
    refused = plan(wanted, observed(None, tags=many_tags(49)), NEW)
    assert refused.changes == ()
    assert isinstance(refused.outcome, Stalled)
    assert refused.outcome.reason is Reason.TOO_MANY_TAGS


def test_an_adoption_needs_room_for_the_owner_tag() -> None:
    """Ours of old with 50 tags, one of which we set: somebody replaced the owner tag by one of his."""
    wanted = desired(adoptionPolicy="Adopt")
    result = plan(wanted, observed(None, tags=many_tags(50)), recorded("tags/t0"))
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    assert result.outcome.reason is Reason.TOO_MANY_TAGS
