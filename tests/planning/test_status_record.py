"""What the status remembers: the fence, the repository, the managed parts, the reconcile asked for."""

from datetime import timedelta

import pytest

from ecr_operator.api.meta import RECONCILE_VALUE_MAX, Condition
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.changes import CreateRepository
from ecr_operator.planning.plan import Done, Outcome, Plan, Retrying, Stalled, Suspended, Waiting
from ecr_operator.planning.repository import Recorded
from ecr_operator.planning.status import (
    fence_status,
    is_ready,
    outcome_status,
    recorded,
    with_managed,
    with_repository,
    without_repository,
)
from ecr_operator.reasons import Reason
from tests.planning.kstatus import Health, health, waits_for
from tests.planning.samples import ACCOUNT, ARN, LONG_AGO, NAME, NOW, OWNER, REGION, observed

UNTOUCHED = EcrRepositoryStatus(observed_generation=-1)
STALLED = Stalled(Reason.REPOSITORY_NOT_OURS, "not ours")
WAITING = Waiting(Reason.PROGRESSING, "soon")
RETRYING = Retrying(Reason.THROTTLED, "too fast")


def seen(outcome: Outcome, generation: int = 1, handled: str | None = None) -> EcrRepositoryStatus:
    return outcome_status(UNTOUCHED, outcome, generation=generation, now=LONG_AGO, handled=handled)


def fenced(previous: EcrRepositoryStatus, generation: int = 1) -> EcrRepositoryStatus:
    return fence_status(previous, ["tags/a", "repository"], message="create", generation=generation, now=NOW)


def wire(status: EcrRepositoryStatus, generation: int) -> dict[str, object]:
    return {"metadata": {"generation": generation}, "status": status.to_json()}


class TestTheFence:
    def test_of_a_new_object_says_that_it_is_at_work(self) -> None:
        status = fenced(UNTOUCHED)
        assert status.managed == ("repository", "tags/a")
        assert [(entry.type, entry.status, entry.reason) for entry in status.conditions or ()] == [
            ("Ready", "Unknown", Reason.PROGRESSING),
            ("Reconciling", "True", Reason.PROGRESSING),
        ]
        for entry in status.conditions or ():
            assert (entry.message, entry.observed_generation) == ("create", 1)
            assert entry.last_transition_time == NOW
        # The generation is not dealt with yet.
        assert status.observed_generation == -1
        assert health(wire(status, 1)) is Health.IN_PROGRESS
        assert waits_for(wire(status, 1), "Ready")
        assert not is_ready(status, 1)

    @pytest.mark.parametrize(
        ("outcome", "reads_as"),
        [(Done(), Health.CURRENT), (STALLED, Health.FAILED), (WAITING, Health.IN_PROGRESS)],
        ids=str,
    )
    def test_of_an_object_seen_before_leaves_its_conditions(self, outcome: Outcome, reads_as: Health) -> None:
        before = seen(outcome)
        status = fenced(before)
        assert status == with_managed(before, ["repository", "tags/a"])
        assert health(wire(status, 1)) is reads_as
        assert health(wire(status, 2)) is Health.IN_PROGRESS

    def test_moves_no_transition_time_when_it_is_repeated(self) -> None:
        """A crash between fence and effect: the same plan again, later."""
        first = fenced(UNTOUCHED)
        again = fence_status(
            first, first.managed or (), message="x", generation=1, now=NOW + timedelta(hours=1)
        )
        assert again == first

    def test_takes_a_description_of_any_length(self) -> None:
        tags = {f"{number:0128}": "x" * 256 for number in range(50)}
        message = Plan((CreateRepository(NAME, tags), *[CreateRepository(NAME * 30, tags)] * 9)).describe()
        assert len(message) > 512
        status = fence_status(UNTOUCHED, [], message=message, generation=1, now=NOW)
        assert EcrRepositoryStatus.from_json(status.to_json()) == status

    def test_is_followed_by_the_outcome(self) -> None:
        status = outcome_status(fenced(UNTOUCHED), Done(), generation=1, now=NOW)
        assert [entry.type for entry in status.conditions or ()] == ["Ready"]
        assert health(wire(status, 1)) is Health.CURRENT


class TestTheReconcileAskedFor:
    @pytest.mark.parametrize("outcome", [Done(), WAITING, STALLED, Suspended()], ids=str)
    def test_is_answered_by_an_outcome(self, outcome: Outcome) -> None:
        assert seen(outcome, handled="now").last_handled_reconcile_at == "now"

    def test_is_not_answered_by_a_retry(self) -> None:
        """Whoever waits for the answer would take the state before the failure for it."""
        assert seen(RETRYING, handled="now").last_handled_reconcile_at is None
        before = seen(Done(), handled="before")
        after = outcome_status(before, RETRYING, generation=1, now=NOW, handled="now")
        assert after.last_handled_reconcile_at == "before"

    def test_is_kept_when_nothing_new_is_asked(self) -> None:
        before = seen(Done(), handled="before")
        assert outcome_status(before, STALLED, generation=1, now=NOW).last_handled_reconcile_at == "before"

    def test_is_cut_as_the_schema_demands(self) -> None:
        """An annotation may hold 256 KiB, `lastHandledReconcileAt` 256 characters."""
        status = seen(Done(), handled="x" * (RECONCILE_VALUE_MAX + 1))
        assert status.last_handled_reconcile_at == "x" * RECONCILE_VALUE_MAX


FACTS = {
    "repository_uri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}",
    "repository_arn": ARN,
    "registry_id": ACCOUNT,
    "region": REGION,
    "created_at": LONG_AGO,
    "owner": OWNER,
}


class TestTheRepository:
    def test_is_shown_as_aws_says(self) -> None:
        status = with_repository(UNTOUCHED, observed())
        assert {name: getattr(status, name) for name in FACTS} == FACTS
        assert status.managed is None

    def test_is_shown_with_another_owner_or_none(self) -> None:
        status = with_repository(UNTOUCHED, observed())
        assert with_repository(status, observed("stage/a/b")).owner == "stage/a/b"
        assert with_repository(status, observed(None)).owner is None

    def test_is_shown_no_more_when_it_is_gone(self) -> None:
        before = with_managed(seen(STALLED), ["repository"])
        assert without_repository(with_repository(before, observed())) == before


class TestTheMemory:
    def test_is_read_from_the_status(self) -> None:
        status = with_managed(with_repository(UNTOUCHED, observed()), ["repository", "tags/a"])
        assert recorded(status, NOW, LONG_AGO) == Recorded(
            managed=frozenset({"repository", "tags/a"}),
            repository_arn=ARN,
            registry_id=ACCOUNT,
            region=REGION,
            created_at=LONG_AGO,
            owner=OWNER,
            adopting_since=NOW,
            exists_since=LONG_AGO,
        )

    def test_of_an_untouched_object_is_empty(self) -> None:
        assert recorded(UNTOUCHED) == Recorded()

    def test_lists_managed_parts_in_order(self) -> None:
        assert with_managed(UNTOUCHED, {"tags/b", "repository", "tags/a"}).managed == (
            "repository",
            "tags/a",
            "tags/b",
        )

    def test_without_managed_parts_has_no_list(self) -> None:
        assert "managed" not in with_managed(UNTOUCHED, []).to_json()

    def test_is_the_same_after_the_wire(self) -> None:
        status = with_managed(with_repository(seen(WAITING), observed()), ["repository"])
        assert recorded(EcrRepositoryStatus.from_json(status.to_json())) == recorded(status)


def test_ready_is_ready_only_for_its_generation() -> None:
    assert is_ready(seen(Done(), generation=3), 3)
    assert not is_ready(seen(Done(), generation=3), 4)
    assert not is_ready(seen(STALLED, generation=3), 3)
    assert not is_ready(UNTOUCHED, 3)
    nameless = Condition(type="Ready", status="True", reason="X", message="", last_transition_time=NOW)
    assert not is_ready(EcrRepositoryStatus(conditions=(nameless,)), 3)
