"""How far the lifecycle policy of a repository has got: what is decided, and how a status says it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ecr_operator.api.lifecycle_policy import LifecycleDeletionPolicy, LifecyclePolicyState
from ecr_operator.api.meta import ConditionStatus
from ecr_operator.api.repository_status import (
    EcrRepositoryStatus,
    LifecyclePreview,
    RepositoryLifecyclePolicy,
)
from ecr_operator.planning.changes import LIFECYCLE
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle_choice import INLINE
from ecr_operator.planning.lifecycle_gate import LifecycleGate
from ecr_operator.planning.plan import Done, Outcome, Stalled, Waiting
from ecr_operator.planning.status import with_condition
from ecr_operator.reasons import Reason

APPLIED = "LifecyclePolicyApplied"
"""The condition's type."""


@dataclass(frozen=True, slots=True)
class LifecycleProgress:
    """The default: the policy may be applied, and is then."""

    state: LifecyclePolicyState = LifecyclePolicyState.APPLIED
    reason: Reason = Reason.IN_SYNC
    message: str = "AWS holds the lifecycle policy"
    preview: LifecyclePreview | None = None
    after: float | None = None
    """Seconds until it wants to be looked at again."""
    takes_off: bool = False
    """The policy before it, which AWS holds, would act on images in use: that one goes at once."""

    @property
    def gate(self) -> LifecycleGate:
        """What a plan may do."""
        if self.takes_off:
            return LifecycleGate.WITHDRAWN
        match self.state:
            case LifecyclePolicyState.APPLIED:
                return LifecycleGate.OPEN
            case LifecyclePolicyState.WITHDRAWN:
                return LifecycleGate.WITHDRAWN
        return LifecycleGate.CLOSED

    @property
    def is_applied(self) -> bool:
        """Whether AWS holds the policy, once the plan is carried out."""
        return self.state == LifecyclePolicyState.APPLIED


def text_hash(text: str) -> str:
    """Equal for equal texts: ``status.lifecyclePolicy.hash``."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def with_lifecycle(
    status: EcrRepositoryStatus,
    desired: DesiredRepository,
    progress: LifecycleProgress,
    *,
    generation: int,
    now: datetime,
) -> EcrRepositoryStatus:
    """`status` that says how far the policy has got; nothing of one that is not managed."""
    before = status.lifecycle_policy
    if desired.lifecycle_source is None:
        status = status.model_copy(update={"lifecycle_policy": _left(status)})
        return with_condition(status, APPLIED, None, generation=generation, now=now)
    text = desired.lifecycle
    on_removal: LifecycleDeletionPolicy | None = desired.lifecycle_on_removal
    if desired.lifecycle_at_rest:
        if before and before.on_removal == LifecycleDeletionPolicy.RETAIN:
            # Of a policy that is gone, or not understood, nobody knows what it says: what it said stands.
            on_removal = LifecycleDeletionPolicy.RETAIN
    elif before and LIFECYCLE in (status.managed or ()) and not progress.is_applied:
        # What is to be taken off one day is the policy that AWS holds, not the one that waits.
        on_removal = before.on_removal
    entry = RepositoryLifecyclePolicy(
        source=desired.lifecycle_source,
        state=progress.state,
        hash=before.hash if text is None and before else text and text_hash(text),
        on_removal=on_removal,
        preview=progress.preview,
    )
    status = status.model_copy(update={"lifecycle_policy": entry})
    looks = progress.state == LifecyclePolicyState.PENDING and progress.reason == Reason.PROGRESSING
    value: ConditionStatus = "True" if progress.is_applied else "Unknown" if looks else "False"
    return with_condition(
        status, APPLIED, value, progress.reason, progress.message, generation=generation, now=now
    )


def _left(status: EcrRepositoryStatus) -> RepositoryLifecyclePolicy | None:
    """What is said of a policy that does not apply any more and is to stay in AWS.

    As long as the policy is recorded as managed, this alone keeps a plan from taking it off.
    """
    match status.lifecycle_policy:
        case RepositoryLifecyclePolicy(state=LifecyclePolicyState.UNMANAGED) as before:
            return before
        case RepositoryLifecyclePolicy(on_removal=LifecycleDeletionPolicy.RETAIN, state=state) as before:
            is_there = state == LifecyclePolicyState.APPLIED or (
                # Of a text that is not applied, the one before is there.
                state != LifecyclePolicyState.WITHDRAWN and LIFECYCLE in (status.managed or ())
            )
            left = before.model_copy(update={"state": LifecyclePolicyState.UNMANAGED, "preview": None})
            return left if is_there else None
    return None


def outcome_with(progress: LifecycleProgress, desired: DesiredRepository, outcome: Outcome) -> Outcome:
    """What comes of a reconcile whose plan for all else has come to `outcome`.

    The object that carries the rules is not ready while they are not applied; one that got them from an
    EcrLifecyclePolicy is, because nobody can mend anything on it.
    """
    if not isinstance(outcome, Done) or progress.is_applied or desired.lifecycle_source is None:
        return outcome
    if progress.reason == Reason.LIFECYCLE_POLICY_NOT_FOUND:
        return Waiting(progress.reason, progress.message, progress.after)
    if desired.lifecycle_source != INLINE:
        return outcome
    if progress.state == LifecyclePolicyState.PENDING:
        return Waiting(progress.reason, progress.message, progress.after)
    return Stalled(progress.reason, progress.message)
