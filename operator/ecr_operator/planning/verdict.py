"""The verdict on images by the findings of their scans: may they be run?

Findings that are known to be too many are too many, whatever has become of the scan since. An image of which
too little is known is what `onUnscanned` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ecr_operator.api.meta import ConditionStatus
from ecr_operator.api.vulnerability_policy import OnUnscanned, VulnerabilityPolicy
from ecr_operator.planning.image_scan import (
    CRITICAL,
    HIGH,
    MEDIUM,
    SCAN_NOT_FOUND,
    ImageScan,
    ScanPhase,
    phase_of,
)
from ecr_operator.reasons import Reason

_ON_UNSCANNED: dict[OnUnscanned, ConditionStatus] = {
    OnUnscanned.FAIL: "False",
    OnUnscanned.PASS: "True",
    OnUnscanned.UNKNOWN: "Unknown",
}
_WHY = {
    "FAILED": "has no scan to judge by, because it failed",
    "UNSUPPORTED_IMAGE": "cannot be scanned, because AWS does not support what it is made of",
    "IMAGE_SIZE_EXCEEDED": "cannot be scanned, because it is too large",
    "IMAGE_ARCHIVED": "is archived, and AWS scans no archived image",
}
_NEXT = {
    Reason.VULNERABILITIES_FOUND: "Replace this image and delete it, or raise the limits of "
    "`vulnerabilityPolicy`",
    Reason.NOT_SCANNED: "Have it scanned, or decide with `vulnerabilityPolicy.onUnscanned`",
    Reason.SCAN_TOO_OLD: "Have it scanned again, or raise `vulnerabilityPolicy.maxScanAgeDays`",
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
        return Verdict("Unknown", Reason.SCAN_PENDING, "has a scan that was not read from AWS yet")
    if scan.phase == ScanPhase.RUNNING:
        return unscanned(policy, Reason.SCAN_PENDING, _waiting(scan))
    if scan.phase != ScanPhase.DONE:
        return unscanned(policy, Reason.NOT_SCANNED, _why(scan))
    if too_old(scan, policy, now):
        days = policy.max_scan_age_days
        limit = f"more than {days:,} {'day' if days == 1 else 'days'} ago"
        if scan.completed_at is None:
            text = f"was scanned at a time that AWS does not tell, which counts as {limit}"
        else:
            text = f"was scanned on {scan.completed_at.astimezone(UTC):%Y-%m-%d}, {limit}"
        return unscanned(policy, Reason.SCAN_TOO_OLD, text)
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


def _waiting(scan: ImageScan) -> str:
    if phase_of(scan.status) == ScanPhase.DONE:
        return f"has a scan that AWS calls {scan.status}, but shows no result of yet"
    return f"is being scanned ({scan.status})"


def _why(scan: ImageScan) -> str:
    if scan.status == SCAN_NOT_FOUND:
        return "was never scanned" if scan.counts is None else "has no scan any more"
    said = f": {scan.description.rstrip('.')}" if scan.description else ""
    if scan.phase == ScanPhase.EXPIRED:
        return f"is not scanned any more ({scan.status}{said})"
    return f"{_WHY.get(scan.status, 'has no scan to judge by')} ({scan.status}{said})"


def judge(images: Sequence[Judged]) -> Verdict:
    """The verdict on all images together: none may fail, and of each it must be known."""
    if not images:
        message = "There is no image to judge: the repository has none with a tag, and none in use"
        return Verdict("Unknown", Reason.NO_IMAGES_REPORTED, message)
    order: tuple[ConditionStatus, ...] = ("False", "Unknown", "True")
    passed = min((one.verdict.passed for one in images), key=order.index)
    if passed == "True":
        return _all_pass(images)
    alike = [one for one in images if one.verdict.passed == passed]
    worst = min(alike, key=_goodness)
    reason = worst.verdict.reason
    if passed == "False":
        text = f"{len(alike):,} of {_images(len(images))} {'fails' if len(alike) == 1 else 'fail'}"
    else:
        text = f"{len(alike):,} of {_images(len(images))} cannot be judged yet"
        if reason != Reason.SCAN_PENDING:
            text = text.removesuffix(" yet")
    first = "" if len(alike) == 1 else "the worst, " if passed == "False" else "the first, "
    text += f": {first}{worst.name}{',' if first else ''} {worst.verdict.message}"
    if reason == Reason.VULNERABILITIES_FOUND and worst.scan is not None:
        text += f"; it has {describe_counts(worst.scan)}"
    return Verdict(passed, reason, ". ".join(filter(None, (text, _NEXT.get(reason)))))


def _all_pass(images: Sequence[Judged]) -> Verdict:
    text = f"{_images(len(images))} {'passes' if len(images) == 1 else 'pass'}"
    scanned = [one for one in images if one.verdict.reason == Reason.NO_VULNERABILITIES_FOUND]
    # One that passes because nothing is known of it is said, too.
    others = [one for one in images if one not in scanned]
    allowed = " only because `vulnerabilityPolicy.onUnscanned` is `Pass`"
    if not scanned:
        first = min(others, key=_goodness)
        text += f"{allowed}: {first.name} {first.verdict.message}"
        return Verdict("True", first.verdict.reason, text)
    worst = min(scanned, key=_goodness)
    if worst.scan is not None:
        text += f"; the worst is {worst.name}: {describe_counts(worst.scan)}"
    if others:
        text += f"; {len(others):,} {'passes' if len(others) == 1 else 'pass'}{allowed}"
    return Verdict("True", Reason.NO_VULNERABILITIES_FOUND, text)


def _goodness(judged: Judged) -> tuple[bool, tuple[int, ...]]:
    """The worst is the lowest: known findings before what is not known, many before few."""
    known = judged.scan.rank() if judged.scan else ()
    found = judged.verdict.reason == Reason.VULNERABILITIES_FOUND
    return not found, tuple(-number for number in known)


def describe_counts(scan: ImageScan) -> str:
    """Its findings: "1 critical, 3 high"; with how many of the critical ones have a fix, where AWS says."""
    if scan.counts is None:
        return "findings that are not known"
    parts = [f"{number:,} {severity.lower()}" for severity, number in scan.counts.items()]
    text = ", ".join(parts) if parts else "no findings"
    if scan.of(CRITICAL) and scan.fixable_critical is not None:
        text += f" ({scan.fixable_critical:,} of the critical ones with a fix)"
    return text


def _images(number: int) -> str:
    return f"{number:,} reported {'image' if number == 1 else 'images'}"
