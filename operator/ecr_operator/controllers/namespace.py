"""The reconcile of a Namespace: the Secrets and service-account entries that it should hold.

The key is the Namespace, not the EcrPullSecret: a new one never waits for the refresh of a thousand others.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.disputes import Disputes
from ecr_operator.controllers.handouts import Handouts, Reached
from ecr_operator.controllers.namespace_effects import Refused, perform, refusal
from ecr_operator.controllers.namespace_memory import Left, Memory
from ecr_operator.controllers.observed_namespace import observe
from ecr_operator.controllers.proof import Proof
from ecr_operator.kube.errors import Gone, KubeError, KubeUnavailable, Stale
from ecr_operator.kube.resources import NAMESPACES
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import Released, WantedSecret
from ecr_operator.planning.pull_secret import Failure, NamespacePlan, owners_to_look_up, plan_namespace
from ecr_operator.planning.secret_changes import PatchServiceAccount, owners_of
from ecr_operator.reasons import Reason

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a reconcile plans again at once, when something changes under it."""
FIRST_RECHECK = 5.0
"""Seconds after which a namespace that has failed is looked at again first; they grow."""
UNANSWERED_REPORTED = 2
"""From this many writes in a row without an answer on it is a failure of the namespace."""
LONGEST_UNANSWERED = 30.0
"""Seconds after which a write without an answer is tried again at the latest.

It was more likely an API server that is back by now than a webhook that hangs, and users wait.
"""
PASSING_REPORTED = 2
"""From this many in a row on, a "busy" or a conflict over nothing is a failure of the namespace."""

OnNews = Callable[[str], None]
"""Told the name of an EcrPullSecret that has got further in a namespace, or has failed there."""


class NamespaceController:
    """`reconcile` is what the workers call for a namespace's name."""

    def __init__(self, context: Context, handouts: Handouts, proof: Proof, on_news: OnNews) -> None:
        self._context = context
        self._handouts = handouts
        self._proof = proof
        self._on_news = on_news
        self._memories: dict[str, Memory] = {}
        self._disputes = Disputes(context, handouts)

    async def reconcile(self, name: str) -> float | None:
        """Look at one namespace; returns the seconds until the next look, None: at the next change.

        Raises what passes by itself: the queue tries again with growing delay.
        """
        namespace, uid = self._handouts.namespace(name), self._uid(name)
        memory = self._memories.get(name)
        if namespace is None or (memory is not None and memory.uid != uid):
            # What was known is of a namespace that is gone, though its name may be in use again.
            self._forget(name)
        if namespace is None:
            return None
        memory = self._memories.setdefault(name, Memory(uid))
        # What was in the way may be gone: it is met again where it is not.
        memory.in_the_way.clear()
        for _ in range(ATTEMPTS):
            try:
                return await self._look(namespace, memory)
            except Stale:
                continue
            except Gone:
                return await self._absent(namespace, memory)
        raise Stale(409, "Conflict", f"Namespace {name} changed {ATTEMPTS} times during the reconcile")

    def _uid(self, name: str) -> str | None:
        obj = self._context.store.get(NAMESPACES.plural, None, name)
        return None if obj is None else str(obj["metadata"]["uid"])

    async def _absent(self, namespace: Namespace, memory: Memory) -> float | None:
        """A write has found no such namespace."""
        if memory.uid is not None:
            self._forget(namespace.name)
            return None
        # Namespaces are not seen: nothing would tell of its creation.
        message = f"There is no namespace {namespace.name}"
        failures = [
            Failure(namespace.name, one.owner, Reason.WRITE_REFUSED, message)
            for one in self._handouts.wanted_in(namespace)
        ]
        self._reached(namespace.name, {}, failures)
        return self._recheck(memory, self._context.settings.stalled_recheck_seconds)

    async def _look(self, namespace: Namespace, memory: Memory) -> float | None:
        observed = observe(self._context.store, namespace, memory.in_the_way)
        wanted = self._handouts.wanted_in(namespace, observed)
        marks = self._marks(wanted)
        names = owners_to_look_up(wanted, observed)
        released = await self._proof.released(names, namespace) if names else {}
        plan = plan_namespace(
            wanted, observed, released=released, contested=self._disputes.of(namespace.name, wanted)
        )
        if plan.changes and await self._disputes.noticed(namespace.name, plan, observed):
            plan = plan_namespace(
                wanted, observed, released=released, contested=self._disputes.of(namespace.name, wanted)
            )
        left = Left()
        try:
            await self._perform(namespace.name, plan, memory, left)
            rest = self._rest_of(plan, wanted, left, namespace, released, memory)
            await self._perform(namespace.name, rest, memory, left)
        except KubeUnavailable as error:
            return self._unanswered(namespace.name, memory, wanted, error)
        memory.unanswered = 0
        ready = {owner: marks[owner] for owner in plan.ready if owner in marks and owner not in left.owners}
        failures = [*plan.failures, *left.refused]
        self._reached(namespace.name, ready, [*failures, *self._still_failed(namespace.name, failures, left)])
        if left.passing is not None:
            raise left.passing
        return self._next_look(namespace.name, memory, failures, wanted)

    def _still_failed(self, namespace: str, failures: Iterable[Failure], left: Left) -> Iterable[Failure]:
        """What was reported before of those of which nothing new can be said yet."""
        silent = left.owners - {failure.owner for failure in failures}
        return [one for one in self._handouts.reached(namespace).failures if one.owner in silent]

    def _rest_of(
        self,
        plan: NamespacePlan,
        wanted: Collection[WantedSecret],
        left: Left,
        namespace: Namespace,
        released: Mapping[str, Released],
        memory: Memory,
    ) -> NamespacePlan:
        """What is left of the service accounts for the others, where a Secret was refused.

        A Secret that is not there is not named, but accounts are patched for all EcrPullSecrets at once.
        """
        failed = left.owners
        skipped = any(
            isinstance(change, PatchServiceAccount) and change.owners & failed and change.owners - failed
            for change in plan.changes
        )
        if not skipped:
            return NamespacePlan()
        others = [one for one in wanted if one.owner not in failed]
        observed = observe(self._context.store, namespace, memory.in_the_way)
        again = plan_namespace(
            others, observed, released=released, contested=self._disputes.of(namespace.name, others)
        )
        accounts = tuple(change for change in again.changes if isinstance(change, PatchServiceAccount))
        return NamespacePlan(tuple(change for change in accounts if not change.owners & failed))

    async def _perform(self, namespace: str, plan: NamespacePlan, memory: Memory, left: Left) -> None:
        """Make the changes; those that the API server does not make are `left`, for their owners alone."""
        for change in plan.changes:
            owners = owners_of(change)
            if owners & left.owners:
                continue
            await self._proof.unchanged(owners)
            what = change.describe()
            try:
                await perform(self._context, change, memory.met)
            except Refused as error:
                left.refuse(namespace, owners, error.reason, error.message)
            except (Stale, Gone, KubeUnavailable):
                raise
            except KubeError as error:
                memory.passing[what] = memory.passing.get(what, 0) + 1
                if memory.passing[what] < PASSING_REPORTED:
                    left.postpone(owners, error)
                else:
                    refused = refusal(change, error)
                    left.refuse(namespace, owners, refused.reason, refused.message)
            else:
                memory.passing.pop(what, None)
                self._disputes.made(namespace, change)

    def _unanswered(
        self, namespace: str, memory: Memory, wanted: Collection[WantedSecret], error: KubeUnavailable
    ) -> float:
        """A webhook that hangs looks like an API server that is down; the latter passes."""
        memory.unanswered += 1
        if memory.unanswered < UNANSWERED_REPORTED:
            raise error
        message = f"Failed to write: {error}; an admission webhook may hang"
        failures = [Failure(namespace, one.owner, Reason.WRITE_REFUSED, message) for one in wanted]
        self._reached(namespace, {}, failures)
        log.warning("Failed to write in namespace %s: %s", namespace, error)
        # No longer as fresh as a new namespace: these are not to wait for it.
        return self._recheck(memory, min(LONGEST_UNANSWERED, self._context.settings.backoff_max_seconds))

    def _marks(self, wanted: Iterable[WantedSecret]) -> dict[str, str]:
        given = (one.owner for one in wanted if one.data is not None)
        subjects = filter(None, map(self._handouts.subject, given))
        marks = ((subject.name, self._handouts.mark(subject)) for subject in subjects)
        return {name: mark for name, mark in marks if mark is not None}

    def _reached(self, namespace: str, ready: Mapping[str, str], failures: Iterable[Failure]) -> None:
        for owner in self._handouts.set_reached(namespace, Reached(ready, tuple(failures))):
            self._on_news(owner)

    def _next_look(
        self,
        namespace: str,
        memory: Memory,
        failures: Collection[Failure],
        wanted: Collection[WantedSecret],
    ) -> float | None:
        waits = self._disputes.next_look(namespace, wanted)
        if not any(failure.reason != Reason.NAMESPACE_TERMINATING for failure in failures):
            memory.failures = 0
            memory.passing.clear()
            return waits
        seconds = self._recheck(memory, self._context.settings.stalled_recheck_seconds)
        return seconds if waits is None else min(seconds, waits)

    def _recheck(self, memory: Memory, longest: float) -> float:
        memory.failures += 1
        seconds = min(longest, FIRST_RECHECK * 2.0 ** min(memory.failures - 1, 20))
        return self._context.jittered(seconds)

    def _forget(self, name: str) -> None:
        self._memories.pop(name, None)
        self._disputes.forget(name)
        for owner in self._handouts.set_reached(name, None):
            self._on_news(owner)
