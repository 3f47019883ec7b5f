"""The reconcile of a Namespace: the Secrets and service-account entries that it should hold.

The key is the Namespace, not the EcrPullSecret: a new one never waits for the refresh of a thousand others.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.disputes import Disputes
from ecr_operator.controllers.handouts import Handouts, Reached
from ecr_operator.controllers.namespace_effects import Refused, perform
from ecr_operator.controllers.observed_namespace import observe
from ecr_operator.controllers.proof import Proof
from ecr_operator.controllers.subject import Json
from ecr_operator.kube.errors import Gone, Stale
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import WantedSecret
from ecr_operator.planning.pull_secret import Failure, NamespacePlan, owners_to_look_up, plan_namespace
from ecr_operator.planning.secret_changes import owners_of
from ecr_operator.planning.secret_data import content_hash
from ecr_operator.reasons import Reason

ATTEMPTS = 5
"""How often a reconcile plans again at once, when something changes under it."""
FIRST_RECHECK = 5.0
"""Seconds after which a namespace that has failed is looked at again first; they grow."""

OnNews = Callable[[str], None]
"""Told the name of an EcrPullSecret that has got further in a namespace, or has failed there."""


@dataclass
class Memory:
    """What is remembered of a namespace between reconciles; a restart may lose it."""

    in_the_way: dict[str, Json] = field(default_factory=dict)
    """Secrets by name that are nobody's of ours, as they were last read: they are not watched."""
    failures: int = 0
    """Reconciles in a row that left a failure."""


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
        namespace = self._handouts.namespace(name)
        if namespace is None:
            self._forget(name)
            return None
        memory = self._memories.setdefault(name, Memory())
        # What was in the way may be gone: it is met again where it is not.
        memory.in_the_way.clear()
        for _ in range(ATTEMPTS):
            try:
                return await self._look(namespace, memory)
            except Stale:
                continue
            except Gone:
                self._forget(name)
                return None
        raise Stale(409, "Conflict", f"Namespace {name} changed {ATTEMPTS} times during the reconcile")

    async def _look(self, namespace: Namespace, memory: Memory) -> float | None:
        wanted = self._handouts.wanted_in(namespace)
        observed = observe(self._context.store, namespace, memory.in_the_way)
        names = owners_to_look_up(wanted, observed)
        released = await self._proof.released(names, namespace) if names else {}
        plan = plan_namespace(
            wanted, observed, released=released, contested=self._disputes.of(namespace.name, wanted)
        )
        if plan.changes and await self._disputes.noticed(namespace.name, plan, observed):
            plan = plan_namespace(
                wanted, observed, released=released, contested=self._disputes.of(namespace.name, wanted)
            )
        refused = await self._perform(namespace.name, plan, memory)
        self._record(namespace.name, wanted, plan, refused)
        return self._next_look(namespace.name, memory, plan, refused, wanted)

    async def _perform(self, namespace: str, plan: NamespacePlan, memory: Memory) -> list[Failure]:
        """Those of the changes that the API server refused; the others are made."""
        refused: list[Failure] = []
        held: set[str] = set()
        for change in plan.changes:
            owners = owners_of(change)
            if owners & held:
                # A Secret that is not there is not named.
                continue
            await self._proof.unchanged(owners)
            try:
                await perform(self._context, change, memory.in_the_way.__setitem__)
            except Refused as error:
                held |= owners
                refused += [Failure(namespace, owner, error.reason, error.message) for owner in owners]
            else:
                self._disputes.made(namespace, change)
        return refused

    def _record(
        self, namespace: str, wanted: Collection[WantedSecret], plan: NamespacePlan, refused: list[Failure]
    ) -> None:
        failed = {failure.owner for failure in refused}
        hashes = {one.owner: content_hash(one.data) for one in wanted if one.data is not None}
        reached = Reached(
            ready={owner: hashes[owner] for owner in plan.ready if owner in hashes and owner not in failed},
            failures=(*plan.failures, *refused),
        )
        for owner in self._handouts.set_reached(namespace, reached):
            self._on_news(owner)

    def _next_look(
        self,
        namespace: str,
        memory: Memory,
        plan: NamespacePlan,
        refused: list[Failure],
        wanted: Collection[WantedSecret],
    ) -> float | None:
        waits = self._disputes.next_look(namespace, wanted)
        failures = [*plan.failures, *refused]
        if not any(failure.reason != Reason.NAMESPACE_TERMINATING for failure in failures):
            memory.failures = 0
            return waits
        memory.failures += 1
        longest = self._context.settings.stalled_recheck_seconds
        seconds = min(longest, FIRST_RECHECK * 2.0 ** min(memory.failures - 1, 20))
        seconds = self._context.jittered(seconds)
        return seconds if waits is None else min(seconds, waits)

    def _forget(self, name: str) -> None:
        self._memories.pop(name, None)
        self._disputes.forget(name)
        for owner in self._handouts.set_reached(name, None):
            self._on_news(owner)
