"""One scan of an image, and how scans go at the moment: how long they take, and how many a day may start.

Time is this AWS's own (`clock.CLOCK`): moving it moves scans along. Source: botocore's ecr model (ScanStatus;
StartImageScan: "once per 24 hours on an individual image", "up to 100,000 basic scans per 24 hours"); the
descriptions are those of AWS's sample answers and of public reports (alexjurkiewicz/ecr-scan-image#45,
aws-observability/aws-otel-collector#2193), or, of IMAGE_ARCHIVED, the words of ImageArchivedException.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..clock import CLOCK

if TYPE_CHECKING:
    from .scan_findings import Findings

TYPES = ("BASIC", "ENHANCED")
RUNNING = {"BASIC": "IN_PROGRESS", "ENHANCED": "PENDING"}
"""A scan that has begun. PENDING: Inspector's PENDING_INITIAL_SCAN, "results will be available soon"
(inferred).
"""
GOOD = {"BASIC": "COMPLETE", "ENHANCED": "ACTIVE"}
"""A scan whose findings are there."""

DESCRIPTIONS = {
    "COMPLETE": "The scan was completed successfully.",
    "ACTIVE": "Continuous scan is selected for image.",
    "UNSUPPORTED_IMAGE": (
        "UnsupportedImageError: The operating system and/or package manager are not supported."
    ),
    "IMAGE_ARCHIVED": "The specified image is archived and cannot be scanned.",
}

DAY = 86_400.0
QUOTA = 100_000

SERIALS = itertools.count(1)


@dataclass(slots=True)
class Scan:
    """The last scan of an image, of one type."""

    type: str
    status: str
    started: float
    completed_at: float | None = None
    source_updated_at: float | None = None
    findings: Findings | None = None
    """None: nothing is said of findings."""
    description: str | None = None
    """None: the usual words of the status."""
    outcome: str | None = None
    """What becomes of it by itself, in time; None: nothing, it is as it was put."""
    raw: dict[str, Any] | None = None
    """The answer, verbatim, in the place of all else."""
    serial: int = field(default_factory=lambda: next(SERIALS))

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status in RUNNING.values()

    @property
    def words(self) -> str | None:
        """The description of the status."""
        return DESCRIPTIONS.get(self.status) if self.description is None else self.description

    def end(self, status: str, at: float) -> None:
        """End it with `status` at this time."""
        self.status, self.outcome = status, None
        self.completed_at = self.source_updated_at = at

    def age(self, seconds: float) -> None:
        """Move its times into the past."""
        self.started -= seconds
        if self.completed_at is not None:
            self.completed_at -= seconds
        if self.source_updated_at is not None:
            self.source_updated_at -= seconds


@dataclass(slots=True)
class ScanCourse:
    """How scans go: their length by account and prefix (the longest counts), their quota by account."""

    _seconds: dict[tuple[str | None, str], float | None] = field(default_factory=dict)
    _quotas: dict[str | None, int] = field(default_factory=dict)

    def set_seconds(self, seconds: float | None, prefix: str, account: str | None) -> None:
        """Let scans in repositories (of an account) whose names begin with `prefix` take so long (None: for
        ever).
        """
        self._seconds[account, prefix] = seconds

    def set_quota(self, number: int | None, account: str | None) -> None:
        """Let so many basic scans start within 24 h, in each Region of an account, or of all; None lifts
        it.
        """
        if number is None:
            self._quotas.pop(account, None)
        else:
            self._quotas[account] = number

    def quota(self, account: str) -> int:
        """How many may start."""
        return self._quotas.get(account, self._quotas.get(None, QUOTA))

    def settle(self, scan: Scan, account: str, repository: str) -> None:
        """End a scan whose time is over."""
        if scan.outcome is None:
            return
        found = [
            (len(prefix), owner is not None, seconds)
            for (owner, prefix), seconds in self._seconds.items()
            if owner in (None, account) and repository.startswith(prefix)
        ]
        seconds = max(found, key=lambda one: one[:2])[2] if found else 0.0
        if seconds is not None and CLOCK.time() >= scan.started + seconds:
            scan.end(scan.outcome, scan.started + seconds)

    def clear(self) -> None:
        """Back to scans that are done at once."""
        self._seconds.clear()
        self._quotas.clear()


SCANS = ScanCourse()
"""The one course of the process."""
