"""Which of several objects that name the same repository may manage it.

The one that owns it already wins, else the older. One that observes, or that was refused the
repository, claims nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ecr_operator.reasons import Reason

REFUSED = frozenset(
    {
        Reason.NAME_NOT_ALLOWED,
        Reason.ADOPTION_NOT_ALLOWED,
        Reason.REPOSITORY_NOT_OURS,
        Reason.REPOSITORY_OWNED_BY_ANOTHER,
    }
)
"""An object stalled for one of these claims nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One object's claim to a repository name."""

    namespace: str
    name: str
    created: str
    """``metadata.creationTimestamp``; RFC 3339 in UTC sorts as text."""
    owns: bool
    """``status.owner`` is the object's own value."""


def winner(claims: Iterable[Claim]) -> Claim | None:
    """The claim that wins, the same whoever asks; None where there is none."""
    return min(
        claims, key=lambda claim: (not claim.owns, claim.created, claim.namespace, claim.name), default=None
    )
