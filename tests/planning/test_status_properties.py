"""What holds for every status after any sequence of outcomes."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Suspended, Waiting
from ecr_operator.planning.status import (
    SUMMARY,
    fence_status,
    is_ready,
    outcome_status,
    with_managed,
    with_repository,
    without_repository,
)
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.kstatus import Health, health
from tests.planning.samples import LONG_AGO, NOW, observed

MESSAGES = st.sampled_from(["", "x", "x" * 512, "x" * 513, "ä" * 600])
REASONS = st.sampled_from(Reason)
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Done, REASONS, MESSAGES),
    st.builds(Waiting, REASONS, MESSAGES),
    st.builds(Retrying, REASONS, MESSAGES),
    st.builds(Stalled, REASONS, MESSAGES),
    st.just(Suspended()),
)
OTHERS = st.lists(st.sampled_from(["ScanPassed", "ImagesAtRisk"]), unique=True).map(
    lambda types: [
        Condition(type=type, status="False", reason="Other", message="kept", last_transition_time=LONG_AGO)
        for type in types
    ]
)
STEPS = st.lists(st.tuples(OUTCOMES, st.integers(1, 3), st.sampled_from([None, "", "a", "b"])), max_size=5)
STATUSES = st.builds(
    lambda others, steps: after(steps, others),
    OTHERS,
    STEPS,
)


def after(
    steps: list[tuple[Outcome, int, str | None]], others: list[Condition], now: datetime = NOW
) -> EcrRepositoryStatus:
    """The status after these outcomes (with generation and annotation), a minute apart."""
    status = EcrRepositoryStatus(observed_generation=-1, conditions=tuple(others) or None)
    for minute, (outcome, generation, handled) in enumerate(steps, -len(steps)):
        moment = now + timedelta(minutes=minute)
        status = outcome_status(status, outcome, generation=generation, now=moment, handled=handled)
    return status


def types(status: EcrRepositoryStatus) -> list[str]:
    return [condition.type for condition in status.conditions or ()]


@bounded(100)
@given(STATUSES, OUTCOMES)
def test_an_outcome_is_one_state(before: EcrRepositoryStatus, outcome: Outcome) -> None:
    status = outcome_status(before, outcome, generation=4, now=NOW)
    summary = [type for type in types(status) if type in SUMMARY]
    match outcome:
        case Done():
            assert summary == ["Ready"]
        case Waiting() | Retrying():
            assert summary == ["Ready", "Reconciling"]
        case Stalled():
            assert summary == ["Ready", "Stalled"]
        case Suspended():
            assert summary == ["Ready"]
    read = health({"metadata": {"generation": 4}, "status": status.to_json()})
    expected = {
        Done: Health.CURRENT,
        Waiting: Health.IN_PROGRESS,
        Retrying: Health.IN_PROGRESS,
        Stalled: Health.FAILED,
    }
    if isinstance(outcome, Suspended):
        ready = before.condition("Ready")
        was_ready = ready is not None and ready.status == "True"
        assert read is (Health.CURRENT if was_ready else Health.IN_PROGRESS)
    else:
        assert read is expected[type(outcome)]
    assert is_ready(status, 4) is (read is Health.CURRENT)
    for condition in status.conditions or ():
        if condition.type in SUMMARY:
            assert condition.observed_generation == status.observed_generation == 4
            assert condition.status == "True" or condition.type == "Ready"


@bounded(100)
@given(STATUSES, OUTCOMES)
def test_a_transition_time_moves_exactly_with_the_status(
    before: EcrRepositoryStatus, outcome: Outcome
) -> None:
    status = outcome_status(before, outcome, generation=4, now=NOW)
    for condition in status.conditions or ():
        old = before.condition(condition.type)
        if condition.type not in SUMMARY:
            assert condition == old
        elif old is not None and old.status == condition.status:
            assert condition.last_transition_time == old.last_transition_time
        else:
            assert condition.last_transition_time == NOW


@bounded(100)
@given(STATUSES, OUTCOMES)
def test_the_same_outcome_again_is_no_reason_to_write(before: EcrRepositoryStatus, outcome: Outcome) -> None:
    first = outcome_status(before, outcome, generation=4, now=NOW, handled="a")
    again = outcome_status(first, outcome, generation=4, now=NOW + timedelta(hours=1), handled="a")
    assert again == first


@bounded(100)
@given(STATUSES, OTHERS)
def test_no_condition_is_there_twice_and_others_are_never_lost(
    status: EcrRepositoryStatus, others: list[Condition]
) -> None:
    assert len(set(types(status))) == len(types(status))
    start = EcrRepositoryStatus(conditions=tuple(others) or None)
    for outcome in (Done(), Stalled(Reason.ACCESS_DENIED, ""), Suspended()):
        start = outcome_status(start, outcome, generation=1, now=NOW)
        for other in others:
            assert start.condition(other.type) == other


@bounded(100)
@given(
    STATUSES,
    st.sets(st.sampled_from(["repository", "tags/a", "tags/b", "imageTagMutability"])),
    st.booleans(),
    st.booleans(),
)
def test_a_status_is_the_same_after_the_wire(
    status: EcrRepositoryStatus, managed: set[str], has_repository: bool, fenced: bool
) -> None:
    status = with_repository(status, observed()) if has_repository else without_repository(status)
    status = with_managed(status, managed)
    if fenced:
        status = fence_status(status, managed, message="create", generation=5, now=NOW)
    wire = status.to_json()
    assert EcrRepositoryStatus.from_json(wire) == status
    assert EcrRepositoryStatus.from_json(wire).to_json() == wire
