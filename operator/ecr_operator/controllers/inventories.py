"""Looks at the images of repositories: when, what is kept of it, and whether that asks for a reconcile."""

from ecr_operator.api.lifecycle_policy import ImagesInUse as Protecting
from ecr_operator.api.lifecycle_policy import LifecyclePolicyState, LifecycleProtection
from ecr_operator.api.repository_status import IN_USE_MAX, EcrRepositoryStatus, RepositoryInUse
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.images import read_images
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.inventory_pace import InventoryPace
from ecr_operator.controllers.lifecycle_judgement import is_used, learn_policy, risks_of, to_judge
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.subject import Json, Subject, UnsupportedSpecError, is_deleting, object_key
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.errors import Gone, Stale
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.kube.status import write_status
from ecr_operator.planning import naming
from ecr_operator.planning.image_reading import AT_RISK, ImageReading, of_new_repository, with_reading
from ecr_operator.planning.lifecycle_risk import Risk
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown
from ecr_operator.reasons import Reason


class Inventories:
    """`run` for ever; `read` is for a reconcile that has to know now."""

    def __init__(self, context: Context, queue: WorkQueue[ObjectKey], memories: Memories) -> None:
        self._context = context
        self._queue = queue
        self._memories = memories
        settings = context.settings
        self.pace: InventoryPace[ObjectKey] = InventoryPace(
            self._due,
            interval=settings.inventory_seconds,
            calls_per_minute=settings.inventory_calls_per_minute,
            gauge=context.metrics.inventory_interval.labels(context.registry.region),
            chance=context.chance,
        )
        context.store.on_change(self._changed)

    async def run(self) -> None:
        """Look at each repository once per interval, as the pace allows."""
        await self.pace.run()

    async def read(
        self, subject: Subject, registry: Registry, arn: str, *, asked: bool = False
    ) -> ImageReading | None:
        """Look at the images now; None: there is no such repository. Raises `AwsError`.

        `asked`: a person wants to know how it is now, who uses what included.
        """
        reading = await self._read(subject, registry, arn, 0.0 if asked else None)
        if reading is not None:
            found, calls = reading
            self.pace.seen(subject.key, calls)
            return found
        return None

    async def first(self, subject: Subject, registry: Registry, arn: str) -> None:
        """Look at the images for the first time, or because somebody asks. Raises what passes by itself.

        Where AWS refuses it the object's other parts go on: that is told by an event, and looked at again.
        """
        try:
            await self.read(subject, registry, arn, asked=subject.asks_anew)
        except AwsError as error:
            if error.kind != Kind.STALLED:
                raise
            self.pace.seen(subject.key, 1)
            note = f"The images cannot be counted: {error.message}"
            self._context.events.record(subject.obj, error.reason, note, warning=True)

    def created(self, subject: Subject) -> None:
        """The repository was just created: what it holds is known without a call."""
        self._memories.of(subject.obj).lifecycle.reading = of_new_repository(self._context.now())
        self.pace.seen(subject.key, 0)

    async def _due(self, key: ObjectKey) -> int | None:
        """The pace's turn."""
        obj = self._context.store.get(REPOSITORIES.plural, *key)
        if obj is None:
            return None
        try:
            subject = self._context.subject(obj)
        except UnsupportedSpecError:
            return 0
        arn, registry = subject.status.repository_arn, self._context.registry_of(subject)
        if is_deleting(obj) or subject.spec.is_suspended or arn is None or _is_elsewhere(arn, registry):
            return 0
        found = await self._read(subject, registry, arn, None)
        if found is None:
            # The repository is gone: what follows is the reconcile's to decide.
            self._queue.add(key, fresh=False)
            return 1
        reading, calls = found
        if self._asks_for_reconcile(subject, reading) or not await self._told(key, obj, reading):
            self._queue.add(key, fresh=False)
        return calls

    async def _told(self, key: ObjectKey, obj: Json, reading: ImageReading) -> bool:
        """Show the figures, where nothing else follows from them; False: somebody else is at the object."""
        now = self._context.store.get(REPOSITORIES.plural, *key)
        if now is None or now["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
            return False
        before = EcrRepositoryStatus.from_json(now.get("status"))
        status = self.shown(before, reading, before.observed_generation or 0)
        try:
            written = await write_status(self._context.client, now, status.to_json())
        except (Stale, Gone):
            return False
        self._context.store.put(REPOSITORIES.plural, written)
        return True

    async def _read(
        self, subject: Subject, registry: Registry, arn: str, max_age: float | None
    ) -> tuple[ImageReading, int] | None:
        memory = self._memories.of(subject.obj).lifecycle
        now = self._context.now()
        usage = await self._usage(arn, subject.desired.name, max_age)
        await learn_policy(subject, registry, memory)
        text = to_judge(subject, memory)
        counts_use = isinstance(usage, RepositoryUsage) and not usage.is_empty
        found = await read_images(registry.session, subject.desired.name, rows=text is not None or counts_use)
        if found is None:
            return None
        in_use: RepositoryInUse | None = None
        danger: tuple[Risk, ...] | None = None
        if isinstance(usage, RepositoryUsage):
            used = {image.digest for image in found.images if is_used(image, usage)}
            in_use = RepositoryInUse(
                images=len(used),
                workloads=usage.workloads_in(subject.key[0], IN_USE_MAX) or None,
            )
        if text is not None:
            danger = await risks_of(self._context, subject, registry, text, found.images, usage, memory)
        replicas = usage.replicas if isinstance(usage, RepositoryUsage) and text is not None else ()
        reading = ImageReading(now, found.inventory, in_use, replicas, text, danger)
        self._warn_of_replicas(subject, memory.reading, reading)
        memory.reading = reading
        return reading, found.calls

    def _warn_of_replicas(self, subject: Subject, before: ImageReading | None, reading: ImageReading) -> None:
        """A lifecycle policy acts in its own Region; what it spares here says nothing of copies elsewhere."""
        if not reading.replicas or (before is not None and before.replicas == reading.replicas):
            return
        note = (
            f"This cluster uses repositories of this name in {', '.join(reading.replicas)}: copies have "
            "lifecycle policies of their own there, and what is used there alone is not in use here"
        )
        self._context.events.record(subject.obj, Reason.REPLICAS_IN_USE, note, warning=True)

    async def _usage(self, arn: str, name: str, max_age: float | None) -> RepositoryUsage | UsageUnknown:
        age = self._context.settings.in_use_seconds if max_age is None else max_age
        found = await self._context.in_use.get(max_age=age)
        if isinstance(found, UsageUnknown):
            return found
        place = Place.of_arn(arn)
        return found.of(naming.Registry(place.own_account, place.region), name)

    def _asks_for_reconcile(self, subject: Subject, reading: ImageReading) -> bool:
        """Whether more follows from what was found than that the status shows it."""
        if subject.status.observed_generation != subject.generation:
            return True
        risk = subject.status.condition(AT_RISK)
        if reading.risks is not None and bool(reading.risks) != (risk is not None):
            return True
        before = subject.status.lifecycle_policy
        withdrawn = before is not None and before.state == LifecyclePolicyState.WITHDRAWN
        return withdrawn or (bool(reading.risks) and _holds(subject.desired.lifecycle_protection))

    def shown(
        self, status: EcrRepositoryStatus, reading: ImageReading, generation: int
    ) -> EcrRepositoryStatus:
        """`status` with what was found."""
        settings = self._context.settings
        return with_reading(
            status,
            reading,
            prices=settings.prices,
            quota_limit=settings.image_quota,
            generation=generation,
            now=self._context.now(),
        )

    def _changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        if kind != REPOSITORIES.plural:
            return
        if new is None:
            if old is not None:
                self.pace.discard(object_key(old))
        elif (new.get("status") or {}).get("repositoryArn") is not None:
            # Others are looked at in their first reconcile.
            self.pace.add(object_key(new))


def _is_elsewhere(arn: str, registry: Registry) -> bool:
    """Whether the repository is not in the registry that is asked now, as far as that is known."""
    place = Place.of_arn(arn)
    return place.region != registry.region or registry.known_account not in (None, place.account)


def _holds(protection: LifecycleProtection) -> bool:
    return protection.effective_images_in_use == Protecting.HOLD
