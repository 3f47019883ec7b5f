"""What `ecr-operator gate` finds out about an image."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ecr_operator.planning.image_reference import ImageReference
from ecr_operator.planning.image_scan import SEVERITIES, ImageScan
from ecr_operator.planning.scan_finding import Finding


class Result(StrEnum):
    """Of one image, or of all."""

    PASS = "pass"  # noqa: S105 - a word, no password
    FAIL = "fail"
    UNDECIDED = "undecided"
    ERROR = "error"


EXIT_CODES: Final = {Result.FAIL: 2, Result.ERROR: 1, Result.UNDECIDED: 3, Result.PASS: 0}
"""The worst first: of several images it counts. That one fails is known, whatever became of the others."""


@dataclass(frozen=True, slots=True)
class Target:
    """An image that is to be judged."""

    text: str
    """As somebody wrote it."""
    reference: ImageReference


@dataclass(frozen=True, slots=True)
class Part:
    """What was read of one image: the target itself, or one that it refers to as an index."""

    digest: str
    scan: ImageScan | None
    """None: there is no such image (any more)."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`message` says what is the case, with the image as its subject: "has 2 critical findings"."""

    target: Target
    result: Result
    reason: str
    message: str
    digest: str | None = None
    """None: it was not found out."""
    is_index: bool = False
    parts: tuple[Part, ...] = ()
    """The image itself; of an index, the images that it refers to."""
    scan: ImageScan | None = None
    """Of an index: of its images, taken together."""
    remarks: tuple[str, ...] = ()
    """What the look at it has cost or left out."""

    def findings(self) -> Mapping[Finding, tuple[str, ...]]:
        """Each finding once, the worst first, with the digests of the images that have it."""
        found: dict[Finding, dict[str, None]] = {}
        for part in self.parts:
            for finding in part.findings:
                found.setdefault(finding, {})[part.digest] = None
        return {finding: tuple(found[finding]) for finding in sorted(found, key=_place)}


def overall(outcomes: Iterable[Outcome]) -> Result:
    """The worst of all."""
    results = {outcome.result for outcome in outcomes}
    return next((result for result in EXIT_CODES if result in results), Result.PASS)


def _place(finding: Finding) -> tuple[int, str, str, tuple[str, ...]]:
    known = finding.severity in SEVERITIES
    rank = SEVERITIES.index(finding.severity) if known else len(SEVERITIES)
    return rank, finding.severity, finding.name, finding.packages
