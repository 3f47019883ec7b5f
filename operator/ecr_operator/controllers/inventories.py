"""Looks at the images of repositories: when, what is kept of it, and whether that asks for a reconcile."""

from collections.abc import Callable, Mapping

from ecr_operator.api.lifecycle_policy import ImagesInUse as Protecting
from ecr_operator.api.lifecycle_policy import LifecyclePolicyState, LifecycleProtection
from ecr_operator.api.repository_status import IN_USE_MAX, RepositoryInUse
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.images import read_images
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.figures import Figures
from ecr_operator.controllers.inspection import inspected
from ecr_operator.controllers.inventory_pace import InventoryPace
from ecr_operator.controllers.lifecycle_judgement import is_used, learn_policy, risks_of, to_judge
from ecr_operator.controllers.memory import Memories, Memory
from ecr_operator.controllers.scan_turns import ScanTurns
from ecr_operator.controllers.scans import Scans
from ecr_operator.controllers.subject import Json, Subject, object_key
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning import naming
from ecr_operator.planning.image_reading import AT_RISK, ImageReading, of_new_repository
from ecr_operator.planning.inventory import exact_tag
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.lifecycle_risk import Risk
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown
from ecr_operator.reasons import Reason


class Inventories:
    """`run` for ever; `read` is for a reconcile that has to know now."""

    def __init__(
        self,
        context: Context,
        queue: WorkQueue[ObjectKey],
        memories: Memories,
        scans: Scans,
        turns: ScanTurns,
        figures: Figures,
        budget: CallBudget,
    ) -> None:
        self._context = context
        self._queue = queue
        self._memories = memories
        self._scans = scans
        self._turns = turns
        self._figures = figures
        settings = context.settings
        self.pace: InventoryPace[ObjectKey] = InventoryPace(
            self._due,
            interval=settings.inventory_seconds,
            budget=budget,
            chance=context.chance,
            gauge=context.metrics.inventory_interval.labels(context.registry.region),
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
        reading = await self._read(subject, registry, arn, asked=asked)
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
        self._scans.created(subject)
        self.pace.seen(subject.key, 0)

    async def _due(self, key: ObjectKey) -> int | None:
        """The pace's turn."""
        obj = self._context.store.get(REPOSITORIES.plural, *key)
        if obj is None:
            return None
        counted = inspected(self._context, obj)
        if counted is None:
            return 0
        subject, registry, arn = counted
        found = await self._read(subject, registry, arn)
        if found is None:
            # The repository is gone: what follows is the reconcile's to decide.
            self._queue.add(key, fresh=False)
            return 1
        reading, calls = found
        if self._asks_for_reconcile(subject, reading) or not await self._figures.tell(key, subject):
            self._queue.add(key, fresh=False)
        return calls

    async def _read(
        self, subject: Subject, registry: Registry, arn: str, *, asked: bool = False
    ) -> tuple[ImageReading, int] | None:
        memory = self._memories.of(subject.obj).lifecycle
        now = self._context.now()
        usage = await self._usage(arn, subject.desired.name, 0.0 if asked else None)
        await learn_policy(subject, registry, memory)
        text = to_judge(subject, memory)
        counts_use = isinstance(usage, RepositoryUsage) and not usage.is_empty
        # What is reported does not change by a list of Pods that failed.
        passes = isinstance(usage, UsageUnknown) and not usage.is_lasting
        before = self._scans.used(subject) if passes else {}
        found = await read_images(
            registry.session,
            subject.desired.name,
            rows=text is not None or counts_use,
            used_tag=_used_tag(usage, before or {}) if subject.spec.effective_images.reads_findings else None,
        )
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
        calls = found.calls
        if asked or before is not None:
            calls += await self._scans.found(subject, registry, found.reported, asked=asked)
        _forget_indexes(self._memories.of(subject.obj), found.images)
        self._turns.wake(subject)
        return reading, calls

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

    def _changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        if kind != REPOSITORIES.plural:
            return
        if new is None:
            if old is not None:
                self.pace.discard(object_key(old))
        elif (new.get("status") or {}).get("repositoryArn") is not None:
            # Others are looked at in their first reconcile.
            self.pace.add(object_key(new))


def _forget_indexes(memory: Memory, images: tuple[Image, ...]) -> None:
    """Nothing is remembered of indexes that are gone: each push may bring one."""
    if memory.lifecycle.children:
        known = {image.digest for image in images} | {one.digest for one in memory.scans.reported or ()}
        children = memory.lifecycle.children.items()
        memory.lifecycle.children = {index: parts for index, parts in children if index in known}


def _used_tag(
    usage: RepositoryUsage | UsageUnknown, before: Mapping[str, str | None]
) -> Callable[[Image], str | None]:
    """By which of its tags an image is used; '': by its digest alone; None: it is not, or nobody knows.

    Where nobody knows, images are used as they were `before`.
    """
    if isinstance(usage, UsageUnknown):

        def used_before(image: Image) -> str | None:
            tag = before.get(image.digest)
            return None if image.digest not in before else tag if tag in image.tags else ""

        return used_before
    tags = usage.tags

    def used_tag(image: Image) -> str | None:
        if not is_used(image, usage):
            return None
        return exact_tag(tag for tag in image.tags if tag in tags) or ""

    return used_tag


def _holds(protection: LifecycleProtection) -> bool:
    return protection.effective_images_in_use == Protecting.HOLD
