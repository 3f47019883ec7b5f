"""What follows when AWS refused the repository's policy, or shows another one than was written."""

from datetime import timedelta

from ecr_operator.aws.policies import POLICY_CHANGED, Seen
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.effects import Performed
from ecr_operator.controllers.memory import Memory
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning.changes import SetRepositoryPolicy
from ecr_operator.planning.plan import Outcome, Waiting
from ecr_operator.planning.principals import policy_refused
from ecr_operator.planning.status import STALLED
from ecr_operator.reasons import Reason

REFUSED = frozenset({Reason.PRINCIPAL_NOT_FOUND, Reason.INVALID_POLICY})


CONTENDED = 3
"""How often in a row a policy is planned again at once when somebody else changes it."""
OTHERS = "Somebody else keeps changing the repository's policy"


def policy_outcome(
    context: Context, registry: Registry, memory: Memory, subject: Subject, performed: Performed
) -> Outcome | None:
    """Waiting or Stalled; None: nothing is amiss with the policy, or it is to be planned again at once."""
    error, change, now = performed.error, performed.refused, context.now()
    propagation = timedelta(seconds=context.settings.propagation_seconds)
    if isinstance(change, SetRepositoryPolicy) and error is not None and error.reason in REFUSED:
        if memory.refused is None or memory.refused[0] != subject.generation:
            said = subject.status.condition(STALLED)
            before = said and said.reason in REFUSED and said.observed_generation == subject.generation
            # What was said before a restart need not be waited for again.
            memory.refused = (subject.generation, now - propagation if before else now)
        return policy_refused(
            change,
            error.reason,
            error.message,
            place=registry.place,
            since=memory.refused[1],
            now=now,
            propagation=propagation,
        )
    # Tried again at the next look; less and less often.
    after = min(2.0 * 2 ** min(memory.waits, 4), 30.0)
    if performed.seen == Seen.BEFORE:
        memory.unseen_since = memory.unseen_since or now
        if now < memory.unseen_since + propagation:
            what = "AWS does not show the repository's policy yet that was just written"
            return Waiting(Reason.PROGRESSING, what, after)
        return Waiting(Reason.PROGRESSING, f"{OTHERS} back; it is set again")
    if performed.seen == Seen.OTHER or (error is not None and error.code == POLICY_CHANGED):
        memory.contended += 1
        if memory.contended >= CONTENDED:
            return Waiting(Reason.PROGRESSING, f"{OTHERS}; it is merged again", after)
    return None
