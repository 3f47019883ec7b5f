"""A plan puts, leaves or takes off the lifecycle policy as its gate says, and leaves what is not ours."""

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle_policy import LifecycleDeletionPolicy, LifecyclePolicyState
from ecr_operator.api.repository_status import EcrRepositoryStatus, RepositoryLifecyclePolicy
from ecr_operator.planning.changes import LIFECYCLE, Change, DeleteLifecyclePolicy, PutLifecyclePolicy
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle import same_lifecycle
from ecr_operator.planning.lifecycle_gate import LifecycleGate
from ecr_operator.planning.managed import managed_after, reads
from ecr_operator.planning.plan import Done, Plan
from ecr_operator.planning.repository import ObservedRepository, Recorded, plan_repository
from ecr_operator.planning.status import recorded as recorded_by
from tests.api.lifecycle_examples import days_since, more_than, rule
from tests.planning.bounds import bounded
from tests.planning.formats import shown_lifecycle
from tests.planning.samples import CLUSTER, NAME, NEW, NOW, PLACE, desired, observed, recorded
from tests.planning.strategies import MEMORIES, REPOSITORIES, SPECS
from tests.planning.world import perform

OPEN, CLOSED, WITHDRAWN = LifecycleGate.OPEN, LifecycleGate.CLOSED, LifecycleGate.WITHDRAWN
WANTED = desired(lifecyclePolicy={"rules": [rule(1, more_than(5, "any"))]})
TEXT = WANTED.lifecycle or ""
SHOWN = shown_lifecycle(TEXT)
OTHER = shown_lifecycle(
    desired(lifecyclePolicy={"rules": [rule(1, days_since("Pushed", 9, "any"))]}).lifecycle or ""
)
NOTHING = desired()
AT_REST = replace(NOTHING, lifecycle_source="keep", lifecycle_at_rest="it is suspended")
OURS = recorded(LIFECYCLE)
THEIRS = recorded()
RETAINED = recorded(LIFECYCLE, lifecycle_retained=True)
PUT, TAKE_OFF = PutLifecyclePolicy(NAME, TEXT), DeleteLifecyclePolicy(NAME)
WITHDRAW = DeleteLifecyclePolicy(NAME, withdrawn=True)


def planned(
    wanted: DesiredRepository, there: ObservedRepository | None, memory: Recorded, gate: LifecycleGate
) -> Plan:
    return plan_repository(wanted, there, memory, cluster=CLUSTER, place=PLACE, now=NOW, gate=gate)


class Case(NamedTuple):
    wanted: DesiredRepository
    there: str | None
    memory: Recorded
    gate: LifecycleGate
    expected: Change | None


CASES: dict[str, Case] = {
    "open: what is wanted is put": Case(WANTED, None, THEIRS, OPEN, PUT),
    "open: another text is replaced": Case(WANTED, OTHER, OURS, OPEN, PUT),
    "open: what is there is left": Case(WANTED, SHOWN, OURS, OPEN, None),
    "open: what is not wanted any more is taken off": Case(NOTHING, OTHER, OURS, OPEN, TAKE_OFF),
    "open: what is to be retained is left": Case(NOTHING, OTHER, RETAINED, OPEN, None),
    "open: what others have put there is left": Case(NOTHING, OTHER, THEIRS, OPEN, None),
    "open: what is gone already needs no removal": Case(NOTHING, None, OURS, OPEN, None),
    "open: retained does not keep a text that is replaced": Case(WANTED, OTHER, RETAINED, OPEN, PUT),
    "at rest: what is there is left": Case(AT_REST, OTHER, OURS, OPEN, None),
    "at rest: nothing is taken off, also when withdrawn": Case(AT_REST, OTHER, OURS, WITHDRAWN, None),
    "closed: nothing is put": Case(WANTED, None, OURS, CLOSED, None),
    "closed: nothing is replaced": Case(WANTED, OTHER, OURS, CLOSED, None),
    "closed: nothing is taken off": Case(NOTHING, OTHER, OURS, CLOSED, None),
    "withdrawn: what is there is taken off": Case(WANTED, SHOWN, OURS, WITHDRAWN, WITHDRAW),
    "withdrawn: an earlier text of ours is taken off": Case(WANTED, OTHER, OURS, WITHDRAWN, WITHDRAW),
    "withdrawn: retained or not": Case(WANTED, SHOWN, RETAINED, WITHDRAWN, WITHDRAW),
    "withdrawn: the very text that is wanted, whoever has put it": Case(
        WANTED, SHOWN, THEIRS, WITHDRAWN, WITHDRAW
    ),
    "withdrawn: another text of others is left": Case(WANTED, OTHER, THEIRS, WITHDRAWN, None),
    "withdrawn: what is off stays off": Case(WANTED, None, OURS, WITHDRAWN, None),
    "withdrawn: what is not wanted any more is taken off for good": Case(
        NOTHING, OTHER, OURS, WITHDRAWN, TAKE_OFF
    ),
}


@pytest.mark.parametrize(("wanted", "there", "memory", "gate", "expected"), CASES.values(), ids=CASES)
def test_what_a_plan_does_to_the_policy(
    wanted: DesiredRepository,
    there: str | None,
    memory: Recorded,
    gate: LifecycleGate,
    expected: Change | None,
) -> None:
    result = planned(wanted, observed(lifecycle_policy=there), memory, gate)
    assert result.changes == ((expected,) if expected else ())
    assert isinstance(result.outcome, Done)


@pytest.mark.parametrize("gate", LifecycleGate)
def test_a_new_repository_holds_nothing_that_a_policy_could_take(gate: LifecycleGate) -> None:
    changes = planned(WANTED, None, NEW, gate).changes
    assert [type(change).__name__ for change in changes] == ["CreateRepository", "PutLifecyclePolicy"]


def test_a_policy_that_is_withdrawn_stays_ours() -> None:
    assert (WITHDRAW.parts(), WITHDRAW.ends()) == (frozenset(), frozenset())
    assert TAKE_OFF.ends() == {LIFECYCLE}
    assert WITHDRAW.describe() == "remove the lifecycle policy, which would act on images in use"


@pytest.mark.parametrize("gate", LifecycleGate)
def test_a_policy_at_rest_is_not_even_read(gate: LifecycleGate) -> None:
    known = reads(AT_REST, OURS.managed)
    assert not known.lifecycle
    assert reads(NOTHING, OURS.managed).lifecycle
    assert planned(AT_REST, observed(known=known), OURS, gate) == Plan()


@pytest.mark.parametrize("wanted", [WANTED, NOTHING], ids=["wanted", "not wanted"])
def test_what_is_recorded_may_differ_from_what_is_wanted(wanted: DesiredRepository) -> None:
    assert (LIFECYCLE in managed_after(wanted)) == (wanted is WANTED)
    assert LIFECYCLE in managed_after(wanted, lifecycle=True)
    assert LIFECYCLE not in managed_after(wanted, lifecycle=False)


REMOVALS = {
    LifecycleDeletionPolicy.RETAIN: True,
    LifecycleDeletionPolicy.DELETE: False,
    None: False,
}


@pytest.mark.parametrize(("on_removal", "retained"), REMOVALS.items(), ids=map(str, REMOVALS))
def test_the_status_says_what_is_retained(on_removal: LifecycleDeletionPolicy | None, retained: bool) -> None:
    entry = RepositoryLifecyclePolicy(
        source="keep", state=LifecyclePolicyState.APPLIED, on_removal=on_removal
    )
    assert recorded_by(EcrRepositoryStatus(lifecycle_policy=entry)).lifecycle_retained is retained
    assert recorded_by(EcrRepositoryStatus()).lifecycle_retained is False


GATES = st.sampled_from(LifecycleGate)
RECORDS = st.builds(
    lambda memory, retained: replace(memory, lifecycle_retained=retained), MEMORIES, st.booleans()
)
WISHES = st.builds(
    lambda wanted, at_rest: (
        replace(wanted, lifecycle=None, lifecycle_source="keep", lifecycle_at_rest="it is suspended")
        if at_rest
        else wanted
    ),
    SPECS,
    st.sampled_from([False, False, True]),
)
OWN = REPOSITORIES.map(lambda one: replace(one, tags=observed().tags))


def of_the_policy(result: Plan) -> list[Change]:
    return [one for one in result.changes if isinstance(one, PutLifecyclePolicy | DeleteLifecyclePolicy)]


@bounded(200)
@given(WISHES, OWN, RECORDS)
def test_a_closed_gate_changes_nothing_of_the_policy(
    wanted: DesiredRepository, there: ObservedRepository, memory: Recorded
) -> None:
    closed = planned(wanted, there, memory, CLOSED)
    assert of_the_policy(closed) == []
    opened = planned(wanted, there, memory, OPEN)
    # All else is as ever.
    assert [one for one in opened.changes if one not in of_the_policy(opened)] == list(closed.changes)
    assert opened.outcome == closed.outcome


@bounded(200)
@given(WISHES, OWN, RECORDS)
def test_withdrawing_never_puts_a_policy(
    wanted: DesiredRepository, there: ObservedRepository, memory: Recorded
) -> None:
    assert not any(
        isinstance(one, PutLifecyclePolicy) for one in planned(wanted, there, memory, WITHDRAWN).changes
    )


@bounded(300)
@given(WISHES, OWN, RECORDS, GATES)
def test_a_policy_is_taken_off_only_where_it_is_ours(
    wanted: DesiredRepository, there: ObservedRepository, memory: Recorded, gate: LifecycleGate
) -> None:
    for change in of_the_policy(planned(wanted, there, memory, gate)):
        if not isinstance(change, DeleteLifecyclePolicy):
            continue
        if change.withdrawn:
            assert gate == WITHDRAWN
            same = wanted.lifecycle is not None and same_lifecycle(wanted.lifecycle, there.lifecycle_policy)
            assert LIFECYCLE in memory.managed or same
        else:
            assert LIFECYCLE in memory.managed
            assert not memory.lifecycle_retained
            assert wanted.lifecycle_source is None


@bounded(200)
@given(WISHES, OWN, RECORDS, GATES)
def test_a_second_plan_has_nothing_left_to_do(
    wanted: DesiredRepository, there: ObservedRepository, memory: Recorded, gate: LifecycleGate
) -> None:
    for change in (changes := of_the_policy(planned(wanted, there, memory, gate))):
        there = perform(change, there)
    assert len(changes) <= 1
    assert of_the_policy(planned(wanted, there, memory, gate)) == []
