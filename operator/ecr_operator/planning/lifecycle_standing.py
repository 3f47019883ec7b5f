"""How an EcrLifecyclePolicy stands with one of the repositories that it matches, by that one's status."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecyclePolicyState, LifecycleProtection
from ecr_operator.api.repository_status import EcrRepositoryStatus, RepositoryLifecyclePolicy
from ecr_operator.planning.lifecycle_progress import APPLIED
from ecr_operator.planning.status import STALLED
from ecr_operator.reasons import Reason

_KNOWN: Final = {str(reason): reason for reason in Reason}


class StandingState(StrEnum):
    """`status.details[].state`; what needs more attention comes first."""

    WITHDRAWN = "Withdrawn"
    HELD = "Held"
    CONFLICT = "Conflict"
    PENDING = "Pending"
    APPLIED = "Applied"


_RANK: Final = {state: rank for rank, state in enumerate(StandingState)}


@dataclass(frozen=True, slots=True)
class MatchedRepository:
    """An EcrRepository that names a policy, or that it selects and that names and holds none itself.

    One with `managementPolicy: Observe`, and one that is being deleted, get no policy and are none of these.
    """

    name: str
    """`metadata.name`."""
    source: str | None
    """The policy that it is to have: ``LifecycleChoice.source``."""
    entry: RepositoryLifecyclePolicy | None = None
    """Its ``status.lifecyclePolicy``."""
    reason: str = ""
    """Of its condition LifecyclePolicyApplied."""
    message: str = ""
    """Of the same condition."""
    at_rest: str = ""
    """Why nothing is done for it, whatever its policy; else empty."""

    @classmethod
    def of(
        cls, name: str, source: str | None, status: EcrRepositoryStatus, *, suspended: bool
    ) -> "MatchedRepository":
        """The repository of an object with this status."""
        applied, stalled = status.condition(APPLIED), status.condition(STALLED)
        at_rest = ""
        if suspended:
            at_rest = "the EcrRepository is suspended"
        elif stalled is not None and stalled.status == "True":
            at_rest = f"{stalled.reason}: {stalled.message}"
        return cls(
            name,
            source,
            status.lifecycle_policy,
            applied.reason if applied else "",
            applied.message if applied else "",
            at_rest,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How the policy stands with one repository."""

    name: str
    state: StandingState
    message: str = ""
    """Says what is the case where the state does not say it all."""
    reason: Reason | None = None
    """Why it is held or withdrawn; None: this version does not know the reason."""
    expiring_images: int | None = None
    in_use_images: int | None = None
    """As many as the preview lists."""
    other: str = ""
    """The policy that the repository has in place of this one."""

    def order(self) -> tuple[int, bool, str]:
        """What needs more attention first, then by name."""
        return _RANK[self.state], not self.message, self.name


def standing(
    repository: MatchedRepository, policy: str, hash: str, protection: LifecycleProtection
) -> Standing:
    """How the EcrLifecyclePolicy `policy` stands, whose text has this hash."""
    name, entry = repository.name, repository.entry
    if repository.source not in (policy, None):
        other = str(repository.source)
        return Standing(name, StandingState.CONFLICT, f"it has the policy '{other}'", other=other)
    if (
        entry is None
        or (entry.source, entry.hash) != (policy, hash)
        or entry.state == LifecyclePolicyState.UNMANAGED
    ):
        return Standing(name, StandingState.PENDING, repository.at_rest or "it has not been looked at yet")
    state, message = StandingState.PENDING, repository.message
    if entry.state == LifecyclePolicyState.APPLIED:
        state, message = StandingState.APPLIED, message if repository.reason != Reason.IN_SYNC else ""
    elif repository.at_rest:
        message = repository.at_rest
    elif entry.state in (LifecyclePolicyState.HELD, LifecyclePolicyState.WITHDRAWN):
        if _is_lifted(repository.reason, entry, protection):
            message = "`protection` has changed; it is judged anew"
        else:
            state = StandingState(entry.state)
    preview = entry.preview
    return Standing(
        name,
        state,
        message,
        _KNOWN.get(repository.reason),
        preview.expiring_images if preview else None,
        len(preview.in_use_images) if preview and preview.in_use_images is not None else None,
    )


def _is_lifted(reason: str, entry: RepositoryLifecyclePolicy, protection: LifecycleProtection) -> bool:
    """Whether the protection, as it is now, does not stop the policy for this reason any more."""
    match reason:
        case "ImagesInUse" | "UsageUnknown":
            return protection.effective_images_in_use != ImagesInUse.HOLD
        case "WouldEmptyRepository":
            return protection.effective_images_in_use == ImagesInUse.IGNORE
        case "TooManyImagesExpiring":
            most = protection.max_expiring_images
            return most is None or (entry.preview is not None and entry.preview.expiring_images <= most)
    return False
