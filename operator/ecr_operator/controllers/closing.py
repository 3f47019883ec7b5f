"""How a reconcile of an EcrRepository ends: one status write, the event of a transition, a memory."""

from dataclasses import replace
from datetime import timedelta

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.controllers import report
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.effects import Performed
from ecr_operator.controllers.figures import Figures
from ecr_operator.controllers.memory import Memories, Memory
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning.changes import LIFECYCLE
from ecr_operator.planning.drift import with_facts
from ecr_operator.planning.lifecycle import canonical_text
from ecr_operator.planning.lifecycle_progress import LifecycleProgress, outcome_with, with_lifecycle
from ecr_operator.planning.managed import managed_after
from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Waiting
from ecr_operator.planning.status import (
    READY,
    is_ready,
    outcome_status,
    with_managed,
    without_repository,
)
from ecr_operator.reasons import Reason

NOT_OURS = frozenset({Reason.REPOSITORY_NOT_OURS, Reason.REPOSITORY_OWNED_BY_ANOTHER})


class Closing:
    """`close` ends a reconcile with an outcome, `failed` with an error of AWS."""

    def __init__(self, context: Context, memories: Memories, figures: Figures) -> None:
        self._context = context
        self._memories = memories
        self._figures = figures
        self._propagation = timedelta(seconds=context.settings.propagation_seconds)

    def remember(self, subject: Subject) -> Memory:
        """What is remembered of the object."""
        memory = self._memories.of(subject.obj)
        ready = subject.status.condition(READY)
        if memory.adopting_since is None and ready and ready.reason == Reason.ADOPTING:
            # After a restart: when the tag was written is not known, at the latest it was just now.
            memory.adopting_since = self._context.now()
        return memory

    async def close(self, subject: Subject, outcome: Outcome, performed: Performed | None = None) -> Outcome:
        """The closing status write, and the event of a transition."""
        memory = self.remember(subject)
        memory.failing_since = memory.look_after = None
        if getattr(outcome, "reason", None) != Reason.ADOPTING:
            memory.adopting_since = None
        if isinstance(outcome, Done):
            memory.refused = memory.unseen_since = None
            memory.contended = 0
        progress = None if performed is None else _got(subject, performed, outcome)
        is_done = isinstance(outcome, Done)
        if progress is not None:
            outcome = outcome_with(progress, subject.desired, outcome)
            memory.look_after = self._look_after(progress)
        status = outcome_status(
            subject.status,
            outcome,
            generation=subject.generation,
            now=self._context.now(),
            handled=subject.asked,
        )
        if performed is None:
            return await self._written(subject, outcome, status)
        if isinstance(outcome, Stalled) and outcome.reason in NOT_OURS:
            # What another owns is not ours to take back later, nor for readers of the status to use.
            # A tag that is only gone may come back.
            lost = outcome.reason == Reason.REPOSITORY_NOT_OURS
            status = with_managed(without_repository(status), performed.managed if lost else ())
            return await self._written(subject, outcome, status)
        managed = performed.managed
        if is_done:
            in_sync = progress is None or progress.is_applied
            if not subject.desired.observe:
                follows = in_sync and not subject.desired.lifecycle_at_rest
                managed = managed_after(subject.desired, None if follows else LIFECYCLE in managed)
            if in_sync and isinstance(outcome, Done):
                status = status.model_copy(update={"applied_hash": subject.desired.applied_hash()})
        status = with_managed(status, managed)
        status = self._with_facts(subject, status, performed, progress)
        if (
            performed.observed is None
            and isinstance(outcome, Waiting)
            and outcome.reason == Reason.REPOSITORY_NOT_FOUND
        ):
            status = without_repository(status)
        return await self._written(subject, outcome, status)

    async def failed(self, subject: Subject, error: AwsError, performed: Performed | None) -> Outcome:
        """AWS refused or did not answer. Raises `error` where only time can mend it."""
        memory, now = self.remember(subject), self._context.now()
        # With `iam-policy --owned-only` all rights hang on the owner tag, and IAM learns of a new one late.
        settling = error.reason == Reason.ACCESS_DENIED and memory.is_settling(now, self._propagation)
        if error.kind == Kind.STALLED and not settling:
            return await self.close(subject, Stalled(error.reason, error.message), performed)
        memory.failing_since = memory.failing_since or now
        lasting = now - memory.failing_since >= timedelta(seconds=self._context.settings.transient_seconds)
        status = subject.status
        if lasting or not is_ready(status, subject.generation):
            outcome = Retrying(error.reason, error.message)
            status = outcome_status(status, outcome, generation=subject.generation, now=now)
            report.announce_outcome(self._context, subject, outcome)
        if performed is not None:
            status = with_managed(status, performed.managed)
            status = self._with_facts(subject, status, performed, None)
        await report.write(self._context, subject.obj, status)
        raise error

    def _with_facts(
        self,
        subject: Subject,
        status: EcrRepositoryStatus,
        performed: Performed,
        progress: LifecycleProgress | None,
    ) -> EcrRepositoryStatus:
        memory, observed = self._memories.of(subject.obj).lifecycle, performed.observed
        if observed is not None:
            status = with_facts(status, observed, subject.desired, Place.of_arn(observed.arn))
            if observed.known.lifecycle:
                ours = LIFECYCLE in performed.managed
                memory.in_force = canonical_text(observed.lifecycle_policy) if ours else None
        if progress is not None:
            # By what was recorded until now: a policy that is left there is about to be recorded no more.
            now, managed = self._context.now(), status.managed
            status = with_lifecycle(
                with_managed(status, performed.managed),
                subject.desired,
                progress,
                generation=subject.generation,
                now=now,
            )
            status = with_managed(status, managed or ())
        if observed is not None:
            status = self._figures.shown(subject, status, subject.generation)
        return status

    def _look_after(self, progress: LifecycleProgress) -> float | None:
        if progress.after is None or progress.is_applied:
            return None
        if progress.state == LifecyclePolicyState.HELD:
            return self._context.jittered(progress.after, 0.5)
        return progress.after

    async def _written(self, subject: Subject, outcome: Outcome, status: EcrRepositoryStatus) -> Outcome:
        await report.write(self._context, subject.obj, status)
        report.announce_outcome(self._context, subject, outcome)
        report.announce_lifecycle(self._context, subject, status)
        self._figures.announce(subject, status)
        return outcome


def _got(subject: Subject, performed: Performed, outcome: Outcome) -> LifecycleProgress | None:
    """How far the policy has got, now that the plan was carried out as far as it was."""
    progress, observed, text = performed.progress, performed.observed, subject.desired.lifecycle
    if progress is None or text is None or not progress.is_applied:
        return progress
    if observed is not None and canonical_text(observed.lifecycle_policy) == text:
        return progress
    reason = getattr(outcome, "reason", Reason.PROGRESSING)
    message = getattr(outcome, "message", "The lifecycle policy is not applied yet")
    return replace(progress, state=LifecyclePolicyState.PENDING, reason=reason, message=message)
