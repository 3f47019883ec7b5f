"""Which objects need no look until the sweep, and which facts of the sweep are news."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from ecr_operator.api.meta import ConditionStatus
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.drift import is_settled, same_facts
from ecr_operator.planning.lifecycle_progress import APPLIED
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Waiting
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.planning.status import outcome_status, with_condition, with_managed, with_repository
from ecr_operator.reasons import Reason
from tests.planning.samples import ACCOUNT, LONG_AGO, NAME, NOW, PLACE, REGION, desired, observed

WANTED = desired(tags={"a": "1"}, deletionPolicy="Delete")


IN_SYNC = Done()


def status(outcome: Outcome = IN_SYNC, handled: str | None = None, **changes: Any) -> EcrRepositoryStatus:
    """The status of an object that was found in sync at generation 3."""
    start = with_managed(with_repository(EcrRepositoryStatus(), observed()), ["repository", "tags/a"])
    start = start.model_copy(update={"applied_hash": WANTED.applied_hash()})
    found = outcome_status(start, outcome, generation=3, now=LONG_AGO, handled=handled)
    return found.model_copy(update=changes)


def with_lifecycle(applied: ConditionStatus) -> EcrRepositoryStatus:
    """The same, with a lifecycle policy from elsewhere: it leaves the object ready."""
    return with_condition(status(), APPLIED, applied, Reason.SUSPENDED, "no", generation=3, now=LONG_AGO)


@dataclass(frozen=True)
class Case:
    """Each case changes one thing of an object that is settled."""

    settled: bool = False
    status: EcrRepositoryStatus = field(default_factory=status)
    wanted: DesiredRepository = WANTED
    generation: int = 3
    region: str = REGION
    asked: str | None = None
    has_finalizer: bool = True


CASES = {
    "in sync at this very generation": Case(settled=True),
    "observed at this very generation": Case(settled=True, status=status(Done(Reason.OBSERVED, "shown"))),
    "never looked at": Case(status=EcrRepositoryStatus(observed_generation=-1)),
    "a spec that has changed": Case(generation=4),
    "a status of an older generation": Case(status=status(observed_generation=2)),
    "a status that was lost in a restore": Case(status=EcrRepositoryStatus()),
    "not ready: stalled": Case(status=status(Stalled(Reason.ACCESS_DENIED, "no"))),
    "not ready: waiting": Case(status=status(Waiting(Reason.ADOPTING, "soon"))),
    "not ready: retrying": Case(status=status(Retrying(Reason.THROTTLED, "no"))),
    "not ready, though its hash was kept": Case(
        status=status(Stalled(Reason.ACCESS_DENIED, "no"), applied_hash=WANTED.applied_hash())
    ),
    "ready without conditions is not ready": Case(status=status(conditions=None)),
    "a lifecycle policy that is not applied, after one that was": Case(status=with_lifecycle("False")),
    "a lifecycle policy that is applied": Case(settled=True, status=with_lifecycle("True")),
    "another desired state: a default tag has changed": Case(
        wanted=desired(tags={"a": "1"}, deletionPolicy="Delete", default_tags={"b": "2"})
    ),
    "another desired state: the cluster has another name": Case(wanted=replace(WANTED, owner="x/team-a/web")),
    "no hash yet": Case(status=status(applied_hash=None)),
    "another region": Case(region="eu-west-1"),
    "no region yet": Case(status=status(region=None)),
    "asked for a reconcile, the first time": Case(asked="now"),
    "asked for a reconcile, again": Case(asked="now", status=status(handled="before")),
    "asked for a reconcile that was answered": Case(settled=True, asked="now", status=status(handled="now")),
    "asked in more words than the status holds": Case(
        settled=True, asked="x" * 300, status=status(handled="x" * 256)
    ),
    "the annotation was taken off": Case(settled=True, status=status(handled="before")),
    "a finalizer is missing": Case(has_finalizer=False),
    "a finalizer is too much": Case(
        wanted=desired(tags={"a": "1"}),
        status=status(applied_hash=desired(tags={"a": "1"}).applied_hash()),
    ),
    "an object that retains needs none": Case(
        settled=True,
        wanted=desired(tags={"a": "1"}),
        status=status(applied_hash=desired(tags={"a": "1"}).applied_hash()),
        has_finalizer=False,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_object_is_settled(case: Case) -> None:
    assert (
        is_settled(
            case.status,
            case.wanted,
            generation=case.generation,
            region=case.region,
            asked=case.asked,
            has_finalizer=case.has_finalizer,
        )
        is case.settled
    )


def test_a_settled_object_is_settled_after_the_wire() -> None:
    """This is what a restart reads."""
    read = EcrRepositoryStatus.from_json(status(handled="now").to_json())
    assert is_settled(read, WANTED, generation=3, region=REGION, asked="now", has_finalizer=True)


FACTS: dict[str, tuple[ObservedRepository, bool]] = {
    "nothing new": (observed(), True),
    "tags are no facts of the status": (observed(tags={"a": "1"}), True),
    "settings are no facts of the status": (observed(mutability="IMMUTABLE", scan_on_push=True), True),
    "another owner": (observed("stage/team-a/web"), False),
    "no owner": (observed(None), False),
    "created anew": (observed(created_at=NOW), False),
    "created a second later": (observed(created_at=LONG_AGO + timedelta(seconds=1)), False),
    "another URI": (observed(uri=f"{ACCOUNT}.dkr-ecr.{REGION}.on.aws/{NAME}"), False),
    "another account": (observed(registry_id="210987654321"), False),
    "another ARN": (observed(arn=f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/{NAME}"), False),
}


@pytest.mark.parametrize(("there", "same"), FACTS.values(), ids=FACTS)
def test_the_facts_of_a_repository(there: ObservedRepository, same: bool) -> None:
    assert same_facts(status(), there, desired(), PLACE) is same
