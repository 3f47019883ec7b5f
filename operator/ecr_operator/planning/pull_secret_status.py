"""What the status of an EcrPullSecret says of its namespaces.

The figures and words alone: ``planning.status`` writes conditions for EcrRepository, and will for this kind.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ecr_operator.api.meta import shortened_message
from ecr_operator.planning.plan import Done, Waiting
from ecr_operator.planning.pull_secret import Failure
from ecr_operator.reasons import Reason

FAILURES_MAX: Final = 20
"""Bound of ``status.failures``."""


@dataclass(frozen=True, slots=True)
class NamespacesSummary:
    """``status.namespaces`` and ``status.failures``; what is neither ready nor failed is being worked on."""

    matched: int = 0
    ready: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    """At most 20, by namespace, with messages that fit."""
    reasons: tuple[tuple[Reason, int], ...] = ()
    """How many namespaces failed for each reason, the most frequent first."""

    @property
    def is_settled(self) -> bool:
        """Whether no namespace is being worked on."""
        return self.ready + self.failed == self.matched

    @property
    def failed_message(self) -> str:
        """Of the condition `NamespacesFailed`; "" where none has failed."""
        if not self.failed:
            return ""
        reasons = ", ".join(f"{reason} in {count}" for reason, count in self.reasons)
        return f"{self.failed} of {self.matched} namespaces failed ({reasons}); see `status.failures`"

    def outcome(self, *, was_ready: bool) -> Done | Waiting:
        """Of Ready: failures that only their namespace can mend leave it True, and so does a refresh.

        `was_ready`: at this generation all was settled once.
        """
        if not self.matched:
            return Done(Reason.NO_NAMESPACE_MATCHED, "`namespaces` matches no namespace")
        message = f"{self.ready} of {self.matched} namespaces hold the Secret"
        if self.is_settled or was_ready:
            return Done(message=message)
        return Waiting(Reason.PROGRESSING, message)


def summary(
    owner: str, matched: Iterable[str], ready: Iterable[str], failures: Iterable[Failure]
) -> NamespacesSummary:
    """The summary of the EcrPullSecret `owner`.

    `matched` are the namespaces that it selects, `ready` those in which all is as wanted. Failures of other
    EcrPullSecrets and of namespaces that it no longer selects do not count.
    """
    names = frozenset(matched)
    own = sorted(
        {one for one in failures if one.owner == owner and one.namespace in names},
        key=lambda one: (one.namespace, one.reason, one.message),
    )
    failed = {one.namespace for one in own}
    counts = Counter(reason for _, reason in {(one.namespace, one.reason) for one in own})
    return NamespacesSummary(
        matched=len(names),
        ready=len((names & frozenset(ready)) - failed),
        failed=len(failed),
        failures=tuple(
            Failure(one.namespace, owner, one.reason, shortened_message(one.message))
            for one in own[:FAILURES_MAX]
        ),
        reasons=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
    )
