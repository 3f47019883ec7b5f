"""The status of every outcome, as people and GitOps tools read it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Suspended, Waiting
from ecr_operator.planning.status import (
    is_ready,
    outcome_status,
    recorded,
    with_managed,
    with_repository,
)
from ecr_operator.reasons import Reason
from tests.planning.kstatus import Health, health, waits_for
from tests.planning.samples import LONG_AGO, NOW, observed

LATER = NOW + timedelta(minutes=5)
UNTOUCHED = EcrRepositoryStatus(observed_generation=-1)
"""As the schema's default makes it."""
OTHER = Condition(
    type="ScanPassed",
    status="True",
    reason="BelowThresholds",
    message="kept",
    last_transition_time=LONG_AGO,
    observed_generation=1,
)

DONE = Done()
OBSERVED = Done(Reason.OBSERVED, "shown")
WAITING = Waiting(Reason.ADOPTING, "soon", 10)
RETRYING = Retrying(Reason.THROTTLED, "too fast")
STALLED = Stalled(Reason.REPOSITORY_NOT_OURS, "not ours")


def after(
    *outcomes: Outcome, generation: int = 1, start: EcrRepositoryStatus = UNTOUCHED
) -> EcrRepositoryStatus:
    """The status after these outcomes, one a minute, the first at NOW."""
    status = start
    for minute, outcome in enumerate(outcomes):
        status = outcome_status(status, outcome, generation=generation, now=NOW + timedelta(minutes=minute))
    return status


def wire(status: EcrRepositoryStatus, generation: int = 1, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation, **metadata}, "status": status.to_json()}


def conditions(status: EcrRepositoryStatus) -> dict[str, tuple[str, str, str]]:
    return {entry.type: (entry.status, entry.reason, entry.message) for entry in status.conditions or ()}


@dataclass(frozen=True)
class Case:
    """The last of `outcomes` is looked at."""

    outcomes: tuple[Outcome, ...]
    conditions: dict[str, tuple[str, str, str]]
    health: Health
    ready: bool = False


IN_SYNC = ("True", "InSync", "The repository matches the spec")
LEFT_ALONE = ("Suspended", "`suspend` is true: nothing is read or written")

CASES = {
    "done": Case((DONE,), {"Ready": IN_SYNC}, Health.CURRENT, ready=True),
    "observed": Case((OBSERVED,), {"Ready": ("True", "Observed", "shown")}, Health.CURRENT, ready=True),
    "waiting": Case(
        (WAITING,),
        {"Ready": ("False", "Adopting", "soon"), "Reconciling": ("True", "Adopting", "soon")},
        Health.IN_PROGRESS,
    ),
    "retrying": Case(
        (RETRYING,),
        {
            "Ready": ("False", "Throttled", "too fast"),
            "Reconciling": ("True", "ProgressingWithRetry", "too fast"),
        },
        Health.IN_PROGRESS,
    ),
    "stalled": Case(
        (STALLED,),
        {
            "Ready": ("False", "RepositoryNotOurs", "not ours"),
            "Stalled": ("True", "RepositoryNotOurs", "not ours"),
        },
        Health.FAILED,
    ),
    "stalled after it waited is failed, not at work": Case(
        (WAITING, STALLED),
        {
            "Ready": ("False", "RepositoryNotOurs", "not ours"),
            "Stalled": ("True", "RepositoryNotOurs", "not ours"),
        },
        Health.FAILED,
    ),
    "waiting after it stalled is at work, not failed": Case(
        (STALLED, WAITING),
        {"Ready": ("False", "Adopting", "soon"), "Reconciling": ("True", "Adopting", "soon")},
        Health.IN_PROGRESS,
    ),
    "done after it stalled": Case((STALLED, DONE), {"Ready": IN_SYNC}, Health.CURRENT, ready=True),
    "done after it was retried": Case((RETRYING, DONE), {"Ready": IN_SYNC}, Health.CURRENT, ready=True),
    "suspended while in sync stays ready": Case(
        (DONE, Suspended()), {"Ready": ("True", *LEFT_ALONE)}, Health.CURRENT, ready=True
    ),
    "suspended while stalled is neither ready nor failed": Case(
        (STALLED, Suspended()), {"Ready": ("False", *LEFT_ALONE)}, Health.IN_PROGRESS
    ),
    "suspended while at work is at work no more": Case(
        (WAITING, Suspended()), {"Ready": ("False", *LEFT_ALONE)}, Health.IN_PROGRESS
    ),
    "suspended from the start is not known to be ready": Case(
        (Suspended(),), {"Ready": ("Unknown", *LEFT_ALONE)}, Health.IN_PROGRESS
    ),
    "in sync again after it was suspended": Case(
        (DONE, Suspended(), DONE), {"Ready": IN_SYNC}, Health.CURRENT, ready=True
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_outcome_is_read_as(case: Case) -> None:
    status = after(*case.outcomes)
    assert conditions(status) == case.conditions
    assert health(wire(status)) is case.health
    assert is_ready(status, 1) is case.ready
    assert waits_for(wire(status), "Ready") is not case.ready


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_changed_spec_is_in_progress_until_it_is_looked_at(case: Case) -> None:
    status = after(*case.outcomes)
    assert health(wire(status, generation=2)) is Health.IN_PROGRESS
    assert not is_ready(status, 2)
    assert waits_for(wire(status, generation=2), "Ready")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_deleted_object_is_terminating_whatever_it_waits_for(case: Case) -> None:
    deleted = wire(after(*case.outcomes), deletionTimestamp="2026-11-24T12:00:00Z")
    assert health(deleted) is Health.TERMINATING


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_condition_says_for_which_generation(case: Case) -> None:
    status = after(*case.outcomes, generation=7, start=after(RETRYING, generation=6))
    assert status.observed_generation == 7
    assert {entry.observed_generation for entry in status.conditions or ()} == {7}


def test_an_untouched_object_is_not_current() -> None:
    assert health(wire(UNTOUCHED)) is Health.IN_PROGRESS
    assert not is_ready(UNTOUCHED, -1)


def transitions(status: EcrRepositoryStatus) -> dict[str, float]:
    """Minutes after NOW."""
    return {
        entry.type: (entry.last_transition_time - NOW) / timedelta(minutes=1)
        for entry in status.conditions or ()
    }


TRANSITIONS: dict[str, tuple[tuple[Outcome, ...], dict[str, float]]] = {
    "the first": ((DONE,), {"Ready": 0}),
    "the same again": ((DONE, DONE), {"Ready": 0}),
    "another reason of the same status": ((DONE, OBSERVED), {"Ready": 0}),
    "another message of the same status": (
        (STALLED, Stalled(STALLED.reason, "x")),
        {"Ready": 0, "Stalled": 0},
    ),
    "Ready falls": ((DONE, STALLED), {"Ready": 1, "Stalled": 1}),
    "Ready stays False from stalled to waiting": ((STALLED, WAITING), {"Ready": 0, "Reconciling": 1}),
    "Reconciling stays from waiting to retrying": ((WAITING, RETRYING), {"Ready": 0, "Reconciling": 0}),
    "Ready rises": ((WAITING, DONE), {"Ready": 1}),
    "Stalled comes, goes and comes": ((STALLED, WAITING, STALLED), {"Ready": 0, "Stalled": 2}),
    "suspended keeps Ready": ((DONE, Suspended()), {"Ready": 0}),
}


@pytest.mark.parametrize(("outcomes", "expected"), TRANSITIONS.values(), ids=TRANSITIONS)
def test_a_transition_time_moves_with_the_status_alone(
    outcomes: tuple[Outcome, ...], expected: dict[str, float]
) -> None:
    assert transitions(after(*outcomes)) == expected


def test_other_conditions_are_kept_as_they_are() -> None:
    start = UNTOUCHED.model_copy(update={"conditions": (OTHER,)})
    for outcome in (DONE, WAITING, RETRYING, STALLED, Suspended()):
        assert after(outcome, generation=2, start=start).condition("ScanPassed") == OTHER


def test_the_rest_of_the_status_is_kept() -> None:
    start = with_managed(with_repository(UNTOUCHED, observed()), ["repository"])
    for outcome in (DONE, WAITING, RETRYING, STALLED, Suspended()):
        status = after(outcome, start=start)
        assert recorded(status) == recorded(start)
        assert status.repository_uri == start.repository_uri


HASHES = {DONE: "abc", OBSERVED: "abc", Suspended(): "abc", WAITING: None, RETRYING: None, STALLED: None}


@pytest.mark.parametrize(("outcome", "expected"), HASHES.items(), ids=lambda value: type(value).__name__)
def test_an_object_that_is_not_in_sync_is_looked_at_again_after_a_restart(
    outcome: Outcome, expected: str | None
) -> None:
    start = UNTOUCHED.model_copy(update={"applied_hash": "abc"})
    assert after(outcome, start=start).applied_hash == expected
