"""Looks at the scans of the reported images: when, and what is kept of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.scan_status import ScanType
from ecr_operator.aws.errors import AwsError, CircuitOpen, Kind
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.pull_times import PullTimes
from ecr_operator.controllers.registry_scanning import RegistryScanning
from ecr_operator.controllers.scan_memory import AskedScan, ScanMemory
from ecr_operator.controllers.scan_questions import Found, ask, resolve
from ecr_operator.controllers.subject import Json, Subject, is_deleting
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ScanPhase
from ecr_operator.planning.naming import Place
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.planning.scan_due import ScanPace, asked_again_after
from ecr_operator.planning.scan_report import (
    SCAN_PASSED,
    ScanLook,
    of_last_status,
    with_registry_rules,
    with_scan,
)
from ecr_operator.reasons import Reason

RETRY_SECONDS = 60.0
"""When AWS is asked again that has not answered."""
DENIALS = frozenset({Reason.ACCESS_DENIED, Reason.ASSUME_ROLE_DENIED})


@dataclass(frozen=True, slots=True)
class ScanTurn:
    """What a look at a repository's scans has come to."""

    calls: int
    error: AwsError | None = None
    """Why not all was read that was due, where that passes by itself or is about one image."""


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
            self._pull_times.forget()
            for known in memory.asked.values():
                known.due = 0.0
        if not reported:
            memory.denied = None
        if not subject.spec.effective_images.reads_findings:
            return 0
        scanning = await self._scanning.of(registry, subject.desired.name)
        if scanning.type is not None and scanning.since >= memory.type_since:
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
        if memory.denied is not None:
            due = memory.denied_until
        else:
            due = min(known.due if known else 0.0 for _, known in _wanted(subject, memory))
        return max(0.0, due - self._context.monotonic())

    async def read(self, subject: Subject, registry: Registry) -> ScanTurn:
        """Ask AWS about the images that are due, those first that have waited longest."""
        memory, calls = self._memory(subject), 0
        now = self._context.monotonic()
        name, lifecycle = subject.desired.name, self._memories.of(subject.obj).lifecycle
        due = [(known.due if known else 0.0, one, known) for one, known in _wanted(subject, memory)]
        first = due[:1] if memory.denied is not None else []
        due = sorted(first + [one for one in due[len(first) :] if one[0] <= now], key=lambda one: one[0])
        indexes = [one for _, one, _ in due if one.is_index and not one.is_archived]
        failed: AwsError | None = None
        try:
            calls += await resolve(registry, subject.desired, indexes, self._pull_times, memory, lifecycle)
        except CircuitOpen:
            raise
        except AwsError as error:
            calls, failed = calls + 1, error
        unresolved = RETRY_SECONDS if failed is not None else self._times.interval
        for _, candidate, known in due:
            if (
                candidate.is_index
                and not candidate.is_archived
                and candidate.digest not in lifecycle.children
            ):
                self._later(memory, candidate, known, unresolved)
                continue
            try:
                found = await ask(registry, name, candidate, known, memory, lifecycle)
            except CircuitOpen:
                raise
            except AwsError as error:
                calls += 1
                if error.reason in DENIALS:
                    # The other images would be refused in the same way.
                    memory.denied = error.message
                    wait = self._context.settings.stalled_recheck_seconds
                    memory.denied_until = now + self._context.jittered(wait, 0.5)
                    break
                passes = error.kind == Kind.TRANSIENT
                self._later(memory, candidate, known, RETRY_SECONDS if passes else self._times.interval)
                # One image may have an error of its own. Of two it is no matter which.
                is_general = failed is not None or error.reason == Reason.THROTTLED
                failed = error
                if is_general:
                    break
                continue
            calls += found.calls
            if found.calls:
                memory.denied = None
            self._keep(memory, candidate, known, found)
        self.plan_starts(subject)
        memory.has_read = memory.has_read or failed is None
        return ScanTurn(calls, failed)

    def plan_starts(self, subject: Subject) -> None:
        """Which scans the next reconcile is to start: only basic ones can be, and only where the operator may
        write."""
        memory = self._memory(subject)
        memory.missing = ()
        wants = subject.spec.effective_images.starts_missing_scans and not subject.desired.observe
        if not wants or memory.type != ScanType.BASIC:
            return
        missing: dict[str, None] = {}
        for candidate, known in _wanted(subject, memory):
            if known is None or known.is_recalled:
                # It may have been scanned since.
                continue
            scans = known.parts if candidate.is_index else {candidate.digest: known.scan}
            for digest, scan in scans.items():
                if scan is not None and scan.status == SCAN_NOT_FOUND and digest not in memory.started:
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
            indexes = (one for one, _ in _wanted(subject, memory) if one.is_index and not one.is_archived)
            if any(one.digest not in children for one in indexes):
                denied = memory.indexes_denied
        return ScanLook(
            reported=memory.reported,
            scans={digest: known.scan for digest, known in memory.asked.items() if known.scan},
            type=memory.type,
            frequency=memory.frequency,
            by_registry=memory.by_registry,
            denied=denied,
            pull_times=memory.pull_times,
        )

    def shown(self, subject: Subject, status: EcrRepositoryStatus, generation: int) -> EcrRepositoryStatus:
        """`status` with what is known, and the verdict on it."""
        look, spec, now = self.look(subject), subject.spec, self._context.now()
        if self._knows_less(subject):
            return status
        status = with_scan(
            status, look, spec.effective_images, spec.vulnerability_policy, generation=generation, now=now
        )
        return with_registry_rules(status, look, subject.desired.scan_on_push, generation=generation, now=now)

    def _knows_less(self, subject: Subject) -> bool:
        """Whether the status says all that is known, and more: a start is no news."""
        if subject.status.observed_generation != subject.generation:
            return False
        if not subject.spec.effective_images.reads_findings:
            return False
        memory, before = self._memory(subject), subject.status.scan
        if memory.reported is None:
            return True
        # Why an image was not read is said by the verdict alone. It is looked for at once.
        unread = {one.digest for one in (before and before.images) or () if one.status is None}
        return not memory.has_read and any(
            known is None and candidate.digest in unread for candidate, known in _wanted(subject, memory)
        )

    def new_criticals(self, subject: Subject) -> tuple[str, ...]:
        """Critical findings that were not there when this was asked last."""
        memory = self._memory(subject)
        scans = (known.scan for known in memory.asked.values() if known.scan is not None)
        found = {name for scan in scans for name in scan.criticals}
        new = sorted(found - memory.told)
        memory.told = frozenset(found)
        return tuple(new)

    def started(self, subject: Subject, digests: frozenset[str]) -> None:
        """AWS has taken on scans of these images, or will not: it is not asked to again."""
        if not digests:
            return
        memory = self._memory(subject)
        memory.started |= digests
        for known in memory.asked.values():
            if known.scan is not None and known.scan.status == SCAN_NOT_FOUND:
                known.due = min(known.due, self._context.monotonic() + self._times.poll)

    def _keep(self, memory: ScanMemory, candidate: Candidate, known: AskedScan | None, found: Found) -> None:
        now, scan = self._context.monotonic(), found.scan
        if scan is None:
            # It was deleted meanwhile, as the next inventory will show.
            memory.drop(frozenset({candidate.digest}))
            return
        if scan.type is not None and scan.type != memory.type:
            self._switched(memory, scan.type)
            memory.type_since = now
        running = scan.phase == ScanPhase.RUNNING
        polls = known.polls + 1 if known is not None and running else 0
        age = (self._context.now() - candidate.pushed_at).total_seconds()
        after = asked_again_after(scan, self._times, age=age, polls=polls)
        due = now + self._context.jittered(after, 0.1)
        memory.asked[candidate.digest] = AskedScan(scan, due, polls, found.parts)

    def _later(self, memory: ScanMemory, candidate: Candidate, known: AskedScan | None, after: float) -> None:
        """AWS has not told now: what was known stays."""
        if candidate in (memory.reported or ()):
            due = self._context.monotonic() + after
            memory.asked[candidate.digest] = replace(known or AskedScan(None, due), due=due)

    @staticmethod
    def _switched(memory: ScanMemory, type: ScanType) -> None:
        """The other kind's findings are hidden from now on, and say nothing for this one."""
        memory.type = type
        memory.asked = {
            digest: known
            for digest, known in memory.asked.items()
            if known.scan is None or known.scan.type in (None, type)
        }

    def _recall(self, subject: Subject, memory: ScanMemory) -> None:
        """After a start: what the status says is known, and was asked for at some time in the past."""
        if memory.reported is not None:
            return
        look, now = of_last_status(subject.status), self._context.monotonic()
        memory.type = look.type
        verdict = subject.status.condition(SCAN_PASSED)
        if verdict is not None and verdict.reason == Reason.ACCESS_DENIED:
            memory.denied = verdict.message
        for digest, scan in look.scans.items():
            after = asked_again_after(scan, self._times, age=float("inf"), polls=0)
            memory.asked[digest] = AskedScan(
                scan, now + self._context.chance.uniform(0.0, after), is_recalled=True
            )

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


def _wanted(subject: Subject, memory: ScanMemory) -> list[tuple[Candidate, AskedScan | None]]:
    """The images that are to be reported, with what is known of them."""
    reported = (memory.reported or ())[: subject.spec.effective_images.effective_report]
    return [(candidate, memory.asked.get(candidate.digest)) for candidate in reported]
