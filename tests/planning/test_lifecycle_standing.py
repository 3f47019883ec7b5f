"""How an EcrLifecyclePolicy stands with one repository."""

from typing import Any, NamedTuple

import pytest

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState, LifecycleProtection
from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import (
    EcrRepositoryStatus,
    LifecyclePreview,
    RepositoryLifecyclePolicy,
)
from ecr_operator.planning.lifecycle_standing import MatchedRepository, Standing, StandingState, standing
from ecr_operator.reasons import Reason
from tests.planning.samples import NOW

State = LifecyclePolicyState
HASH = "this text"
ENTRY = RepositoryLifecyclePolicy(source="keep", state=State.APPLIED, hash=HASH)
HOLD = LifecycleProtection()


def repository(
    state: State | None = State.APPLIED,
    reason: str = "Progressing",
    message: str = "a message",
    *,
    source: str | None = "keep",
    at_rest: str = "",
    **more: Any,
) -> MatchedRepository:
    entry = None if state is None else ENTRY.model_copy(update={"state": state} | more)
    return MatchedRepository("web", source, entry, reason, message, at_rest)


def protection(**fields: Any) -> LifecycleProtection:
    return LifecycleProtection.from_json(fields)


def stands(one: MatchedRepository, by: LifecycleProtection = HOLD) -> tuple[str, str]:
    found = standing(one, "keep", HASH, by)
    return str(found.state), found.message


NOT_YET = ("Pending", "it has not been looked at yet")
SUSPENDED = "the EcrRepository is suspended"
STANDINGS: dict[str, tuple[MatchedRepository, tuple[str, str]]] = {
    "AWS holds it": (repository(reason="InSync"), ("Applied", "")),
    "AWS holds it, and something is to be said of it": (repository(), ("Applied", "a message")),
    "it is looked at": (repository(State.PENDING), ("Pending", "a message")),
    "it is held": (repository(State.HELD), ("Held", "a message")),
    "it is withdrawn": (repository(State.WITHDRAWN), ("Withdrawn", "a message")),
    "nothing is known": (repository(None), NOT_YET),
    "an old text is applied": (repository(hash="old"), NOT_YET),
    "an old text is held": (repository(State.HELD, hash="old"), NOT_YET),
    "the policy before is applied": (
        MatchedRepository("web", "keep", ENTRY.model_copy(update={"source": "old"})),
        NOT_YET,
    ),
    "it was left there, and is wanted again": (repository(State.UNMANAGED), NOT_YET),
    "another policy has the repository": (repository(source="old"), ("Conflict", "it has the policy 'old'")),
    "nobody knows yet which policy it gets": (repository(None, source=None), NOT_YET),
    "a suspended repository has it": (repository(reason="InSync", at_rest=SUSPENDED), ("Applied", "")),
    "a suspended repository has the text before": (
        repository(hash="old", at_rest=SUSPENDED),
        ("Pending", SUSPENDED),
    ),
    "it was held on a repository that is suspended now": (
        repository(State.HELD, at_rest=SUSPENDED),
        ("Pending", SUSPENDED),
    ),
    "it was looked at on a repository that is suspended now": (
        repository(State.PENDING, at_rest=SUSPENDED),
        ("Pending", SUSPENDED),
    ),
    "another policy has a suspended repository": (
        repository(source="old", at_rest=SUSPENDED),
        ("Conflict", "it has the policy 'old'"),
    ),
}


@pytest.mark.parametrize(("one", "expected"), STANDINGS.values(), ids=STANDINGS)
def test_how_it_stands(one: MatchedRepository, expected: tuple[str, str]) -> None:
    assert stands(one) == expected


class Stop(NamedTuple):
    reason: str
    protection: LifecycleProtection
    stops: bool


STOPS: dict[str, Stop] = {
    "images in use, under Hold": Stop("ImagesInUse", HOLD, True),
    "images in use, under Warn": Stop("ImagesInUse", protection(imagesInUse="Warn"), False),
    "images in use, under Ignore": Stop("ImagesInUse", protection(imagesInUse="Ignore"), False),
    "usage unknown, under Hold": Stop("UsageUnknown", HOLD, True),
    "usage unknown, under Warn": Stop("UsageUnknown", protection(imagesInUse="Warn"), False),
    "no image left, under Warn": Stop("WouldEmptyRepository", protection(imagesInUse="Warn"), True),
    "no image left, under Ignore": Stop("WouldEmptyRepository", protection(imagesInUse="Ignore"), False),
    "5 images, at most 4": Stop("TooManyImagesExpiring", protection(maxExpiringImages=4), True),
    "5 images, at most 5": Stop("TooManyImagesExpiring", protection(maxExpiringImages=5), False),
    "5 images, any number": Stop("TooManyImagesExpiring", HOLD, False),
    "5 images, at most 4, under Ignore": Stop(
        "TooManyImagesExpiring", protection(maxExpiringImages=4, imagesInUse="Ignore"), True
    ),
    "the preview failed, under Ignore": Stop("PreviewFailed", protection(imagesInUse="Ignore"), True),
    "AWS refuses the text, under Ignore": Stop("InvalidPolicy", protection(imagesInUse="Ignore"), True),
}


@pytest.mark.parametrize("state", [State.HELD, State.WITHDRAWN])
@pytest.mark.parametrize(("reason", "by", "stops"), STOPS.values(), ids=STOPS)
def test_what_the_protection_as_it_is_now_stops(
    state: State, reason: str, by: LifecycleProtection, stops: bool
) -> None:
    """A repository is judged anew after the protection has changed; until then it is not finished."""
    preview = LifecyclePreview(expiring_images=5, archiving_images=0)
    expected = (
        (str(state), "a message") if stops else ("Pending", "`protection` has changed; it is judged anew")
    )
    assert stands(repository(state, reason, preview=preview), by) == expected


def test_without_a_preview_a_bound_still_stops() -> None:
    by = protection(maxExpiringImages=5)
    assert stands(repository(State.HELD, "TooManyImagesExpiring"), by) == ("Held", "a message")


def test_a_reason_of_another_version_is_no_reason() -> None:
    found = [
        standing(repository(State.HELD, reason), "keep", HASH, HOLD).reason for reason in ("Conflict", "New")
    ]
    assert found == [Reason.CONFLICT, None]


def condition(type: str, status: Any, reason: str, message: str) -> Condition:
    return Condition(type=type, status=status, reason=reason, message=message, last_transition_time=NOW)


APPLIED = condition("LifecyclePolicyApplied", "False", "ImagesInUse", "it would take 'v1'")
STALLED = condition("Stalled", "True", "AccessDenied", "grant it")
STATUSES: dict[str, tuple[tuple[Condition, ...], bool, tuple[str, str, str]]] = {
    "nothing is said": ((), False, ("", "", "")),
    "of the policy": ((APPLIED,), False, ("ImagesInUse", "it would take 'v1'", "")),
    "stalled": ((APPLIED, STALLED), False, ("ImagesInUse", "it would take 'v1'", "AccessDenied: grant it")),
    "not stalled": ((STALLED.model_copy(update={"status": "False"}),), False, ("", "", "")),
    "suspended": ((STALLED,), True, ("", "", "the EcrRepository is suspended")),
}


@pytest.mark.parametrize(("conditions", "suspended", "expected"), STATUSES.values(), ids=STATUSES)
def test_what_a_status_says(
    conditions: tuple[Condition, ...], suspended: bool, expected: tuple[str, str, str]
) -> None:
    status = EcrRepositoryStatus(conditions=conditions, lifecycle_policy=ENTRY)
    found = MatchedRepository.of("web", "keep", status, suspended=suspended)
    assert found == MatchedRepository("web", "keep", ENTRY, *expected)


def test_what_needs_more_attention_comes_first() -> None:
    found = [Standing("a", state, message) for state in reversed(StandingState) for message in ("", "x")]
    assert [(str(one.state), one.message) for one in sorted(found, key=Standing.order)] == [
        (state, message)
        for state in ("Withdrawn", "Held", "Conflict", "Pending", "Applied")
        for message in ("x", "")
    ]
