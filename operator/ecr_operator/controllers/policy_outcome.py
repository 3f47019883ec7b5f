"""What follows when AWS refused the repository's policy, or shows another one than was written."""

from datetime import timedelta

from ecr_operator.aws.policies import Seen
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.effects import Performed
from ecr_operator.controllers.memory import Memory
from ecr_operator.planning.changes import SetRepositoryPolicy
from ecr_operator.planning.plan import Outcome, Waiting
from ecr_operator.planning.principals import policy_refused
from ecr_operator.reasons import Reason

REFUSED = frozenset({Reason.PRINCIPAL_NOT_FOUND, Reason.INVALID_POLICY})


def policy_outcome(
    context: Context, registry: Registry, memory: Memory, generation: int, performed: Performed
) -> Outcome | None:
    """Waiting or Stalled; None: nothing is amiss with the policy that `performed` has sent."""
    error, change = performed.error, performed.refused
    if isinstance(change, SetRepositoryPolicy) and error is not None and error.reason in REFUSED:
        now = context.now()
        if memory.refused is None or memory.refused[0] != generation:
            memory.refused = (generation, now)
        return policy_refused(
            change,
            error.reason,
            error.message,
            place=registry.place,
            since=memory.refused[1],
            now=now,
            propagation=timedelta(seconds=context.settings.propagation_seconds),
        )
    if performed.seen == Seen.BEFORE:
        # Set again at the next look if it is still not there; less and less often.
        return Waiting(
            Reason.PROGRESSING,
            "AWS does not show the repository's policy yet that was just written",
            min(2.0 * 2 ** min(memory.waits, 4), 30.0),
        )
    return None
