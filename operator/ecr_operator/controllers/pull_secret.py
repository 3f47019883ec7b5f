"""The reconcile of an EcrPullSecret: credentials that are fresh, namespaces that are told, and a status.

It writes no Secret itself: its namespaces do, each for itself.
"""

from collections.abc import Callable
from datetime import datetime

from ecr_operator.api.pull_secret import EcrPullSecretStatus
from ecr_operator.controllers import pull_report
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.entries import Entries
from ecr_operator.controllers.handouts import Handout, Handouts
from ecr_operator.controllers.observed_namespace import BY_OWNER, BY_RECORD
from ecr_operator.controllers.proof import Proof
from ecr_operator.controllers.pull_refresh import Refresh
from ecr_operator.controllers.pull_refusal import refusal_of
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.controllers.subject import Json, UnsupportedSpecError, has_finalizer, is_deleting
from ecr_operator.kube.errors import Gone, KubeError, Stale, says_absent
from ecr_operator.kube.finalizer import remove_finalizer
from ecr_operator.kube.paths import object_path
from ecr_operator.kube.resources import PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS
from ecr_operator.planning.plan import Outcome, Retrying, Stalled, Suspended, Waiting
from ecr_operator.planning.pull_secret_record import is_news, pull_secret_status, recorded_life
from ecr_operator.planning.pull_secret_status import NamespacesSummary, summary
from ecr_operator.planning.status import READY, is_ready, outcome_status
from ecr_operator.planning.token_life import RETRY_FLOOR
from ecr_operator.reasons import Reason

ATTEMPTS = 5
SUMMARY_SECONDS = 10.0
"""While namespaces are being written the status tells of it at most this often."""
DELETION_SECONDS = 5.0
"""How often service accounts are looked at again that a deletion waits for."""

CLOCK_SECONDS = 600.0
"""Moments are reckoned anew this often."""

Tell = Callable[[str, bool], None]
"""Makes a namespace be looked at; True: before those that are only refreshed."""


class PullSecretController:
    """`reconcile` is what the workers call for an EcrPullSecret's name."""

    def __init__(
        self, context: Context, handouts: Handouts, proof: Proof, refresh: Refresh, tell: Tell
    ) -> None:
        self._context = context
        self._handouts = handouts
        self._proof = proof
        self._tell = tell
        self._refresh = refresh
        self._entries = Entries(context, handouts)
        self._region = context.registry.region

    async def reconcile(self, name: str) -> float | None:
        """Look at one object; returns the seconds until the next look.

        Raises what passes by itself: the queue tries again with growing delay.
        """
        for _ in range(ATTEMPTS):
            obj = self._context.store.get(PULL_SECRETS.plural, None, name)
            if obj is None:
                self._gone(name)
                return None
            try:
                return await self._look(obj)
            except Stale:
                self._proof.forget(name)
                await self._read_again(obj)
            except Gone:
                self._context.store.remove(PULL_SECRETS.plural, None, name, obj["metadata"]["uid"])
        raise Stale(409, "Conflict", f"The object changed {ATTEMPTS} times during the reconcile")

    async def _read_again(self, obj: Json) -> None:
        """The watch may take a while to show what a write of ours has met."""
        try:
            self._context.store.put(PULL_SECRETS.plural, await self._context.client.get(object_path(obj)))
        except KubeError as error:
            metadata = obj["metadata"]
            if not says_absent(error, metadata["name"]):
                raise
            self._context.store.remove(PULL_SECRETS.plural, None, metadata["name"], metadata["uid"])

    async def _look(self, obj: Json) -> float | None:
        try:
            subject = PullSubject.of(obj)
        except UnsupportedSpecError as error:
            return await self._unsupported(obj, str(error))
        if subject.is_deleting:
            return await self._release(subject)
        handout = self._handouts.of(subject)
        if subject.spec.is_suspended:
            return await self._close(subject, handout, Suspended())
        refusal = refusal_of(subject, self._context.settings)
        if refusal is not None:
            # AWS is not asked again, so there is no failure of it to wait out.
            handout.settle()
            # Who is selected no more loses its Secret all the same.
            self._tell_namespaces(subject, handout)
            return await self._close(subject, handout, refusal)
        subject = await self._entries.with_finalizer(subject)
        if handout.content is not None and handout.spec == subject.credentials_hash(self._region):
            # A change that has nothing to do with credentials does not wait for AWS.
            self._tell_namespaces(subject, handout)
        failure = await self._refresh.refresh(subject, handout)
        self._tell_namespaces(subject, handout)
        return await self._close(subject, handout, failure)

    # Namespaces

    def _tell_namespaces(self, subject: PullSubject, handout: Handout) -> None:
        """Have all namespaces looked at that may have to change."""
        told = (subject.generation, handout.hash, handout.spec)
        if told == handout.told:
            return
        handout.told = told
        for namespace in sorted(self._handouts.selected_by(subject) | self._concerned(subject.name)):
            # Behind new namespaces, even after a user's edit: a thousand of these may take seconds, or hang.
            self._tell(namespace, False)

    def _concerned(self, name: str) -> frozenset[str]:
        """The namespaces that hold something of an EcrPullSecret, or did when they were last looked at."""
        store = self._context.store
        keys = store.by_index(SECRETS.plural, BY_OWNER, name)
        if self._context.settings.service_accounts:
            keys += store.by_index(SERVICE_ACCOUNTS.plural, BY_RECORD, name)
        return self._handouts.where(name) | {namespace for namespace, _ in keys}

    def _gone(self, name: str) -> None:
        """Its Secrets are the garbage collector's; others that want the same names may go on."""
        self._proof.forget(name)
        for namespace in sorted(self._concerned(name)):
            self._tell(namespace, True)
        self._handouts.forget(name)
        self._refresh.forget_unused()

    async def _release(self, subject: PullSubject) -> float | None:
        """Let a deleted object go when nothing is left that no garbage collector takes."""
        if not subject.has_finalizer:
            return None
        left = [] if subject.spec.is_suspended else self._entries.left(subject)
        if not left:
            await remove_finalizer(self._context.client, subject.obj)
            return None
        for namespace in sorted({namespace for namespace, _ in left}):
            self._tell(namespace, True)
        first = "/".join(min(left))
        outcome = Waiting(
            Reason.PROGRESSING,
            f"{len(left)} service accounts still name the Secret, such as {first}; if it cannot be taken out "
            "of them, `deletionPolicy: Retain` lets this object go without that",
        )
        await self._close(subject, self._handouts.of(subject), outcome)
        return DELETION_SECONDS

    # Status

    async def _close(self, subject: PullSubject, handout: Handout, outcome: Outcome | None) -> float | None:
        """The status write, if it is time for one; the seconds until the next look."""
        now, monotonic = self._context.clock.now(), self._context.monotonic()
        sums = self._summary(subject)
        ready = is_ready(subject.status, subject.generation)
        if isinstance(outcome, Retrying) and ready and not self._lasts(handout, monotonic):
            # A passing failure of what was in sync is no news for a while.
            outcome = None
        if outcome is None:
            outcome = sums.outcome(was_ready=ready)
        # A suspended object's status does not tell of namespaces.
        settled = sums.is_settled or isinstance(outcome, Suspended)
        status = pull_secret_status(
            subject.status,
            outcome,
            subject.facts(handout.held()),
            sums,
            generation=subject.generation,
            now=now,
            # A retry has answered nothing yet, whether Ready says so or not.
            handled=None if isinstance(handout.failure, Retrying) else subject.asked,
        )
        waits = handout.summed_at + SUMMARY_SECONDS - monotonic
        said = subject.status.condition(READY)
        reason = getattr(outcome, "reason", Reason.SUSPENDED)
        repeats = said is not None and (said.reason, said.observed_generation) == (reason, subject.generation)
        if repeats and not settled and waits > 0 and not is_news(subject.status, status):
            return self._next_look(subject, handout, now, waits)
        await pull_report.write(self._context, subject.obj, status)
        pull_report.announce(self._context, subject, outcome, status)
        handout.summed_at = monotonic
        return self._next_look(subject, handout, now, None if settled else SUMMARY_SECONDS)

    def _summary(self, subject: PullSubject) -> NamespacesSummary:
        return summary(
            subject.name,
            self._handouts.selected_by(subject),
            self._handouts.ready_in(subject),
            self._handouts.failures_of(subject.name),
        )

    def _lasts(self, handout: Handout, monotonic: float) -> bool:
        since = monotonic if handout.failing_since is None else handout.failing_since
        return monotonic - since >= self._context.settings.transient_seconds

    def _next_look(
        self, subject: PullSubject, handout: Handout, now: datetime, summary_in: float | None
    ) -> float | None:
        suspended = subject.spec.is_suspended
        moments: list[datetime] = []
        life = handout.life or recorded_life(subject.status)
        if life is not None:
            moments += [life.warning, life.expires]
            if not suspended and handout.retry_at is None:
                moments.append(life.refresh)
        seconds = [(moment - now).total_seconds() for moment in moments if moment > now]
        if handout.retry_at is not None and not suspended:
            waits = handout.retry_at - self._context.monotonic()
            # A moment that went by while the status was written: to look at once would be to spin, should
            # nothing have asked AWS again.
            seconds.append(waits if waits > 0 else RETRY_FLOOR)
        if summary_in is not None:
            seconds.append(summary_in)
        if life is not None:
            # The clock that said `now` may have been put right since.
            seconds.append(CLOCK_SECONDS)
        # Not before the moment: a look too early would find nothing to do.
        return min(seconds) + 0.01 if seconds else None

    async def _unsupported(self, obj: Json, message: str) -> float | None:
        if is_deleting(obj):
            if has_finalizer(obj):
                await remove_finalizer(self._context.client, obj)
            return None
        outcome = Stalled(Reason.UNSUPPORTED_SPEC, message)
        status = outcome_status(
            EcrPullSecretStatus.from_json(obj.get("status")),
            outcome,
            generation=obj["metadata"]["generation"],
            now=self._context.clock.now(),
        )
        await pull_report.write(self._context, obj, status)
        return None
