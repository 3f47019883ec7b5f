"""The reconcile of an EcrRepository: observe, plan, fence, perform, status."""

from dataclasses import replace
from datetime import timedelta

from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.aws.errors import AwsError, CircuitOpen, Kind
from ecr_operator.aws.policies import Seen
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers import effects, live, report
from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.controllers.claims import Claims
from ecr_operator.controllers.closing import Closing
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.deletion import Deletion
from ecr_operator.controllers.effects import Performed
from ecr_operator.controllers.figures import Figures
from ecr_operator.controllers.inventories import Inventories
from ecr_operator.controllers.lifecycle_gate import LifecycleGates
from ecr_operator.controllers.lifecycle_proof import LifecycleProof
from ecr_operator.controllers.memory import Memories, Memory
from ecr_operator.controllers.policy_outcome import policy_outcome
from ecr_operator.controllers.preview_poll import poll
from ecr_operator.controllers.reading import read_repository
from ecr_operator.controllers.scan_memory import ScanMemory
from ecr_operator.controllers.scan_turns import ScanTurns
from ecr_operator.controllers.scans import Scans
from ecr_operator.controllers.subject import (
    Json,
    Subject,
    UnsupportedSpecError,
    has_finalizer,
    is_deleting,
)
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.engine.workers import Parked
from ecr_operator.kube.errors import Gone, Stale
from ecr_operator.kube.finalizer import add_finalizer, remove_finalizer
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning import ownership
from ecr_operator.planning.changes import CreateRepository, PolicyChange
from ecr_operator.planning.deletion import Release
from ecr_operator.planning.identity import other_registry
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Outcome, Plan, Stalled, Suspended, with_scans
from ecr_operator.planning.repository import ObservedRepository, plan_repository
from ecr_operator.planning.status import (
    outcome_status,
    recorded,
    with_managed,
)
from ecr_operator.reasons import Reason

ATTEMPTS = 5
"""How often a reconcile plans again at once, when the object or AWS changes under it."""


class PlanAgain(Exception):
    """AWS is not as it was observed (a repository has appeared or gone): observe and plan again."""


class RepositoryController:
    """`reconcile` is what the workers call for a key of the queue."""

    def __init__(self, context: Context, queue: WorkQueue[ObjectKey]) -> None:
        self._context = context
        self._claims = Claims(context)
        self._deletion = Deletion(context, self._claims)
        self._memories = Memories(context)
        budget = CallBudget(context.settings.inventory_calls_per_minute)
        self._scans = Scans(context, self._memories)
        figures = Figures(context, self._memories, self._scans)
        self.scans = ScanTurns(context, queue, self._memories, self._scans, figures, budget)
        self.inventories = Inventories(
            context, queue, self._memories, self._scans, self.scans, figures, budget
        )
        self._closing = Closing(context, self._memories, figures)
        self._gates = LifecycleGates(context)
        self._proof = LifecycleProof(context)
        self._propagation = timedelta(seconds=context.settings.propagation_seconds)

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Look at one object; returns the seconds until the next look, None: at the next sweep or change.

        Raises what passes by itself: the queue tries again with growing delay; and `Parked` while AWS does
        not answer anybody.
        """
        for _ in range(ATTEMPTS):
            obj = self._context.store.get(REPOSITORIES.plural, *key)
            if obj is None:
                self._memories.forget(key)
                return None
            try:
                return self._memories.next_look(obj, await self._look(obj))
            except PlanAgain:
                continue
            except CircuitOpen:
                if not self._context.registry.session.is_answering:
                    # Nothing may be awaited from here on, or the end of the outage might be missed.
                    raise Parked(self._memories.report_after(obj)) from None
            except Stale:
                if await live.find(self._context, key) is None:
                    self._context.store.remove(REPOSITORIES.plural, *key, obj["metadata"]["uid"])
            except Gone:
                self._context.store.remove(REPOSITORIES.plural, *key, obj["metadata"]["uid"])
        raise PlanAgain(f"The object or its repository changed {ATTEMPTS} times during the reconcile")

    async def _look(self, obj: Json) -> Outcome | None:
        try:
            subject = self._context.subject(obj)
        except UnsupportedSpecError as error:
            return await self._unsupported(obj, str(error))
        if is_deleting(obj):
            return await self._deletion.reconcile(subject) if subject.has_finalizer else None
        if subject.spec.is_suspended:
            return await self._closing.close(subject, Suspended())
        if subject.has_finalizer and not subject.desired.deletes:
            await remove_finalizer(self._context.client, obj)
            raise Stale(409, "Conflict", "The finalizer was removed")
        refusal = await self._claims.refusal(subject)
        if refusal is not None:
            return await self._closing.close(subject, refusal.outcome)
        return await self._manage(subject)

    async def _manage(self, subject: Subject) -> Outcome:
        registry = self._context.registry_of(subject)
        memory = self._closing.remember(subject)
        status = recorded(subject.status, memory.adopting_since, memory.exists_since, memory.policies_written)
        moved = None if subject.desired.observe else other_registry(status, None, registry.region)
        if moved is not None:
            return await self._closing.close(subject, moved)
        polled = await poll(subject, registry, memory.lifecycle, self._context.monotonic())
        if polled is not None:
            return polled
        if status.owns:
            subject = await self._with_finalizer(subject)
        try:
            reading = await read_repository(registry, subject.desired, status, self._context.cluster)
        except AwsError as error:
            if error.kind == Kind.STATE:
                raise PlanAgain(error.message) from error
            return await self._closing.failed(subject, error, None)
        if isinstance(reading, Stalled):
            return await self._closing.close(subject, reading)
        observed = reading.observed
        try:
            await self._look_at_images(subject, registry, observed, memory)
            progress = await self._gates.progress(subject, registry, observed, memory.lifecycle)
        except AwsError as error:
            if error.kind == Kind.STATE:
                raise PlanAgain(error.message) from error
            return await self._closing.failed(subject, error, None)
        plan = plan_repository(
            subject.desired,
            observed,
            status,
            cluster=self._context.cluster,
            place=reading.place,
            now=self._context.now(),
            gone=await self._gone_owner(subject, observed),
            propagation=self._propagation,
            adoption_pause=timedelta(seconds=self._context.settings.adoption_seconds),
            gate=progress.gate,
        )
        plan = with_scans(plan, subject.desired.name, memory.scans.missing)
        if isinstance(plan.outcome, Stalled):
            performed = Performed(observed=observed, managed=status.managed)
            return await self._closing.close(subject, plan.outcome, performed)
        subject = await self._with_finalizer(subject)
        performed = Performed(observed=observed, managed=status.managed)
        if plan.changes:
            subject, performed = await self._effects(subject, registry, plan, observed)
        if performed.lifecycle_refusal is not None:
            progress = self._gates.refused(subject, performed.lifecycle_refusal, memory.lifecycle)
        return await self._ended(subject, registry, plan, replace(performed, progress=progress))

    async def _look_at_images(
        self, subject: Subject, registry: Registry, observed: ObservedRepository | None, memory: Memory
    ) -> None:
        """At the first look, and where somebody asks for it; else it has a pace of its own."""
        if observed is None:
            # What it held is no fact any more.
            memory.lifecycle.reading = None
            memory.scans = ScanMemory()
            return
        owner = observed.owner and self._context.cluster.present(observed.owner)
        if owner != subject.desired.owner and not subject.desired.observe:
            return
        unknown = subject.status.images is None and memory.lifecycle.reading is None
        if unknown or subject.asks_anew or self._scans.knows_too_few(subject):
            await self.inventories.first(subject, registry, observed.arn)
        # The spec may ask for more or other images.
        self.scans.wake(subject)

    async def _effects(
        self, subject: Subject, registry: Registry, plan: Plan, observed: ObservedRepository | None
    ) -> tuple[Subject, Performed]:
        # What was recorded before the repository was ours is not ours to take back.
        before = frozenset() if plan.adopts else frozenset(subject.status.managed or ())
        await self._proof.check(subject, plan)
        obj = await effects.fence(self._context, subject, plan)
        performed = await effects.perform(registry, plan, observed, before)
        memory, now = self._closing.remember(subject), self._context.now()
        if plan.adopts and performed.error is None:
            memory.adopting_since = now
        if any(isinstance(change, CreateRepository) for change in performed.changes):
            memory.exists_since = now
            self.inventories.created(subject)
        if any(isinstance(change, PolicyChange) for change in performed.changes):
            memory.policies_written = now
        for digest, refused in performed.scan_refusals.items():
            note = f"A scan of {digest} cannot be started: {refused.message}"
            self._context.events.record(subject.obj, refused.reason, note, warning=True)
        self._scans.started(subject, performed.scans_started, frozenset(performed.scan_refusals))
        self.scans.wake(subject)
        report.announce_changes(self._context, subject, performed.changes, plan.adopts)
        status = EcrRepositoryStatus.from_json(obj.get("status"))
        fenced = Subject(obj, subject.spec, status, subject.desired)
        return fenced, performed

    async def _ended(self, subject: Subject, registry: Registry, plan: Plan, performed: Performed) -> Outcome:
        error, memory = performed.error, self._closing.remember(subject)
        outcome = policy_outcome(self._context, registry, memory, subject, performed)
        if outcome is not None:
            return await self._closing.close(subject, outcome, performed)
        if performed.seen == Seen.OTHER or (error is not None and error.kind == Kind.STATE):
            # It exists after all, is gone, or was changed. What the fence recorded and AWS refused comes
            # off first.
            if error is not None and error.code == "RepositoryAlreadyExistsException":
                memory.exists_since = self._context.now()
            await report.write(self._context, subject.obj, with_managed(subject.status, performed.managed))
            raise PlanAgain(error.message if error else "Somebody else has changed the policy as well")
        if error is not None:
            return await self._closing.failed(subject, error, performed)
        return await self._closing.close(subject, plan.outcome, performed)

    async def _with_finalizer(self, subject: Subject) -> Subject:
        """Before the first effect, and as soon as an object that owns its repository asks for it."""
        if not subject.desired.deletes or subject.has_finalizer:
            return subject
        obj = await add_finalizer(self._context.client, subject.obj)
        self._context.store.put(REPOSITORIES.plural, obj)
        return Subject(obj, subject.spec, subject.status, subject.desired)

    async def _gone_owner(
        self, subject: Subject, observed: ObservedRepository | None
    ) -> frozenset[ObjectKey]:
        if observed is None or subject.desired.observe:
            return frozenset()
        key = ownership.owner_to_look_up(
            observed.owner,
            own=subject.desired.owner,
            cluster=self._context.cluster,
            adopt=subject.desired.adopt,
            adopt_from=subject.desired.adopt_from,
        )
        return frozenset({key}) if key is not None and await self._claims.is_gone(key) else frozenset()

    async def _unsupported(self, obj: Json, message: str) -> Outcome | None:
        if is_deleting(obj):
            if has_finalizer(obj):
                await self._deletion.release(obj, Release(f"{message}: the repository is left alone"))
            return None
        outcome = Stalled(Reason.UNSUPPORTED_SPEC, message)
        status = outcome_status(
            EcrRepositoryStatus.from_json(obj.get("status")),
            outcome,
            generation=obj["metadata"]["generation"],
            now=self._context.now(),
        )
        await report.write(self._context, obj, status)
        return outcome
