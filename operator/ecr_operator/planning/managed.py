"""The parts of a repository that an object manages: what is read for them, recorded, and taken back."""

from collections.abc import Collection
from dataclasses import dataclass

from ecr_operator.planning.access import granted_statements
from ecr_operator.planning.changes import LIFECYCLE, MUTABILITY, SCANNING, statement_part, tag_part
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.naming import Place

_NOWHERE = Place("aws", "", None)


@dataclass(frozen=True, slots=True)
class Reads:
    """The policies that a plan has to know; others are neither read nor touched."""

    lifecycle: bool = False
    policy: bool = False

    def covers(self, other: "Reads") -> bool:
        """Whether all of `other` is among these."""
        return self.lifecycle >= other.lifecycle and self.policy >= other.policy

    def __bool__(self) -> bool:
        return self.lifecycle or self.policy


NO_READS = Reads()


def reads(desired: DesiredRepository, managed: Collection[str], *, taking: bool = False) -> Reads:
    """The policies that the spec or the record speaks of.

    `taking` says that an existing repository is being taken (back): a predecessor of the object may have left
    statements of ours in its policy that no record tells of.
    """
    if desired.observe:
        return NO_READS
    recorded = any(part.startswith(statement_part("")) for part in managed)
    return Reads(
        lifecycle=desired.lifecycle is not None or (LIFECYCLE in managed and not desired.lifecycle_at_rest),
        policy=desired.has_policy or recorded or taking,
    )


def managed_after(desired: DesiredRepository, lifecycle: bool | None = None) -> frozenset[str]:
    """The parts that an object in sync manages: ``status.managed``.

    `lifecycle` says whether the lifecycle policy is among them, where that does not follow from the spec.
    """
    parts = {tag_part(key) for key in desired.tags}
    if desired.mutability is not None:
        parts.add(MUTABILITY)
    if desired.scan_on_push is not None:
        parts.add(SCANNING)
    if desired.lifecycle is not None if lifecycle is None else lifecycle:
        parts.add(LIFECYCLE)
    # Sids depend on the spec alone.
    parts.update(statement_part(str(one["Sid"])) for one in granted_statements(desired.access, _NOWHERE))
    parts.update(statement_part(str(one["Sid"])) for one in desired.statements)
    return frozenset(parts)
