"""Reads the scans that are due of a repository's images, and keeps what AWS tells."""

from dataclasses import dataclass, replace

from ecr_operator.aws.errors import AwsError, CircuitOpen, Kind
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.pull_times import PullTimes
from ecr_operator.controllers.scan_memory import AskedScan, ScanMemory
from ecr_operator.controllers.scan_questions import Found, ask, can_be_asked, resolve
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning.image_scan import ScanPhase
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.planning.scan_due import POLLS_WITHOUT_RESULT, ScanPace, asked_again_after
from ecr_operator.reasons import Reason

RETRY_SECONDS = 60.0
"""When AWS is asked again that has not answered."""
TURN_CALLS = 50
"""A turn ends after so many calls, and what is left is due at once: the budget has its say between."""
DENIALS = frozenset({Reason.ACCESS_DENIED, Reason.ASSUME_ROLE_DENIED})

_OF_NO_IMAGE = frozenset({Reason.CREDENTIALS_MISSING, Reason.CLOCK_SKEW})
"""Errors of the operator's own, which say nothing of an image."""


@dataclass(frozen=True, slots=True)
class ScanTurn:
    """What a look at a repository's scans has come to."""

    calls: int
    error: AwsError | None = None
    """Why not all was read that was due, where that passes by itself or is about one image."""


class ScanReader:
    """`read` is a turn of the pace for one object."""

    def __init__(self, context: Context, memories: Memories, times: ScanPace, pull_times: PullTimes) -> None:
        self._context = context
        self._memories = memories
        self._times = times
        self._pull_times = pull_times

    async def read(self, subject: Subject, registry: Registry) -> ScanTurn:
        """Ask AWS about the images that are due, those first that have waited longest."""
        memory, calls = self._memories.of(subject.obj).scans, 0
        now = self._context.monotonic()
        name, lifecycle = subject.desired.name, self._memories.of(subject.obj).lifecycle
        due = [(known.due if known else 0.0, one, known) for one, known in wanted(subject, memory)]
        # Whether AWS still refuses is tried with one image, however long its scan is good for.
        tried = [one for one in due if memory.denied is not None and can_be_asked(one[1], lifecycle)][:1]
        due = sorted((one for one in due if one[0] <= now or one in tried), key=lambda one: one[0])
        indexes = [one for _, one, _ in due if one.is_index and not one.is_archived]
        failed: AwsError | None = None
        refused = ended = False
        try:
            calls += await resolve(registry, subject.desired, indexes, self._pull_times, memory, lifecycle)
        except CircuitOpen:
            raise
        except AwsError as error:
            calls, failed = calls + 1, error
        unresolved = failed
        for _, candidate, known in due:
            if not candidate.is_archived and not can_be_asked(candidate, lifecycle):
                self._later(memory, candidate, known, unresolved)
                continue
            ended = calls >= TURN_CALLS
            if ended:
                break
            known = self._not_stale(known)
            found = await ask(registry, name, candidate, known, memory, lifecycle, limit=TURN_CALLS - calls)
            calls += found.calls
            if not found.is_whole:
                known = self._begun(memory, candidate, known, found)
                problem = found.error
                if problem is None:
                    ended = True
                    break
                if isinstance(problem, CircuitOpen):
                    raise problem
                if problem.reason in DENIALS:
                    # The other images would be refused in the same way.
                    memory.denied, refused = problem.message, True
                    wait = self._context.settings.stalled_recheck_seconds
                    memory.denied_until = now + self._context.jittered(wait, 0.5)
                    break
                self._later(memory, candidate, known, problem)
                # One image may have an error of its own. Of two it is no matter which.
                is_general = failed is not None or problem.reason == Reason.THROTTLED
                failed = problem
                if is_general:
                    break
                continue
            self._keep(memory, candidate, known, found)
        if failed is None and not refused:
            memory.denied = None
        memory.has_read = memory.has_read or (failed is None and not ended)
        return ScanTurn(calls, failed)

    def _keep(self, memory: ScanMemory, candidate: Candidate, known: AskedScan | None, found: Found) -> None:
        now, scan = self._context.monotonic(), found.scan
        if scan is None:
            # It was deleted meanwhile, as the next inventory will show.
            memory.drop(candidate.digest)
            return
        is_news = scan.type not in (None, memory.type, memory.refuted)
        if scan.type is not None and is_news and now - memory.type_since >= self._times.interval:
            memory.switch(scan.type, now)
        running = scan.phase == ScanPhase.RUNNING
        polls = known.polls + 1 if known is not None and running else 0
        if scan.is_without_result and not (known and known.scan and known.scan.is_without_result):
            # Its scan has only just ended: the result may be there soon.
            polls = min(polls, POLLS_WITHOUT_RESULT // 2)
        age = (self._context.now() - candidate.pushed_at).total_seconds()
        after = asked_again_after(scan, self._times, age=age, polls=polls)
        # Up to a fifth later, and never sooner: how many calls a day costs is a promise.
        due = now + self._context.jittered(1.1 * after, 1 / 11)
        memory.asked[candidate.digest] = AskedScan(scan, due, polls, found.parts)

    def _not_stale(self, known: AskedScan | None) -> AskedScan | None:
        """What was begun long ago is begun anew."""
        if known is not None and self._context.monotonic() - known.begun_at >= self._times.every:
            return replace(known, begun={})
        return known

    def _begun(
        self, memory: ScanMemory, candidate: Candidate, known: AskedScan | None, found: Found
    ) -> AskedScan | None:
        """Some images of an index were read: the others are asked for next time."""
        if not found.parts or not memory.reports(candidate.digest):
            return known
        begun_at = known.begun_at if known is not None and known.begun else self._context.monotonic()
        # It stays due.
        known = replace(known or AskedScan(None, 0.0), begun=found.parts, begun_at=begun_at)
        memory.asked[candidate.digest] = known
        return known

    def _wait_after(self, error: AwsError | None) -> float:
        return RETRY_SECONDS if error is not None and error.kind == Kind.TRANSIENT else self._times.interval

    def _later(
        self, memory: ScanMemory, candidate: Candidate, known: AskedScan | None, error: AwsError | None
    ) -> None:
        """AWS has not told now: what was known stays."""
        if not memory.reports(candidate.digest):
            return
        due = self._context.monotonic() + self._wait_after(error)
        known = replace(known or AskedScan(None, due), due=due)
        if error is None:
            known.unread = None
        elif error.kind != Kind.TRANSIENT and error.reason not in _OF_NO_IMAGE:
            known.unread, known.is_doubted = error.message, False
        memory.asked[candidate.digest] = known


def wanted(subject: Subject, memory: ScanMemory) -> list[tuple[Candidate, AskedScan | None]]:
    """The images that are to be reported, with what is known of them."""
    reported = (memory.reported or ())[: subject.spec.effective_images.effective_report]
    return [(candidate, memory.asked.get(candidate.digest)) for candidate in reported]
