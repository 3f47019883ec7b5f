"""Looks at the scans of the reported images: when, and what is kept of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.scan_status import ScanType
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.registry import Registry
from ecr_operator.aws.scans import read_scan
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.index_children import index_children
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.pull_times import PullTimes
from ecr_operator.controllers.registry_scanning import RegistryScanning
from ecr_operator.controllers.scan_memory import AskedScan, ScanMemory
from ecr_operator.controllers.subject import Subject
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.changes import StartImageScan
from ecr_operator.planning.image_scan import ARCHIVED, SCAN_NOT_FOUND, ImageScan, ScanPhase, together
from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Plan
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.planning.scan_due import ScanPace, asked_again_after
from ecr_operator.planning.scan_report import ScanLook, of_last_status, with_registry_rules, with_scan


class Scans:
    """`read` is a turn of the pace for one object; `found` tells which images there are."""

    def __init__(self, context: Context, memories: Memories) -> None:
        self._context = context
        self._memories = memories
        settings = context.settings
        self._times = ScanPace(settings.scan_seconds, settings.scan_poll_seconds, settings.inventory_seconds)
        self._scanning = RegistryScanning(settings.inventory_seconds, self._names, context.monotonic)
        self._pull_times = PullTimes(context.monotonic)

    async def found(
        self, subject: Subject, registry: Registry, reported: tuple[Candidate, ...], *, asked: bool
    ) -> int:
        """These images may be reported; how many calls it took to learn how they are scanned.

        `asked`: a person wants to know how it is now.
        """
        memory = self._memory(subject)
        self._recall(subject, memory)
        memory.reported = reported
        digests = {candidate.digest for candidate in reported}
        memory.asked = {digest: known for digest, known in memory.asked.items() if digest in digests}
        if asked:
            memory.denied_until = 0.0
            for known in memory.asked.values():
                known.due = 0.0
        if not subject.spec.effective_images.reads_findings:
            return 0
        scanning = await self._scanning.of(registry, subject.desired.name)
        if scanning.type is not None:
            self._switched(memory, scanning.type)
        frequency = scanning.frequency
        memory.frequency = frequency.frequency if frequency is not None else None
        memory.by_registry = frequency is not None and frequency.by_registry
        return scanning.calls

    def created(self, subject: Subject) -> None:
        """The repository was just created: it holds no images."""
        memory = self._memory(subject)
        memory.reported = ()
        memory.asked.clear()

    def knows_too_few(self, subject: Subject) -> bool:
        """Whether a changed spec asks for images of which a start has made nothing known."""
        images, before = subject.spec.effective_images, subject.status.scan
        if subject.status.observed_generation == subject.generation or not images.reads_findings:
            return False
        known = len(before.images or ()) if before is not None else 0
        there = subject.status.images.tagged_count if subject.status.images is not None else 0
        return self._memory(subject).reported is None and min(images.effective_report, there) > known

    def due_in(self, subject: Subject) -> float | None:
        """Seconds until AWS is to be asked about an image; None: not at all."""
        memory = self._memory(subject)
        if not subject.spec.effective_images.reads_findings or not memory.reported:
            return None
        known = [memory.asked.get(candidate.digest) for candidate in _wanted(subject, memory)]
        due = max(memory.denied_until, min(one.due if one else 0.0 for one in known))
        return max(0.0, due - self._context.monotonic())

    async def read(self, subject: Subject, registry: Registry) -> int:
        """Ask AWS about the images that are due; how many calls that took. Raises `AwsError`."""
        memory, calls = self._memory(subject), 0
        missing: list[str] = []
        now = self._context.monotonic()
        for candidate in _wanted(subject, memory):
            known = memory.asked.get(candidate.digest)
            if known is not None and known.due > now:
                continue
            try:
                found = await self._asked(subject, registry, candidate, known, memory)
            except AwsError as error:
                if error.kind != Kind.STALLED:
                    raise
                # The other images would be refused in the same way.
                memory.denied = error.message
                after = self._context.jittered(self._context.settings.stalled_recheck_seconds, 0.5)
                memory.denied_until = now + after
                return calls + 1
            calls += found.calls
            missing += found.missing
            self._keep(memory, candidate, known, found)
        memory.denied = None
        memory.missing = self._to_start(subject, memory, missing)
        return calls

    def look(self, subject: Subject) -> ScanLook:
        """What is known."""
        memory = self._memory(subject)
        if memory.reported is None:
            return of_last_status(subject.status)
        return ScanLook(
            reported=memory.reported,
            scans={digest: known.scan for digest, known in memory.asked.items() if known.scan},
            type=memory.type,
            frequency=memory.frequency,
            by_registry=memory.by_registry,
            denied=memory.denied,
            pull_times=memory.pull_times,
        )

    def shown(self, subject: Subject, status: EcrRepositoryStatus, generation: int) -> EcrRepositoryStatus:
        """`status` with what is known, and the verdict on it."""
        look, spec, now = self.look(subject), subject.spec, self._context.now()
        status = with_scan(
            status, look, spec.effective_images, spec.vulnerability_policy, generation=generation, now=now
        )
        return with_registry_rules(status, look, subject.desired.scan_on_push, generation=generation, now=now)

    def new_criticals(self, subject: Subject) -> tuple[str, ...]:
        """Critical findings that were not there when this was asked last."""
        memory = self._memory(subject)
        scans = (known.scan for known in memory.asked.values() if known.scan is not None)
        found = {name for scan in scans for name in scan.criticals}
        new = sorted(found - memory.told)
        memory.told = frozenset(found)
        return tuple(new)

    def started(self, subject: Subject, plan: Plan) -> None:
        """The plan was carried out: AWS has taken on the scans that it starts, or will not."""
        digests = {change.digest for change in plan.changes if isinstance(change, StartImageScan)}
        if not digests:
            return
        memory = self._memory(subject)
        memory.started |= digests
        memory.missing = ()
        for known in memory.asked.values():
            if known.scan is not None and known.scan.status == SCAN_NOT_FOUND:
                known.due = min(known.due, self._context.monotonic() + self._times.poll)

    async def _asked(
        self,
        subject: Subject,
        registry: Registry,
        candidate: Candidate,
        known: AskedScan | None,
        memory: ScanMemory,
    ) -> "_Found":
        if candidate.is_archived:
            # AWS scans none, and there is nothing to pull.
            return _Found(ImageScan(ARCHIVED, memory.type))
        if not candidate.is_index:
            return await self._one(subject, registry, candidate.digest, known.scan if known else None, memory)
        images, calls = await self._images_of(subject, registry, candidate, memory)
        if images is None:
            return _Found(None, calls)
        parts: dict[str, ImageScan] = {}
        missing: tuple[str, ...] = ()
        before = known.parts if known else {}
        for digest in images:
            found = await self._one(subject, registry, digest, before.get(digest), memory)
            calls, missing = calls + found.calls, missing + found.missing
            if found.scan is not None:
                parts[digest] = found.scan
        whole = together(tuple(parts.values())) if parts else ImageScan(SCAN_NOT_FOUND, memory.type)
        return _Found(whole, calls, missing, parts)

    async def _one(
        self, subject: Subject, registry: Registry, digest: str, before: ImageScan | None, memory: ScanMemory
    ) -> "_Found":
        found = await read_scan(
            registry.session, subject.desired.name, digest, before=before, registry_type=memory.type
        )
        is_missing = found.scan is not None and found.scan.status == SCAN_NOT_FOUND
        return _Found(found.scan, found.calls, (digest,) if is_missing else ())

    async def _images_of(
        self, subject: Subject, registry: Registry, candidate: Candidate, memory: ScanMemory
    ) -> tuple[tuple[str, ...] | None, int]:
        """What an index refers to and can be run; asked for once, and not where that would do harm (None)."""
        lifecycle = self._memories.of(subject.obj).lifecycle
        calls = 0
        if candidate.digest not in lifecycle.children:
            calls = 1
            memory.pull_times = await self._pull_times.objection(
                registry, subject.desired.name, lifecycle.in_force
            )
            if memory.pull_times is not None:
                return None, calls
            calls += 1
        found = await index_children(registry, subject.desired.name, [candidate.digest], lifecycle)
        children = found.get(candidate.digest, ())
        return tuple(child.digest for child in children if child.is_image), calls

    def _keep(
        self, memory: ScanMemory, candidate: Candidate, known: AskedScan | None, found: "_Found"
    ) -> None:
        now, scan = self._context.monotonic(), found.scan
        if scan is None and not candidate.is_index:
            # It was deleted meanwhile, as the next inventory will show.
            memory.asked.pop(candidate.digest, None)
            memory.reported = tuple(one for one in memory.reported or () if one.digest != candidate.digest)
            return
        if scan is None:
            memory.asked[candidate.digest] = AskedScan(None, now + self._times.interval)
            return
        if scan.type is not None and scan.type != memory.type:
            self._switched(memory, scan.type)
        running = scan.phase == ScanPhase.RUNNING
        polls = known.polls + 1 if known is not None and running else 0
        age = (self._context.now() - candidate.pushed_at).total_seconds()
        after = asked_again_after(scan, self._times, age=age, polls=polls)
        due = now + self._context.jittered(after, 0.1)
        memory.asked[candidate.digest] = AskedScan(scan, due, polls, found.parts)

    @staticmethod
    def _switched(memory: ScanMemory, type: ScanType) -> None:
        """The other kind's findings are hidden from now on, and say nothing for this one."""
        memory.type = type
        memory.asked = {
            digest: known
            for digest, known in memory.asked.items()
            if known.scan is None or known.scan.type in (None, type)
        }

    def _to_start(self, subject: Subject, memory: ScanMemory, missing: list[str]) -> tuple[str, ...]:
        """Only basic scans can be started, and only in what the operator may write to."""
        wants = subject.spec.effective_images.starts_missing_scans and not subject.desired.observe
        if not wants or memory.type != ScanType.BASIC:
            return ()
        return tuple(digest for digest in missing if digest not in memory.started)

    def _recall(self, subject: Subject, memory: ScanMemory) -> None:
        """After a start: what the status says is known, and was asked for at some time in the past."""
        if memory.reported is not None:
            return
        look, now = of_last_status(subject.status), self._context.monotonic()
        memory.type = look.type
        for digest, scan in look.scans.items():
            after = asked_again_after(scan, self._times, age=float("inf"), polls=0)
            memory.asked[digest] = AskedScan(scan, now + self._context.chance.uniform(0.0, after))

    def _memory(self, subject: Subject) -> ScanMemory:
        return self._memories.of(subject.obj).scans

    def _names(self) -> Iterable[str]:
        """Repositories of the registry that are looked at."""
        for obj in self._context.store.items(REPOSITORIES.plural):
            arn = (obj.get("status") or {}).get("repositoryArn")
            place = Place.of_arn(arn) if arn else None
            if place is not None and place.region == self._context.registry.region:
                yield obj["spec"].get("repositoryName") or obj["metadata"]["name"]


@dataclass(frozen=True, slots=True)
class _Found:
    scan: ImageScan | None
    """None: there is no such image, or it is an index and not read."""
    calls: int = 0
    missing: tuple[str, ...] = ()
    """Images that AWS knows no scan of."""
    parts: dict[str, ImageScan] = field(default_factory=dict)


def _wanted(subject: Subject, memory: ScanMemory) -> tuple[Candidate, ...]:
    return (memory.reported or ())[: subject.spec.effective_images.effective_report]
