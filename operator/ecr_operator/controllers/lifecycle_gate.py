"""What may be done to a repository's lifecycle policy: at a change, and as long as it is in force."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecyclePolicyState
from ecr_operator.api.repository_status import LifecyclePreview
from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.controllers.lifecycle_preview import Previews
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning.changes import LIFECYCLE
from ecr_operator.planning.image_reading import describe
from ecr_operator.planning.lifecycle import canonical_text, same_lifecycle
from ecr_operator.planning.lifecycle_progress import APPLIED, LifecycleProgress, text_hash
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.reasons import Reason

_REASONS: Final = frozenset(Reason)


class LifecycleGates:
    """`progress` is asked in each reconcile, before its plan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._previews = Previews(context)

    async def progress(
        self,
        subject: Subject,
        registry: Registry,
        observed: ObservedRepository | None,
        memory: LifecycleMemory,
    ) -> LifecycleProgress:
        """How far the policy gets in this reconcile. Raises `AwsError`."""
        desired = subject.desired
        if desired.lifecycle_at_rest:
            return self._at_rest(subject)
        text = desired.lifecycle
        if text is None:
            memory.forget_preview()
            return LifecycleProgress()
        if observed is None or not observed.known.lifecycle:
            # A new repository holds nothing that a policy could take, and one that is not ours yet gets none.
            return LifecycleProgress()
        there = observed.lifecycle_policy
        ours = there is not None and (
            LIFECYCLE in (subject.status.managed or ()) or same_lifecycle(text, there)
        )
        holds = desired.lifecycle_protection.effective_images_in_use == ImagesInUse.HOLD
        reading = memory.reading
        endangered = ours and holds and reading is not None and reading.endangers(canonical_text(there))
        if endangered and same_lifecycle(text, there):
            memory.free_since = None
            risks = reading.risks if reading is not None else None
            return _withdrawn(describe(risks or ()), self._preview_of(subject))
        if same_lifecycle(text, there):
            memory.forget_preview()
            return self._applied(subject)
        # After a crash it is off already, and the status does not say so yet.
        lost = reading is not None and reading.endangers(text)
        if there is None and holds and (lost or self._was_withdrawn(subject)):
            waiting = self._withdrawn(subject, memory)
            if waiting is not None:
                return waiting
        progress = await self._previews.judge(subject, registry, observed, memory)
        # What endangers images is another policy than the one that is judged, which may be the remedy.
        return replace(progress, takes_off=endangered and not progress.is_applied)

    def refused(self, subject: Subject, error: AwsError, memory: LifecycleMemory) -> LifecycleProgress:
        """How far it has got when AWS has not taken it."""
        return self._previews.refused(subject, error, memory)

    @staticmethod
    def _at_rest(subject: Subject) -> LifecycleProgress:
        """Nothing changes: what was said stays, but for a policy that does not exist."""
        desired, before = subject.desired, subject.status.lifecycle_policy
        condition = subject.status.condition(APPLIED)
        if desired.lifecycle_missing:
            message = f"`lifecyclePolicyRef`: {desired.lifecycle_at_rest}; what AWS holds stays as it is"
            state = LifecyclePolicyState.PENDING
            return LifecycleProgress(state, Reason.LIFECYCLE_POLICY_NOT_FOUND, message)
        # Of what was not decided yet, the reason is now another one.
        known = before is not None and before.state != LifecyclePolicyState.PENDING
        # Nor of what another version of the operator has said.
        known = known and condition is not None and condition.reason in _REASONS
        if before is None or not known or condition is None or before.source != desired.lifecycle_source:
            message = f"{desired.lifecycle_at_rest}; what AWS holds stays as it is"
            return LifecycleProgress(LifecyclePolicyState.PENDING, Reason.SUSPENDED, message)
        return LifecycleProgress(before.state, Reason(condition.reason), condition.message, before.preview)

    def _applied(self, subject: Subject) -> LifecycleProgress:
        """AWS holds it; what a preview has said of it is still of interest."""
        preview, condition = self._preview_of(subject), subject.status.condition(APPLIED)
        if preview is not None and condition is not None and condition.status == "True":
            return LifecycleProgress(message=condition.message, preview=preview)
        return LifecycleProgress(preview=preview)

    def _withdrawn(self, subject: Subject, memory: LifecycleMemory) -> LifecycleProgress | None:
        """While a policy that was taken off stays off; None: it has been free for long enough."""
        condition, reading = subject.status.condition(APPLIED), memory.reading
        said = condition.message if condition is not None else ""
        preview = self._preview_of(subject)
        if reading is None or reading.judged != subject.desired.lifecycle or reading.risks is None:
            memory.free_since = None
            return _withdrawn(said, preview)
        if reading.risks:
            memory.free_since = None
            return _withdrawn(describe(reading.risks), preview)
        memory.free_since = memory.free_since or reading.at
        free = self._context.now() - memory.free_since
        rest = timedelta(seconds=self._context.settings.put_back_seconds) - free
        if rest <= timedelta():
            return None
        return _withdrawn(said, preview, rest.total_seconds())

    @staticmethod
    def _was_withdrawn(subject: Subject) -> bool:
        before, text = subject.status.lifecycle_policy, str(subject.desired.lifecycle)
        return (
            before is not None
            and before.state == LifecyclePolicyState.WITHDRAWN
            and before.hash == text_hash(text)
        )

    @staticmethod
    def _preview_of(subject: Subject) -> LifecyclePreview | None:
        before, text = subject.status.lifecycle_policy, str(subject.desired.lifecycle)
        return before.preview if before is not None and before.hash == text_hash(text) else None


def _withdrawn(
    message: str, preview: LifecyclePreview | None, after: float | None = None
) -> LifecycleProgress:
    return LifecycleProgress(
        LifecyclePolicyState.WITHDRAWN, Reason.IMAGES_IN_USE, message, preview, after=after
    )
