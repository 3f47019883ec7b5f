"""Scans and verdict policies, for tests and for hypothesis."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from ecr_operator.api.scan_status import ScanType
from ecr_operator.api.vulnerability_policy import OnUnscanned, VulnerabilityPolicy
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, SEVERITIES, ImageScan
from tests.planning.images import NOW

BASIC, ENHANCED = ScanType.BASIC, ScanType.ENHANCED

AWS_STATUSES = (
    *("IN_PROGRESS", "COMPLETE", "FAILED", "UNSUPPORTED_IMAGE", "ACTIVE", "PENDING"),
    *("SCAN_ELIGIBILITY_EXPIRED", "FINDINGS_UNAVAILABLE", "LIMIT_EXCEEDED", "IMAGE_ARCHIVED"),
    "IMAGE_SIZE_EXCEEDED",
)
STATUSES = (*AWS_STATUSES, SCAN_NOT_FOUND, "UNKNOWN", "SOMETHING_NEW")
FINAL = ("COMPLETE", "ACTIVE")
"""The only statuses by which it can be known that there is nothing."""


def scan(status: str = "COMPLETE", counts: dict[str, int] | None = None, **more: Any) -> ImageScan:
    """A scan, done an hour ago where it is done, that has found nothing unless something is said."""
    done = {"completed_at": NOW - timedelta(hours=1)} if status in FINAL else {}
    found = {} if counts is None and status in FINAL else counts
    return ImageScan(status, **{"type": BASIC, "counts": found, **done, **more})


def policy(**fields: Any) -> VulnerabilityPolicy:
    """With the wire's names: `policy(maxCritical=0)`."""
    return VulnerabilityPolicy.from_json(fields)


NO_CRITICAL = policy(maxCritical=0)

_counts = st.dictionaries(st.sampled_from(SEVERITIES), st.integers(1, 5), max_size=7)
_limits = st.none() | st.integers(0, 4)
SCANS: st.SearchStrategy[ImageScan] = st.builds(
    ImageScan,
    status=st.sampled_from(STATUSES),
    type=st.none() | st.sampled_from(ScanType),
    counts=st.none() | _counts,
    fixable_critical=st.none() | st.integers(0, 5),
    criticals=st.lists(st.text("CVE-123", min_size=1, max_size=5), max_size=3).map(
        lambda found: tuple(sorted(set(found)))
    ),
    completed_at=st.none() | st.integers(0, 30).map(lambda days: NOW - timedelta(days=days)),
    description=st.sampled_from(["", "The scan was completed successfully."]),
)
POLICIES: st.SearchStrategy[VulnerabilityPolicy] = st.builds(
    VulnerabilityPolicy,
    max_critical=_limits,
    max_high=_limits,
    max_medium=_limits,
    max_scan_age_days=st.none() | st.integers(1, 30),
    on_unscanned=st.none() | st.sampled_from(OnUnscanned),
)
