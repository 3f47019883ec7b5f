"""The verdict on images by the findings of their scans: may they be run?

Findings that are known to be too many are too many, whatever has become of the scan since. An image of which
too little is known is what `onUnscanned` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ecr_operator.api.meta import ConditionStatus
from ecr_operator.api.vulnerability_policy import OnUnscanned, VulnerabilityPolicy
from ecr_operator.planning.image_scan import CRITICAL, HIGH, MEDIUM, SCAN_NOT_FOUND, ImageScan, ScanPhase
from ecr_operator.reasons import Reason

_ON_UNSCANNED: dict[OnUnscanned, ConditionStatus] = {
    OnUnscanned.FAIL: "False",
    OnUnscanned.PASS: "True",
    OnUnscanned.UNKNOWN: "Unknown",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`message` says of one image what is the case, without its name: "has 2 critical findings"."""

    passed: ConditionStatus
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Judged:
    """An image with its verdict."""

    name: str
    """As a person knows it: its tag, else its digest."""
    scan: ImageScan | None
    verdict: Verdict


def judge_image(scan: ImageScan | None, policy: VulnerabilityPolicy, now: datetime) -> Verdict:
    """The verdict on one image; `scan` None: AWS was not asked yet."""
    broken = exceeded(scan, policy) if scan is not None else ()
    if broken:
        return Verdict("False", Reason.VULNERABILITIES_FOUND, f"has {' and '.join(broken)}")
    if scan is None:
        return Verdict("Unknown", Reason.SCAN_PENDING, "has a scan that was not read yet")
    if scan.phase == ScanPhase.RUNNING:
        return unscanned(policy, Reason.SCAN_PENDING, f"is being scanned ({scan.status})")
    if scan.phase != ScanPhase.DONE:
        return unscanned(policy, Reason.NOT_SCANNED, _why(scan))
    if too_old(scan, policy, now):
        days = policy.max_scan_age_days
        when = "at an unknown time" if scan.completed_at is None else f"on {scan.completed_at:%Y-%m-%d}"
        return unscanned(
            policy, Reason.SCAN_TOO_OLD, f"was scanned {when}, which is more than {days} days ago"
        )
    return Verdict("True", Reason.NO_VULNERABILITIES_FOUND, "has no more findings than allowed")


def exceeded(scan: ImageScan, policy: VulnerabilityPolicy) -> tuple[str, ...]:
    """Which limits the known findings break, in words: "2 critical findings (at most 0)"."""
    limits = (
        (CRITICAL, "critical", policy.max_critical),
        (HIGH, "high", policy.max_high),
        (MEDIUM, "medium", policy.max_medium),
    )
    return tuple(
        f"{number:,} {word} {'finding' if number == 1 else 'findings'} (at most {limit:,})"
        for severity, word, limit in limits
        if limit is not None and (number := scan.of(severity)) > limit
    )


def too_old(scan: ImageScan, policy: VulnerabilityPolicy, now: datetime) -> bool:
    """Whether the scan is older than the policy lets it be; of one without a time nobody knows."""
    if policy.max_scan_age_days is None:
        return False
    if scan.completed_at is None:
        return True
    return now - scan.completed_at > timedelta(days=policy.max_scan_age_days)


def unscanned(policy: VulnerabilityPolicy, reason: Reason, message: str) -> Verdict:
    """The verdict on an image of which too little is known."""
    return Verdict(_ON_UNSCANNED[policy.effective_on_unscanned], reason, message)


def _why(scan: ImageScan) -> str:
    if scan.status == SCAN_NOT_FOUND:
        return "was never scanned" if scan.counts is None else "has no scan any more"
    said = f": {scan.description}" if scan.description else ""
    if scan.phase == ScanPhase.EXPIRED:
        return f"is not scanned any more ({scan.status}{said})"
    return f"has no scan to judge by ({scan.status}{said})"


def judge(images: Sequence[Judged]) -> Verdict:
    """The verdict on all images together: none may fail, and of each it must be known."""
    if not images:
        return Verdict("Unknown", Reason.NO_IMAGES_REPORTED, "No image is reported, so none was judged")
    order: tuple[ConditionStatus, ...] = ("False", "Unknown", "True")
    worst = min(images, key=lambda one: (order.index(one.verdict.passed), _goodness(one)))
    alike = sum(one.verdict.passed == worst.verdict.passed for one in images)
    verdict = worst.verdict
    match verdict.passed:
        case "True":
            counts = worst.scan and worst.scan.counts
            found = describe_counts(worst.scan) if worst.scan and counts else "no findings"
            # Also one that passes because nothing is known of it (`onUnscanned: Pass`) is said.
            unscanned = sum(one.verdict.reason != Reason.NO_VULNERABILITIES_FOUND for one in images)
            more = f"; {unscanned:,} without a scan to judge by" if unscanned else ""
            text = f"{_images(len(images))} passed{more}; the worst is {worst.name}: {found}"
            return Verdict("True", Reason.NO_VULNERABILITIES_FOUND, text)
        case "False":
            text = f"{alike:,} of {_images(len(images))} failed; the worst: {worst.name} {verdict.message}"
        case _:
            text = f"{alike:,} of {_images(len(images))} cannot be judged: {worst.name} {verdict.message}"
    if verdict.reason == Reason.VULNERABILITIES_FOUND and worst.scan is not None:
        text += f"; it has {describe_counts(worst.scan)}"
    return Verdict(verdict.passed, verdict.reason, text)


def _goodness(judged: Judged) -> tuple[bool, tuple[int, ...]]:
    """The worst is the lowest: known findings before what is not known, many before few."""
    known = judged.scan.rank() if judged.scan else ()
    found = judged.verdict.reason == Reason.VULNERABILITIES_FOUND
    return not found, tuple(-number for number in known)


def describe_counts(scan: ImageScan) -> str:
    """Its findings: "1 critical, 3 high"; with how many of the critical ones have a fix, where AWS says."""
    parts = [f"{number:,} {severity.lower()}" for severity, number in (scan.counts or {}).items()]
    text = ", ".join(parts) if parts else "no findings"
    if scan.of(CRITICAL) and scan.fixable_critical is not None:
        text += f" ({scan.fixable_critical:,} of the critical ones with a fix)"
    return text


def _images(number: int) -> str:
    return f"{number:,} reported {'image' if number == 1 else 'images'}"
