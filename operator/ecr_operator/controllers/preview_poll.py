"""A look at a preview that AWS is still at: one call, where the whole repository would take four."""

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.lifecycle_preview import preview_state
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning.lifecycle_preview import Look, Poll, judged, next_step
from ecr_operator.planning.lifecycle_progress import text_hash
from ecr_operator.planning.lifecycle_protection import needs_preview
from ecr_operator.planning.plan import Waiting
from ecr_operator.reasons import Reason

_LOOKED_FOR = (LifecyclePolicyState.PENDING, LifecyclePolicyState.HELD)


async def poll(subject: Subject, registry: Registry, memory: LifecycleMemory, now: float) -> Waiting | None:
    """What is left to wait for, while the status says so already; None: the reconcile is to go on.

    `now` is monotonic. What AWS has answered at the end is kept for the reconcile.
    """
    run, text = memory.run, subject.desired.lifecycle
    if run is None or text is None or memory.answer is not None or not _is_told(subject, text):
        return None
    if not needs_preview(subject.desired.lifecycle_protection, new=False, empty=False):
        return None
    step = next_step(text, run, now, float("inf"))
    if isinstance(step, Look):
        try:
            state = await preview_state(registry.session, subject.desired.name)
        except AwsError:
            # The reconcile asks again, and says what is wrong.
            return None
        memory.run, answer = judged(run, state, now)
        if not isinstance(answer, Poll):
            memory.answer = answer
            return None
        step = answer
    if not isinstance(step, Poll):
        return None
    return Waiting(Reason.PROGRESSING, "AWS previews the lifecycle policy", step.after)


def _is_told(subject: Subject, text: str) -> bool:
    """Whether there is nothing to say, and nobody asks."""
    before = subject.status.lifecycle_policy
    return (
        before is not None
        and before.state in _LOOKED_FOR
        and (before.source, before.hash) == (subject.desired.lifecycle_source, text_hash(text))
        and subject.status.observed_generation == subject.generation
        and not subject.asks_anew
    )
