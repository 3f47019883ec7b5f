"""The preview as a state machine: no result but ours is taken, nothing is assumed, and it always ends."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.lifecycle_preview import (
    FIRST_LOOK,
    LONGEST_PAUSE,
    LONGEST_RUN,
    MOST_STARTS,
    RESULT_LIFE,
    Complete,
    Failed,
    Look,
    Poll,
    PreviewRun,
    PreviewState,
    Start,
    judged,
    next_step,
    started,
)
from tests.planning.bounds import bounded
from tests.planning.previews import OURS, THEIRS, state

RECHECK = 1200.0
SENT = 1000.0
RUN = started(OURS, None, SENT)
LAST = replace(RUN, starts=MOST_STARTS)
FAILED = replace(RUN, failure="It failed", looked_at=SENT + 60, polls=3)


@dataclass(frozen=True)
class Due:
    """What is due for a text, with this memory, so many seconds after the Start was sent."""

    step: Start | Look | Poll | Failed
    after: float = 0.0
    run: PreviewRun | None = RUN
    text: str = OURS


DUE = {
    "a policy that was never previewed is started": Due(Start(), run=None),
    "another policy is started at once": Due(Start(), text=THEIRS),
    "another policy is started where the one before has failed": Due(Start(), 61, FAILED, THEIRS),
    "nothing is read right after a Start": Due(Poll(5.0)),
    "nothing is read before its time, whatever wakes the object": Due(Poll(2.0), 3),
    "the first Get is due after 5 s": Due(Look(), 5),
    "an outage delays the Get": Due(Look(), 5000),
    "a preview that failed is not tried again soon": Due(Failed("It failed"), 60 + RECHECK - 1, FAILED),
    "a preview that failed is tried again at the re-check": Due(Start(), 60 + RECHECK, FAILED),
}


@pytest.mark.parametrize("case", DUE.values(), ids=DUE)
def test_what_is_due(case: Due) -> None:
    assert next_step(case.text, case.run, SENT + case.after, RECHECK) == case.step


def test_the_pauses_grow_to_half_a_minute() -> None:
    run, now, pauses = RUN, SENT, []
    for _ in range(9):
        step = next_step(OURS, run, now, RECHECK)
        assert isinstance(step, Poll)
        pauses.append(step.after)
        now += step.after
        run, step_after = judged(run, state("IN_PROGRESS"), now)
        assert step_after == next_step(OURS, run, now, RECHECK)
    assert pauses == pytest.approx([5, 5, 7.5, 11.25, 16.875, 25.3125, 30, 30, 30])


@dataclass(frozen=True)
class Answered:
    """What follows from an answer, so many seconds after the Start was sent; `says` of a failure."""

    state: PreviewState
    step: Start | Poll | Complete | None = None
    after: float = FIRST_LOOK
    run: PreviewRun = RUN
    says: str = ""


ANSWERED = {
    "our result is taken, however AWS writes the policy": Answered(
        state("COMPLETE", OURS, 3, 2), Complete(3, 2)
    ),
    "a result that was there before our Start is not taken": Answered(
        state("COMPLETE", OURS, 0), Poll(1.0), after=4
    ),
    "a failure that was there before our Start is none": Answered(state("FAILED"), Poll(1.0), after=4),
    "our preview is waited for": Answered(state("IN_PROGRESS"), Poll(5.0)),
    "somebody else's preview is waited for": Answered(state("IN_PROGRESS", THEIRS), Poll(5.0)),
    "ours is started after somebody else's": Answered(state("COMPLETE", THEIRS, 0), Start()),
    "ours is started after somebody else's that failed": Answered(state("FAILED", THEIRS), Start()),
    "a policy that AWS does not show is another one": Answered(state("COMPLETE", None, 0), Start()),
    "a result that has expired is made again": Answered(state("EXPIRED"), Start()),
    "a preview that is not there is started": Answered(state("NONE", None, None), Start()),
    "a result of long ago is made again": Answered(
        state("COMPLETE", OURS, 0), Start(), after=RESULT_LIFE + 1
    ),
    "a result without numbers is none": Answered(state("COMPLETE", OURS, None), says="how many images"),
    "a preview that failed": Answered(state("FAILED"), says="its preview of the lifecycle policy failed"),
    "a preview that does not end": Answered(
        state("IN_PROGRESS"), after=LONGEST_RUN, says="of this lifecycle policy did not end within 10 min"
    ),
    "somebody else's preview that does not end": Answered(
        state("IN_PROGRESS", THEIRS), after=LONGEST_RUN, says="another policy, started by somebody else,"
    ),
    "a slot that is taken again and again": Answered(
        state("COMPLETE", THEIRS, 0), run=LAST, says="started 4 times"
    ),
    "results that expire again and again": Answered(state("EXPIRED"), run=LAST, says="started 4 times"),
    "the last try succeeds": Answered(state("COMPLETE", OURS, 1), Complete(1, 0), run=LAST),
}


@pytest.mark.parametrize("case", ANSWERED.values(), ids=ANSWERED)
def test_what_follows_from_an_answer(case: Answered) -> None:
    run, step = judged(case.run, case.state, SENT + case.after)
    if case.step is not None:
        assert step == case.step
        assert run.failure is None
    else:
        assert isinstance(step, Failed)
        assert case.says in step.message
        assert "The policy is not applied" in step.message
        assert len(step.message) <= 512
        assert next_step(OURS, run, SENT + case.after + 1, RECHECK) == step


def test_starts_of_one_text_are_counted_until_it_fails() -> None:
    second = started(OURS, RUN, SENT + 30)
    assert (second.starts, second.polls, second.looked_at) == (2, 0, None)
    assert next_step(OURS, second, SENT + 31, RECHECK) == Poll(4.0)
    assert started(THEIRS, LAST, SENT).starts == 1
    assert started(OURS, replace(FAILED, starts=MOST_STARTS), SENT + RECHECK).starts == 1


STATES = st.builds(
    state,
    st.sampled_from(["IN_PROGRESS", "COMPLETE", "EXPIRED", "FAILED", "NONE"]),
    st.sampled_from([OURS, THEIRS, None]),
    st.none() | st.integers(0, 5),
    st.integers(0, 5),
)


@bounded(300)
@given(st.lists(STATES, min_size=1, max_size=8), st.floats(0, 40))
def test_it_always_ends_and_never_with_a_result_of_another_policy(
    answers: list[PreviewState], lateness: float
) -> None:
    """AWS goes through these answers again and again, and each look comes late."""
    run, now, starts, looks = None, SENT, 0, 0
    answer: PreviewState | None = None
    step: Start | Look | Poll | Complete | Failed
    while True:
        step = next_step(OURS, run, now, RECHECK)
        if isinstance(step, Look):
            assert run is not None
            answer = answers[looks % len(answers)]
            looks += 1
            run, step = judged(run, answer, now)
        if isinstance(step, Start):
            run = started(OURS, run, now)
            starts += 1
        elif isinstance(step, Poll):
            assert 0 < step.after <= LONGEST_PAUSE
            now += step.after + lateness
        else:
            break
    assert starts <= MOST_STARTS
    assert now - SENT <= MOST_STARTS * (LONGEST_RUN + LONGEST_PAUSE + 40)
    assert answer is not None
    if isinstance(step, Complete):
        assert answer == state("COMPLETE", OURS, step.expiring, step.archiving)
