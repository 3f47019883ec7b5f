"""Keeps the credentials of each EcrPullSecret fresh, and remembers what kept it from that."""

import logging

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.credentials import Credentials
from ecr_operator.controllers.handouts import Handout, Handouts
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.planning.naming import NoSuchHostError
from ecr_operator.planning.plan import Retrying, Stalled
from ecr_operator.planning.status import STALLED
from ecr_operator.reasons import Reason

log = logging.getLogger(__name__)


class Refresh:
    """For all EcrPullSecrets."""

    def __init__(self, context: Context, handouts: Handouts) -> None:
        self._context = context
        self._handouts = handouts
        self._credentials = Credentials(context)
        self._region = context.registry.region

    async def refresh(self, subject: PullSubject, handout: Handout) -> Stalled | Retrying | None:
        """Fresh credentials where they are due; what kept them from it."""
        spec, now = subject.credentials_hash(self._region), self._context.clock.now()
        if handout.content is None and handout.failure is None:
            # Right after a start.
            self._credentials.recover(subject, handout, now)
            if subject.status.condition(STALLED) is not None:
                # That it was refused is no answer to who has asked for new ones.
                handout.pending = subject.asked
        anew = _asks_anew(subject, handout)
        same = handout.spec == spec
        if same and not anew and handout.life is not None and not handout.life.is_due(now):
            handout.settle()
            return None
        asked = (spec, subject.asked)
        if (
            handout.retry_at is not None
            and self._context.monotonic() < handout.retry_at
            and handout.tried == asked
        ):
            return handout.failure
        at_once = anew and handout.tried != asked
        if handout.tried != asked:
            handout.tried, handout.renewed = asked, frozenset()
        try:
            refusal = await self._credentials.mint(subject, handout, anew=anew, at_once=at_once)
        except NoSuchHostError as error:
            # AWS was not asked, so there is no failure of it to wait out.
            handout.settle()
            return Stalled(Reason.UNSUPPORTED_SPEC, str(error))
        except AwsError as error:
            return self._failed(subject.name, handout, error)
        if refusal is not None:
            return self._failed(subject.name, handout, refusal, partly=True)
        handout.settle()
        handout.pending, handout.answered = None, subject.asked
        log.info("New credentials for EcrPullSecret %s", subject.name)
        if not same:
            self.forget_unused()
        return None

    def _failed(
        self, name: str, handout: Handout, error: AwsError, partly: bool = False
    ) -> Stalled | Retrying:
        if handout.failing_since is None:
            handout.failing_since = self._context.monotonic()
        last = ""
        if handout.life is not None:
            ended = handout.life.is_expired(self._context.clock.now())
            last = f"; the present credentials {'expired at' if ended else 'last until'} " + (
                f"{handout.life.expires:%Y-%m-%dT%H:%M:%SZ}"
            )
        if partly:
            last += "; those of the other registries are fresh"
        outcome = Stalled if error.kind == Kind.STALLED else Retrying
        handout.failure = outcome(error.reason, f"{error.message}{last}")
        self._context.metrics.reconcile_errors.labels("EcrPullSecret", error.reason).inc()
        log.warning("Failed to get credentials for EcrPullSecret %s%s: %s", name, last, error)
        return handout.failure

    def aws_answers(self) -> list[str]:
        """After an outage: those that may try again now, because their refresh had failed."""
        self._credentials.forgive()
        return self._handouts.failing()

    def forget_unused(self) -> None:
        """Forget the tokens, and end the sessions, that no EcrPullSecret needs any more."""
        self._credentials.keep(list(self._handouts.subjects()))


def _asks_anew(subject: PullSubject, handout: Handout) -> bool:
    """Whether the annotation asks for new credentials that it has not got yet.

    The status cannot tell alone: it says that a failure has been seen too, and is written later than
    credentials are handed out.
    """
    asks = subject.asked is not None and (subject.asks_anew or subject.asked == handout.pending)
    anew = asks and subject.asked != handout.answered
    handout.pending = subject.asked if anew else None
    return anew
