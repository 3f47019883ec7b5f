"""A plan: what would be done, in order, and what comes of it.

The same plan is performed, logged, printed, posted as an event and asserted in tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecr_operator.planning.changes import Change, StartImageScan
from ecr_operator.reasons import Reason


@dataclass(frozen=True, slots=True)
class Done:
    """AWS is (after the plan's changes) as it should be. The sweep looks again."""

    reason: Reason = Reason.IN_SYNC
    message: str = "The repository matches the spec"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nobody has to act; look again `after` seconds (None: the setting for waiting objects)."""

    reason: Reason
    message: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Stalled:
    """A person must act. Looked at again slowly, because what blocks may go away unseen."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """The last try failed for a passing reason; repeated with growing delay."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """The user asked to leave everything alone."""


Outcome = Done | Waiting | Stalled | Retrying | Suspended


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes` in the order in which they are performed, and the outcome if all succeed.

    A plan whose outcome is Stalled is a refusal and has no changes.
    """

    changes: tuple[Change, ...] = ()
    outcome: Outcome = Done()

    def __post_init__(self) -> None:
        if self.changes and isinstance(self.outcome, Stalled):
            raise ValueError("a refusal changes nothing")

    @property
    def adopts(self) -> bool:
        """Whether the plan writes the owner tag to a repository that was not ours, and waits."""
        return (
            isinstance(self.outcome, Waiting)
            and self.outcome.reason == Reason.ADOPTING
            and bool(self.changes)
        )

    def parts(self) -> frozenset[str]:
        """The parts that the plan starts to manage, to be recorded before its first effect."""
        return frozenset().union(*(change.parts() for change in self.changes))

    def describe(self) -> str:
        """The changes as a person reads them, joined."""
        return "; ".join(change.describe() for change in self.changes)


def with_scans(plan: Plan, repository: str, digests: Sequence[str]) -> Plan:
    """`plan` that starts scans of these images in the end; not where the repository is not in order."""
    if not isinstance(plan.outcome, Done):
        return plan
    return replace(plan, changes=(*plan.changes, *(StartImageScan(repository, one) for one in digests)))


def refuse(reason: Reason, message: str) -> Plan:
    """A plan that does nothing because of `reason`."""
    return Plan(outcome=Stalled(reason, message))
