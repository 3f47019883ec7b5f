"""What a status says of a repository's lifecycle policy, and what a plan may do to it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle_policy import LifecycleDeletionPolicy, LifecyclePolicyState
from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import (
    EcrRepositoryStatus,
    LifecyclePreview,
    RepositoryLifecyclePolicy,
)
from ecr_operator.planning.changes import LIFECYCLE
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle_choice import INLINE
from ecr_operator.planning.lifecycle_gate import LifecycleGate
from ecr_operator.planning.lifecycle_progress import (
    APPLIED,
    LifecycleProgress,
    outcome_with,
    text_hash,
    with_lifecycle,
)
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Waiting
from ecr_operator.planning.status import recorded
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.samples import LONG_AGO, NOW, desired

State = LifecyclePolicyState
DELETE, RETAIN = LifecycleDeletionPolicy.DELETE, LifecycleDeletionPolicy.RETAIN
TEXT, OTHER_TEXT = '{"rules":[1]}', '{"rules":[2]}'
PREVIEW = LifecyclePreview(expiring_images=3, archiving_images=0)
HELD = LifecycleProgress(State.HELD, Reason.CONFLICT, "it would take 'v1'", PREVIEW)
PENDING = LifecycleProgress(State.PENDING, Reason.PROGRESSING, "it is looked at", after=5)
WITHDRAWN = LifecycleProgress(State.WITHDRAWN, Reason.CONFLICT, "it would take 'v1' tomorrow")
MISSING = LifecycleProgress(State.PENDING, Reason.LIFECYCLE_POLICY_NOT_FOUND, "there is none", after=30)

NOTHING = desired()
WANTED = replace(NOTHING, lifecycle=TEXT, lifecycle_source="keep")
OWN = replace(WANTED, lifecycle_source=INLINE)
AT_REST = replace(NOTHING, lifecycle_source="keep", lifecycle_at_rest="there is none")


def had(
    state: State = State.APPLIED, on_removal: LifecycleDeletionPolicy | None = DELETE, **more: Any
) -> RepositoryLifecyclePolicy:
    """The entry of a status for `TEXT`."""
    return RepositoryLifecyclePolicy(
        **{"source": "keep", "hash": text_hash(TEXT), "state": state, "on_removal": on_removal} | more
    )


def status_of(entry: RepositoryLifecyclePolicy | None, *managed: str) -> EcrRepositoryStatus:
    return EcrRepositoryStatus(lifecycle_policy=entry, managed=managed or None)


def said(
    status: EcrRepositoryStatus, wanted: DesiredRepository, progress: LifecycleProgress | None = None
) -> EcrRepositoryStatus:
    return with_lifecycle(status, wanted, progress or LifecycleProgress(), generation=3, now=NOW)


GATES = {
    State.APPLIED: LifecycleGate.OPEN,
    State.HELD: LifecycleGate.CLOSED,
    State.WITHDRAWN: LifecycleGate.WITHDRAWN,
    State.PENDING: LifecycleGate.CLOSED,
    State.UNMANAGED: LifecycleGate.CLOSED,
}


@pytest.mark.parametrize("state", State)
def test_only_what_is_applied_may_be_written_and_only_what_is_withdrawn_taken_off(state: State) -> None:
    progress = LifecycleProgress(state)
    assert progress.gate == GATES[state]
    assert progress.is_applied == (state == State.APPLIED)


def test_equal_texts_have_one_hash_that_fits() -> None:
    assert text_hash(TEXT) == text_hash(TEXT) != text_hash(OTHER_TEXT)
    assert len(text_hash("ä" * 30_000)) == 32


class Case(NamedTuple):
    before: EcrRepositoryStatus
    wanted: DesiredRepository
    progress: LifecycleProgress
    expected: RepositoryLifecyclePolicy | None


ENTRIES: dict[str, Case] = {
    "applied": Case(status_of(None), WANTED, LifecycleProgress(), had()),
    "the object's own": Case(status_of(None), OWN, LifecycleProgress(), had(source=INLINE)),
    "held, with what it would do": Case(
        status_of(had()),
        replace(WANTED, lifecycle=OTHER_TEXT),
        HELD,
        had(State.HELD, hash=text_hash(OTHER_TEXT), preview=PREVIEW),
    ),
    "pending": Case(status_of(had(preview=PREVIEW)), WANTED, PENDING, had(State.PENDING)),
    "withdrawn": Case(status_of(had()), WANTED, WITHDRAWN, had(State.WITHDRAWN)),
    "what becomes of it later": Case(
        status_of(had()),
        replace(WANTED, lifecycle_on_removal=RETAIN),
        LifecycleProgress(),
        had(on_removal=RETAIN),
    ),
    "a policy that is not to be retained any more": Case(
        status_of(had(on_removal=RETAIN)), WANTED, LifecycleProgress(), had()
    ),
    "until another policy is applied, the one that AWS holds is spoken of": Case(
        status_of(had(), LIFECYCLE),
        replace(WANTED, lifecycle=OTHER_TEXT, lifecycle_source="new", lifecycle_on_removal=RETAIN),
        HELD,
        had(State.HELD, DELETE, source="new", hash=text_hash(OTHER_TEXT), preview=PREVIEW),
    ),
    "one that is to be retained is, also while another is held": Case(
        status_of(had(on_removal=RETAIN), LIFECYCLE),
        replace(WANTED, lifecycle=OTHER_TEXT, lifecycle_source="new"),
        HELD,
        had(State.HELD, RETAIN, source="new", hash=text_hash(OTHER_TEXT), preview=PREVIEW),
    ),
    "where AWS holds none of ours, a held policy speaks for itself": Case(
        status_of(had()),
        replace(WANTED, lifecycle=OTHER_TEXT, lifecycle_source="new", lifecycle_on_removal=RETAIN),
        HELD,
        had(State.HELD, RETAIN, source="new", hash=text_hash(OTHER_TEXT), preview=PREVIEW),
    ),
    "a policy that is gone leaves what is known of it": Case(
        status_of(had()), AT_REST, MISSING, had(State.PENDING)
    ),
    "a policy that is gone is still retained": Case(
        status_of(had(on_removal=RETAIN)), AT_REST, MISSING, had(State.PENDING, RETAIN)
    ),
    "a suspended policy is retained": Case(
        status_of(had()), replace(AT_REST, lifecycle_on_removal=RETAIN), PENDING, had(State.PENDING, RETAIN)
    ),
    "a policy that was never there": Case(status_of(None), AT_REST, MISSING, had(State.PENDING, hash=None)),
    "nothing": Case(status_of(None), NOTHING, LifecycleProgress(), None),
    "a policy that does not apply any more": Case(status_of(had()), NOTHING, LifecycleProgress(), None),
    "one that stays there": Case(
        status_of(had(on_removal=RETAIN, preview=PREVIEW)),
        NOTHING,
        LifecycleProgress(),
        had(State.UNMANAGED, RETAIN),
    ),
    "one that stays there, looked at again": Case(
        status_of(had(State.UNMANAGED, RETAIN)), NOTHING, LifecycleProgress(), had(State.UNMANAGED, RETAIN)
    ),
    "one that stays there and whose removal nobody has spoken of": Case(
        status_of(had(State.UNMANAGED, None)), NOTHING, LifecycleProgress(), had(State.UNMANAGED, None)
    ),
    "one that stays there in an earlier text": Case(
        status_of(had(State.HELD, RETAIN), LIFECYCLE),
        NOTHING,
        LifecycleProgress(),
        had(State.UNMANAGED, RETAIN),
    ),
    "one that was held from the first": Case(
        status_of(had(State.HELD, RETAIN), "tags/a"), NOTHING, LifecycleProgress(), None
    ),
    "one that is taken off already": Case(
        status_of(had(State.WITHDRAWN, RETAIN), LIFECYCLE), NOTHING, LifecycleProgress(), None
    ),
    "one that is wanted again": Case(
        status_of(had(State.UNMANAGED, RETAIN)), WANTED, LifecycleProgress(), had()
    ),
}


@pytest.mark.parametrize(("before", "wanted", "progress", "expected"), ENTRIES.values(), ids=ENTRIES)
def test_the_status_says_how_far_it_has_got(
    before: EcrRepositoryStatus,
    wanted: DesiredRepository,
    progress: LifecycleProgress,
    expected: RepositoryLifecyclePolicy | None,
) -> None:
    status = said(before, wanted, progress)
    assert status.lifecycle_policy == expected
    assert EcrRepositoryStatus.from_json(status.to_json()) == status
    assert said(status, wanted, progress) == status


@pytest.mark.parametrize(
    "progress", [LifecycleProgress(), HELD, PENDING, WITHDRAWN], ids=lambda one: one.state
)
def test_the_condition_says_why(progress: LifecycleProgress) -> None:
    condition = said(status_of(None), WANTED, progress).condition(APPLIED)
    assert condition == Condition(
        type="LifecyclePolicyApplied",
        status="True" if progress.is_applied else "Unknown" if progress is PENDING else "False",
        reason=progress.reason,
        message=progress.message,
        last_transition_time=NOW,
        observed_generation=3,
    )


def test_the_condition_keeps_its_time_while_its_value_stays() -> None:
    early = with_lifecycle(status_of(None), WANTED, WITHDRAWN, generation=2, now=LONG_AGO)
    held, applied = said(early, WANTED, HELD).condition(APPLIED), said(early, WANTED).condition(APPLIED)
    assert held
    assert applied
    assert (held.reason, held.last_transition_time) == (HELD.reason, LONG_AGO)
    assert applied.last_transition_time == NOW


def test_without_a_policy_there_is_no_condition() -> None:
    status = said(said(status_of(None), WANTED, HELD), NOTHING)
    assert status.condition(APPLIED) is None


ENTRY = st.builds(had, st.sampled_from(State), st.sampled_from([DELETE, RETAIN]))


@bounded(100)
@given(ENTRY, st.lists(st.sampled_from([NOTHING, AT_REST]), max_size=3))
def test_what_is_retained_is_not_forgotten_while_it_is_recorded(
    entry: RepositoryLifecyclePolicy, wanted: list[DesiredRepository]
) -> None:
    """A reconcile that ends early leaves the record: the next one must not take the policy off."""
    status = status_of(entry, LIFECYCLE)
    for one in wanted:
        status = said(status, one, MISSING)
    if entry.on_removal == RETAIN and entry.state != State.WITHDRAWN:
        assert recorded(status).lifecycle_retained


DONE = Done()
LATER = timedelta(minutes=1).total_seconds()
OUTCOMES: dict[str, tuple[DesiredRepository, LifecycleProgress, Outcome, Outcome]] = {
    "all is applied": (OWN, LifecycleProgress(), DONE, DONE),
    "nothing is wanted": (NOTHING, HELD, DONE, DONE),
    "the object's own policy is held": (OWN, HELD, DONE, Stalled(HELD.reason, HELD.message)),
    "the object's own policy is withdrawn": (
        OWN,
        WITHDRAWN,
        DONE,
        Stalled(WITHDRAWN.reason, WITHDRAWN.message),
    ),
    "the object's own policy is looked at": (
        OWN,
        PENDING,
        DONE,
        Waiting(Reason.PROGRESSING, PENDING.message, 5),
    ),
    "another object's policy is held": (WANTED, HELD, DONE, DONE),
    "another object's policy is withdrawn": (WANTED, WITHDRAWN, DONE, DONE),
    "another object's policy is looked at": (WANTED, PENDING, DONE, DONE),
    "the policy that is named does not exist": (
        replace(AT_REST, lifecycle_missing=True),
        MISSING,
        DONE,
        Waiting(Reason.LIFECYCLE_POLICY_NOT_FOUND, MISSING.message, 30),
    ),
    "all else comes first: a refusal": (
        OWN,
        HELD,
        Stalled(Reason.CONFLICT, "x"),
        Stalled(Reason.CONFLICT, "x"),
    ),
    "all else comes first: a wait": (
        OWN,
        HELD,
        Waiting(Reason.ADOPTING, "x", LATER),
        Waiting(Reason.ADOPTING, "x", LATER),
    ),
    "all else comes first: a failure": (
        OWN,
        PENDING,
        Retrying(Reason.THROTTLED, "x"),
        Retrying(Reason.THROTTLED, "x"),
    ),
}


@pytest.mark.parametrize(("wanted", "progress", "outcome", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_who_carries_the_rules_is_not_ready_while_they_are_not_applied(
    wanted: DesiredRepository, progress: LifecycleProgress, outcome: Outcome, expected: Outcome
) -> None:
    assert outcome_with(progress, wanted, outcome) == expected
