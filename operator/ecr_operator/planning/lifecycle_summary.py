"""What the status of an EcrLifecyclePolicy says of its repositories, and what comes of it.

The EcrRepository objects say how far the policy has got on each; here that is only counted and put in order.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

from ecr_operator.api.lifecycle_policy import (
    DETAILS_MAX,
    WARNINGS_MAX,
    EcrLifecyclePolicySpec,
    EcrLifecyclePolicyStatus,
    LifecycleCounts,
    LifecycleDetail,
    LifecyclePolicyWarning,
)
from ecr_operator.api.meta import shortened_message
from ecr_operator.planning.lifecycle import lifecycle_text, oversize
from ecr_operator.planning.lifecycle_lint import lifecycle_warnings
from ecr_operator.planning.lifecycle_progress import text_hash
from ecr_operator.planning.lifecycle_standing import MatchedRepository, Standing, StandingState, standing
from ecr_operator.planning.plan import Done, Stalled, Waiting
from ecr_operator.reasons import Reason

NAMES_MAX: Final = 3
"""So many repositories are named in a message; `status.details` has more of them."""


@dataclass(frozen=True, slots=True)
class LifecycleSummary:
    """The figures of a status, and the outcome."""

    rule_count: int
    repositories: LifecycleCounts
    details: tuple[LifecycleDetail, ...]
    """At most 50, those that need attention first, then by name."""
    warnings: tuple[LifecyclePolicyWarning, ...]
    """At most 20, by the rules' priorities."""
    outcome: Done | Waiting | Stalled

    def onto(self, status: EcrLifecyclePolicyStatus) -> EcrLifecyclePolicyStatus:
        """`status` with these figures; its conditions are those that it had."""
        return status.model_copy(
            update={
                "rule_count": self.rule_count,
                "repositories": self.repositories,
                "details": self.details or None,
                "warnings": self.warnings or None,
            }
        )


def summary(
    name: str, spec: EcrLifecyclePolicySpec, repositories: Iterable[MatchedRepository]
) -> LifecycleSummary:
    """The summary of the EcrLifecyclePolicy `name`. The order of `repositories` means nothing."""
    text = lifecycle_text(spec.rules)
    hash, protection = text_hash(text), spec.effective_protection
    found = [standing(one, name, hash, protection) for one in repositories]
    counts = Counter(one.state for one in found)
    return LifecycleSummary(
        rule_count=len(spec.rules),
        repositories=LifecycleCounts(
            matched=len(found),
            applied=counts[StandingState.APPLIED],
            held=counts[StandingState.HELD],
            withdrawn=counts[StandingState.WITHDRAWN],
            pending=counts[StandingState.PENDING],
            conflicting=counts[StandingState.CONFLICT],
        ),
        details=tuple(_detail(one) for one in nsmallest(DETAILS_MAX, found, key=Standing.order)),
        warnings=tuple(
            LifecyclePolicyWarning(rule_priority=one.rule_priority, reason=one.check, message=one.sentence)
            for one in lifecycle_warnings(spec.rules)[:WARNINGS_MAX]
        ),
        outcome=_outcome(spec, oversize(text), found, counts),
    )


def applied_hash(spec: EcrLifecyclePolicySpec) -> str:
    """Equal for specs that ask for the same; kept in `status.appliedHash`."""
    protection, selector = spec.effective_protection, spec.repository_selector
    stated = {
        "text": lifecycle_text(spec.rules),
        "protection": {
            "imagesInUse": protection.effective_images_in_use,
            "maxExpiringImages": protection.max_expiring_images,
            "protectedTags": sorted(set(protection.protected_tags or ())),
        },
        "selector": None if selector is None else selector.to_json(),
        "deletionPolicy": spec.effective_deletion_policy,
    }
    return text_hash(json.dumps(stated, sort_keys=True, separators=(",", ":")))


_STOPPED: Final = {StandingState.WITHDRAWN: "withdrawn from", StandingState.HELD: "held on"}


def _outcome(
    spec: EcrLifecyclePolicySpec, refusal: str, found: Collection[Standing], counts: Counter[StandingState]
) -> Done | Waiting | Stalled:
    """`refusal`: why no repository can ever have the policy; else empty."""
    if refusal:
        return Stalled(Reason.POLICY_TOO_LARGE, refusal)
    if not found:
        return Done(Reason.NO_REPOSITORY_MATCHED, _unmatched(spec))
    stopped = [one for one in found if one.state in _STOPPED]
    # What is stopped for a reason that this version does not know is judged anew soon.
    first = min((one for one in stopped if one.reason), key=Standing.order, default=None)
    if first is not None and first.reason is not None:
        numbers = [f"{words} {counts[state]:,}" for state, words in _STOPPED.items() if counts[state]]
        named = _named(stopped, lambda one: one.name)
        message = f"It is {' and '.join(numbers)} of {_repositories(found)} ({named})"
        return Stalled(first.reason, shortened_message(f"{message}; {first.name}: {first.message}"))
    conflicts = [one for one in found if one.state == StandingState.CONFLICT]
    if conflicts:
        named = _named(conflicts, lambda one: f"{one.name} has '{one.other}'")
        return Stalled(
            Reason.CONFLICT,
            shortened_message(
                f"Another policy is on {len(conflicts):,} of {_repositories(found)}: {named}; change a "
                "`repositorySelector`, or name the policy in `lifecyclePolicyRef`"
            ),
        )
    message = f"It is applied to {counts[StandingState.APPLIED]:,} of {_repositories(found)}"
    if counts[StandingState.APPLIED] < len(found):
        first = min(found, key=Standing.order)
        return Waiting(Reason.PROGRESSING, shortened_message(f"{message}; {first.name}: {first.message}"))
    return Done(message=message)


def _unmatched(spec: EcrLifecyclePolicySpec) -> str:
    if spec.repository_selector is None:
        return (
            "No EcrRepository names the policy in `lifecyclePolicyRef`, and there is no `repositorySelector`"
        )
    return "`repositorySelector` selects no EcrRepository, and none names the policy in `lifecyclePolicyRef`"


def _repositories(found: Collection[Standing]) -> str:
    return f"{len(found):,} repositor{'y' if len(found) == 1 else 'ies'}"


def _named(found: Collection[Standing], words: Callable[[Standing], str]) -> str:
    """The first in words, and how many more there are."""
    listed = [words(one) for one in nsmallest(NAMES_MAX, found, key=Standing.order)]
    more = [f"{len(found) - NAMES_MAX:,} more"] if len(found) > NAMES_MAX else []
    return ", ".join([*listed, *more])


def _detail(one: Standing) -> LifecycleDetail:
    return LifecycleDetail(
        name=one.name,
        state=one.state,
        expiring_images=one.expiring_images,
        in_use_images=one.in_use_images,
        message=one.message or None,
    )
