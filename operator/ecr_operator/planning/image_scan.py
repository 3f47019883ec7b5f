"""What is known of the scan of an image, whichever way the registry scans.

Statuses are those of ECR's API (`ImageScanStatus`); one that AWS adds later is shown as it is and taken for
"not scanned". That nothing was found is known only of a completed scan: until then, and when the time for
which AWS scans an image is over, the findings are empty too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ecr_operator.api.scan_status import SEVERITIES_MAX, SEVERITY_MAX, ReportedImage, ScanType

SCAN_NOT_FOUND: Final = "SCAN_NOT_FOUND"
"""Beside AWS's own statuses: there is no scan (ScanNotFoundException)."""
ARCHIVED: Final = "IMAGE_ARCHIVED"

CRITICAL, HIGH, MEDIUM = "CRITICAL", "HIGH", "MEDIUM"
SEVERITIES: Final = (CRITICAL, HIGH, MEDIUM, "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED")
"""AWS's own, the worst first. `UNTRIAGED` is of enhanced scanning alone."""
_OTHER: Final = "UNDEFINED"
_NAMES_MAX: Final = 20

_IN_PROGRESS: Final = "IN_PROGRESS"

NO_COUNTS: Final[Mapping[str, int]] = MappingProxyType({})


class ScanPhase(StrEnum):
    """What a status means for who waits for findings."""

    DONE = "Done"
    """There are findings, or known to be none."""
    RUNNING = "Running"
    """There will be."""
    EXPIRED = "Expired"
    """AWS scans the image no more, and has closed its findings: what it still shows is a minimum."""
    NONE = "None"
    """There are none, and none will come by themselves."""


_PHASES: Final = {
    "COMPLETE": ScanPhase.DONE,
    "ACTIVE": ScanPhase.DONE,
    "PENDING": ScanPhase.RUNNING,
    _IN_PROGRESS: ScanPhase.RUNNING,
    "SCAN_ELIGIBILITY_EXPIRED": ScanPhase.EXPIRED,
}


def phase_of(status: str) -> ScanPhase:
    """What AWS's status alone means."""
    return _PHASES.get(status, ScanPhase.NONE)


@dataclass(frozen=True, slots=True)
class ImageScan:
    """Of one image; of an index: of the images that it refers to, taken together."""

    status: str
    """AWS's own word, or `SCAN_NOT_FOUND`."""
    type: ScanType | None = None
    """How it was scanned; None: AWS's answer does not tell."""
    counts: Mapping[str, int] | None = None
    """Findings by severity, without those that have none. None: not known, which is not "none"."""
    fixable_critical: int | None = None
    """Critical ones for which there is a fix; None: not known."""
    criticals: tuple[str, ...] = field(default=(), compare=False)
    """Names of critical findings, as many as were read, sorted."""
    completed_at: datetime | None = None
    description: str = field(default="", compare=False)
    """AWS's sentence about the status."""
    shows_nothing: bool = field(default=False, compare=False)
    """Whether AWS calls it done and shows no result of it: `IN_PROGRESS` is not its word then."""

    @property
    def phase(self) -> ScanPhase:
        """What the status means."""
        phase = phase_of(self.status)
        if phase == ScanPhase.DONE and self.counts is None:
            # AWS has been seen to say so before it had any findings (aws-sdk issues 288 and 289).
            return ScanPhase.RUNNING
        return phase

    @property
    def is_without_result(self) -> bool:
        """Whether it is `RUNNING` only because AWS calls it done and shows no result of it."""
        return self.phase == ScanPhase.RUNNING and (
            self.shows_nothing or phase_of(self.status) == ScanPhase.DONE
        )

    def of(self, severity: str) -> int:
        """How many findings of that severity are known."""
        return (self.counts or NO_COUNTS).get(severity, 0)

    def rank(self) -> tuple[int, ...]:
        """The worse, the higher."""
        return tuple(self.of(severity) for severity in SEVERITIES)


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    """Findings by severity as they are kept: the worst severity first, without those that have none.

    Severities that AWS may add keep their name, as long as there are few of them: its own have their places
    in a status even when they have no findings.
    """
    found = {severity: number for severity, number in counts.items() if number > 0}
    places = SEVERITIES_MAX - len(SEVERITIES)
    kept = dict.fromkeys(SEVERITIES, 0)
    for severity in sorted(found):
        if severity not in kept:
            if places and 1 <= len(severity) <= SEVERITY_MAX:
                places -= 1
                kept[severity] = 0
            else:
                kept[_OTHER] += found[severity]
                continue
        kept[severity] += found[severity]
    return {severity: number for severity, number in kept.items() if number}


def together(scans: Sequence[ImageScan]) -> ImageScan:
    """The scan of an index: as far as the least advanced of its images, as bad as the worst of each severity.

    A sum would count the same vulnerability once per platform. `scans` has at least one.
    """
    least = _waited_for(min(scans, key=_progress))
    known = [scan for scan in scans if scan.counts is not None]
    merged: dict[str, int] = {}
    for scan in known:
        for severity, number in (scan.counts or NO_COUNTS).items():
            merged[severity] = max(merged.get(severity, 0), number)
    fixable = [scan.fixable_critical for scan in known if scan.of(CRITICAL)]
    fixes = [number for number in fixable if number is not None]
    types = {scan.type for scan in scans if scan.type is not None}
    times = [scan.completed_at for scan in scans if scan.completed_at is not None]
    running = [scan for scan in scans if scan.phase == ScanPhase.RUNNING]
    return ImageScan(
        status=least.status,
        # Both kinds at once are seen while a registry is switched.
        type=types.pop() if len(types) == 1 else None,
        counts=counted(merged) if known else None,
        fixable_critical=max(fixes, default=0) if known and len(fixes) == len(fixable) else None,
        criticals=names(name for scan in scans for name in scan.criticals),
        completed_at=min(times) if len(times) == len(scans) else None,
        description=least.description,
        shows_nothing=bool(running) and all(scan.is_without_result for scan in running),
    )


def _progress(scan: ImageScan) -> tuple[int, str, str]:
    order = (ScanPhase.RUNNING, ScanPhase.NONE, ScanPhase.EXPIRED, ScanPhase.DONE)
    return order.index(scan.phase), scan.status, scan.description


def _waited_for(scan: ImageScan) -> ImageScan:
    """`scan`; where AWS calls it done and shows nothing, as one in progress.

    To be used where it gets findings that are not its own: with them it would look as if it were done.
    """
    if scan.is_without_result:
        return replace(scan, status=_IN_PROGRESS, shows_nothing=True)
    return scan


def names(found: Iterable[str]) -> tuple[str, ...]:
    """The names of findings as they are kept: sorted, each once, at most 20, without empty ones."""
    return tuple(sorted({name for name in found if name})[:_NAMES_MAX])


def of_status(image: ReportedImage, type: ScanType | None) -> ImageScan | None:
    """What a status says of an image's scan; None: nothing. That is what a restart knows."""
    if image.status is None:
        return None
    # The API server hands out names in alphabetical order, and messages go by the severity.
    counts = None if image.severity_counts is None else counted(image.severity_counts)
    return ImageScan(image.status, type, counts, image.fixable_critical, completed_at=image.completed_at)


def same_kind(one: ScanType | None, other: ScanType | None) -> bool:
    """Whether both kinds may be the same."""
    return one is None or other is None or one == other


def carried(before: ImageScan | None, scan: ImageScan) -> ImageScan:
    """`scan`; where it tells no findings, with those that were found last, if it is of the same kind.

    The other kind's findings are hidden when a registry is switched, and say nothing for the new one. That
    there were none is no news of an image that AWS scans no more: it closes the findings of such an image.
    """
    if before is None or scan.counts is not None or before.counts is None:
        return scan
    if not same_kind(before.type, scan.type) or (scan.phase == ScanPhase.EXPIRED and not before.counts):
        return scan
    return replace(
        _waited_for(scan),
        type=scan.type or before.type,
        counts=before.counts,
        fixable_critical=before.fixable_critical,
        criticals=before.criticals,
        completed_at=before.completed_at,
    )


def without_scan(before: ImageScan | None, type: ScanType | None) -> ImageScan:
    """AWS knows no scan of the image, or none any more."""
    return carried(before, ImageScan(SCAN_NOT_FOUND, type))
