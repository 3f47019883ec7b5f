"""The scans of the reported images: when they are due, what a status shows of them, which to start."""

from collections.abc import Iterable

from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.scan_status import ScanType
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.pull_times import PullTimes
from ecr_operator.controllers.registry_scanning import RegistryScanning
from ecr_operator.controllers.scan_memory import AskedScan, ScanMemory
from ecr_operator.controllers.scan_reader import ScanReader, ScanTurn, wanted
from ecr_operator.controllers.subject import Json, Subject, is_deleting
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND
from ecr_operator.planning.naming import Place
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.planning.scan_due import ScanPace, asked_again_after
from ecr_operator.planning.scan_report import (
    ScanLook,
    of_last_status,
    with_registry_rules,
    with_scan,
)
from ecr_operator.planning.verdict import judge_image


class Scans:
    """`read` is a turn of the pace for one object; `found` tells which images there are."""

    def __init__(self, context: Context, memories: Memories) -> None:
        self._context = context
        self._memories = memories
        settings = context.settings
        self._times = ScanPace(settings.scan_seconds, settings.scan_poll_seconds, settings.inventory_seconds)
        self._scanning = RegistryScanning(settings.inventory_seconds, self._names, context.monotonic)
        self._pull_times = PullTimes(settings.role_arn, context.monotonic)
        self._reader = ScanReader(context, memories, self._times, self._pull_times)

    async def found(
        self, subject: Subject, registry: Registry, reported: tuple[Candidate, ...], *, asked: bool
    ) -> int:
        """These images may be reported; how many calls it took to learn how they are scanned.

        `asked`: a person wants to know how it is now.
        """
        memory = self._memory(subject)
        if not subject.spec.effective_images.reads_findings:
            # Where they come to be read, the images are to be listed first.
            memory.reported = None
            memory.asked.clear()
            return 0
        self._recall(subject, memory)
        memory.reported = reported
        archived = {candidate.digest: candidate.is_archived for candidate in reported}
        memory.asked = {
            digest: known
            for digest, known in memory.asked.items()
            # One that was restored from the archive has a scan again.
            if digest in archived and (archived[digest] or not known.is_of_archive)
        }
        if asked:
            memory.denied_until = 0.0
            self._pull_times.forget()
            for known in memory.asked.values():
                known.due, known.begun = 0.0, {}
        memory.forget_starts(self._memories.of(subject.obj).lifecycle.children, refused=asked)
        memory.denied = memory.denied if reported else None
        scanning = await self._scanning.of(registry, subject.desired.name)
        if scanning.type is not None and scanning.since >= memory.type_since:
            memory.switch(scanning.type)
        frequency = scanning.frequency
        memory.frequency = frequency.frequency if frequency is not None else None
        memory.by_registry = frequency is not None and frequency.by_registry
        return scanning.calls

    def created(self, subject: Subject) -> None:
        """The repository was just created: it holds no images."""
        memory = self._memory(subject)
        memory.reported = ()
        memory.asked.clear()

    def used(self, subject: Subject) -> dict[str, str | None] | None:
        """The reported images that were in use, by digest, with their tag; None: only the status knows."""
        memory, scan = self._memory(subject), subject.status.scan
        if memory.reported is None and scan is not None and scan.images:
            return None
        return {one.digest: one.tag for one in memory.reported or () if one.is_used}

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
        if memory.denied is not None:
            due = memory.denied_until
        else:
            due = min(known.due if known else 0.0 for _, known in wanted(subject, memory))
        return max(0.0, due - self._context.monotonic())

    async def read(self, subject: Subject, registry: Registry) -> ScanTurn:
        """Ask AWS about the images that are due."""
        return await self._reader.read(subject, registry)

    def plan_starts(self, subject: Subject) -> None:
        """Which scans the next reconcile is to start: basic ones, and only where the operator may write."""
        memory = self._memory(subject)
        memory.missing = ()
        wants = subject.spec.effective_images.starts_missing_scans and not subject.desired.observe
        if not wants or memory.type != ScanType.BASIC:
            return
        missing: dict[str, None] = {}
        for candidate, known in wanted(subject, memory):
            if known is None or known.is_recalled:
                # It may have been scanned since.
                continue
            scans = known.parts if candidate.is_index else {candidate.digest: known.scan}
            for digest, scan in scans.items():
                if digest in memory.started or digest in memory.refused:
                    continue
                # One that has findings from before was scanned: its scan is gone.
                if scan is not None and scan.status == SCAN_NOT_FOUND and scan.counts is None:
                    missing[digest] = None
        memory.missing = tuple(missing)

    def look(self, subject: Subject) -> ScanLook:
        """What is known."""
        memory = self._memory(subject)
        if memory.reported is None:
            return of_last_status(subject.status)
        denied = memory.denied
        if denied is None and memory.indexes_denied is not None:
            children = self._memories.of(subject.obj).lifecycle.children
            indexes = (one for one, _ in wanted(subject, memory) if one.is_index and not one.is_archived)
            if any(one.digest not in children for one in indexes):
                denied = memory.indexes_denied
        return ScanLook(
            reported=memory.reported,
            scans={digest: known.scan for digest, known in memory.asked.items() if known.scan},
            unread={digest: known.unread for digest, known in memory.asked.items() if known.unread},
            type=memory.type,
            frequency=memory.frequency,
            by_registry=memory.by_registry,
            denied=denied,
            pull_times=memory.pull_times,
        )

    def shown(self, subject: Subject, status: EcrRepositoryStatus, generation: int) -> EcrRepositoryStatus:
        """`status` with what is known, and the verdict on it."""
        if self._knows_less(subject):
            return status
        look, now, images = self.look(subject), self._context.now(), subject.spec.effective_images
        policy = subject.spec.vulnerability_policy
        status = with_scan(status, look, images, policy, generation=generation, now=now)
        return with_registry_rules(status, look, subject.desired.scan_on_push, generation=generation, now=now)

    def _knows_less(self, subject: Subject) -> bool:
        """Whether the status goes by more than is known since the start, until AWS was asked.

        It says why it is not known of an image; or it had no room for images that its verdict is about, too.
        """
        memory, before = self._memory(subject), subject.status.scan
        if memory.has_read or subject.status.observed_generation != subject.generation:
            return False
        listed = {one.digest: one.status for one in (before and before.images) or ()}
        there = [(candidate.digest, known) for candidate, known in wanted(subject, memory)]
        unknown = [digest for digest, known in there if known is None]
        if any(known is not None and known.is_doubted for _, known in there):
            return True
        if any(digest in listed and listed[digest] is None for digest in unknown):
            return True
        images = subject.status.images
        tagged = images.tagged_count if images is not None else 0
        is_cut = len(listed) < min(subject.spec.effective_images.effective_report, tagged)
        # Left out are the last ones. One that is new or newly in use comes before them, and is told at once.
        last = max((at for at, (digest, _) in enumerate(there) if digest in listed), default=len(there))
        return is_cut and bool(unknown) and set(unknown) <= {digest for digest, _ in there[last + 1 :]}

    def new_criticals(self, subject: Subject) -> tuple[str, ...]:
        """Critical findings that were not there when this was asked last."""
        memory = self._memory(subject)
        scans = (known.scan for known in memory.asked.values() if known.scan is not None)
        found = {name for scan in scans for name in scan.criticals}
        new = sorted(found - memory.told)
        memory.told = frozenset(found)
        return tuple(new)

    def started(
        self, subject: Subject, digests: frozenset[str], refused: frozenset[str] = frozenset()
    ) -> None:
        """AWS has taken on scans of these images, and none of the `refused`: it is not asked to again."""
        memory = self._memory(subject)
        memory.started |= digests
        memory.refused |= refused
        digests |= refused
        for digest, known in memory.asked.items():
            if not digests.isdisjoint({digest, *known.parts}):
                known.due = min(known.due, self._context.monotonic() + self._times.poll)

    def _recall(self, subject: Subject, memory: ScanMemory) -> None:
        """After a start: what the status says is known, and was asked for at some time in the past."""
        if memory.reported is not None:
            return
        look, now = of_last_status(subject.status), self._context.monotonic()
        memory.type, memory.frequency, memory.by_registry = look.type, look.frequency, look.by_registry
        memory.denied = look.denied
        policy, before = subject.spec.vulnerability_policy, subject.status.scan
        unknown = {one.digest for one in (before and before.images) or () if one.passed == "Unknown"}
        for digest, scan in look.scans.items():
            after = asked_again_after(scan, self._times, age=float("inf"), polls=0)
            due = now + self._context.chance.uniform(0.0, after)
            memory.asked[digest] = known = AskedScan(scan, due, is_recalled=True)
            if policy is not None and digest in unknown:
                verdict = judge_image(scan, policy, self._context.now())
                known.is_doubted = verdict.passed == "True"
                known.due = 0.0 if known.is_doubted else due

    def _memory(self, subject: Subject) -> ScanMemory:
        return self._memories.of(subject.obj).scans

    def _names(self) -> Iterable[str]:
        """Repositories of the registry whose scans are looked at."""
        for obj in self._context.store.items(REPOSITORIES.plural):
            arn = (obj.get("status") or {}).get("repositoryArn")
            place = Place.of_arn(arn) if arn else None
            if place is not None and place.region == self._context.registry.region and _reads_scans(obj):
                yield obj["spec"].get("repositoryName") or obj["metadata"]["name"]


def _reads_scans(obj: Json) -> bool:
    """Whether the scans of its images are looked at; of many objects, so none is validated."""
    images = obj["spec"].get("images") or {}
    if is_deleting(obj) or obj["spec"].get("suspend"):
        return False
    return images.get("scanFindings") is not False and images.get("report") != 0
