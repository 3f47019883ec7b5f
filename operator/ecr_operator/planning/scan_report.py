"""How a status says what is known of the scans of a repository's images."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from ecr_operator.api.meta import ApiModel
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.scan_status import ReportedImage, RepositoryScan, ScanType
from ecr_operator.api.vulnerability_policy import ReportedImages, VulnerabilityPolicy
from ecr_operator.planning.image_scan import (
    ARCHIVED,
    CRITICAL,
    HIGH,
    MEDIUM,
    ImageScan,
    ScanPhase,
    of_status,
    same_kind,
)
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.planning.status import with_condition
from ecr_operator.planning.verdict import Judged, Verdict, judge, judge_image, unscanned
from ecr_operator.reasons import Reason

SCAN_PASSED: Final = "ScanPassed"
MANAGED_BY_REGISTRY: Final = "ScanConfigManagedByRegistry"
"""Types of conditions; the second is there only while it is True."""
STATUS_BYTES: Final = 8100
"""Of a status as JSON: as many images are listed as there is room for. Tags may be long."""
IMAGES_BYTES: Final = 7400
"""Of `status.scan.images`, however short all else is."""
IMAGES_BYTES_MIN: Final = 2000
"""However long all else is: the first few images are listed always."""

NOT_READ: Final = Verdict(
    "Unknown",
    Reason.FINDINGS_NOT_READ,
    "The findings are not read: set `images.scanFindings` to true and `images.report` to 1 or more",
)
NOT_LISTED: Final = Verdict("Unknown", Reason.SCAN_PENDING, "The images were not listed yet")
_NO_LIMITS: Final = VulnerabilityPolicy()
_LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_ALL_READ: Final[Mapping[str, str]] = MappingProxyType({})
_NO_SCANS: Final[Mapping[str, ImageScan]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ScanLook:
    """What is known of the scans of a repository's images."""

    reported: tuple[Candidate, ...] = ()
    """The images that may be reported, the first of them first."""
    scans: Mapping[str, ImageScan] = field(default_factory=lambda: _NO_SCANS)
    """By digest, as far as they were asked for."""
    type: ScanType | None = None
    frequency: str | None = None
    by_registry: bool = False
    """Whether a rule of the registry decides on `frequency`."""
    denied: str | None = None
    """AWS's sentence, where it refuses to say more."""
    pull_times: str | None = None
    """Why indexes are not resolved, and what to do; None: they are."""
    listed: bool = True
    """Whether `reported` is what there is; False: nobody has looked yet."""
    is_remembered: bool = False
    """Whether it is what a status says, which is less than what its verdict was made from."""
    unread: Mapping[str, str] = field(default_factory=lambda: _ALL_READ)
    """By digest: AWS's sentence, where it does not tell of that image. What is in `scans` is older then."""


def of_last_status(status: EcrRepositoryStatus) -> ScanLook:
    """What a status says: after a start nothing else is known."""
    scan = status.scan or RepositoryScan()
    known = {image.digest: of_status(image, scan.type) for image in scan.images or ()}
    reported = tuple(
        Candidate(
            image.digest,
            image.tag,
            status.created_at or _LONG_AGO,
            # Else the verdict would be about it as well, until the images are listed again.
            is_archived=image.status == ARCHIVED,
        )
        for image in scan.images or ()
    )
    verdict = status.condition(SCAN_PASSED)
    return ScanLook(
        reported,
        {digest: found for digest, found in known.items() if found is not None},
        scan.type,
        scan.frequency,
        # Of images with a tag some are reported, unless nobody has looked which.
        listed=bool(reported) or (status.images is not None and not status.images.tagged_count),
        by_registry=status.condition(MANAGED_BY_REGISTRY) is not None,
        denied=verdict.message if verdict and verdict.reason == Reason.ACCESS_DENIED else None,
        is_remembered=True,
    )


def with_scan(
    status: EcrRepositoryStatus,
    look: ScanLook,
    images: ReportedImages,
    policy: VulnerabilityPolicy | None,
    *,
    generation: int,
    now: datetime,
) -> EcrRepositoryStatus:
    """`status` that shows the scans of the reported images, with the verdict of `policy` on them."""

    def concluded(verdict: Verdict | None) -> EcrRepositoryStatus:
        if verdict is None:
            return with_condition(status, SCAN_PASSED, None, generation=generation, now=now)
        return with_condition(
            status,
            SCAN_PASSED,
            verdict.passed,
            verdict.reason,
            verdict.message,
            generation=generation,
            now=now,
        )

    before = status.condition(SCAN_PASSED)
    is_judged = policy is None if before is None else before.observed_generation == generation
    if look.is_remembered and is_judged and images.reads_findings:
        # Nothing is known that this was not made from.
        return status
    if not images.reads_findings:
        status = status.model_copy(update={"scan": None})
        return concluded(None if policy is None else NOT_READ)
    reported = look.reported[: images.effective_report]
    judged = tuple(_judged(one, look, policy or _NO_LIMITS, now) for one in reported)
    verdict = None if policy is None else judge(_to_judge(judged)) if look.listed else NOT_LISTED
    if look.denied is not None and (verdict is None or verdict.passed != "False"):
        # What is known to be bad stays bad.
        verdict = Verdict("Unknown", Reason.ACCESS_DENIED, look.denied)
    scan = RepositoryScan(type=look.type, frequency=look.frequency, worst=_worst(one.scan for one in judged))
    status = concluded(verdict).model_copy(update={"scan": scan})
    entries = (_entry(one, with_verdict=policy is not None) for one in judged)
    scan = scan.model_copy(update={"images": _fitting(entries, STATUS_BYTES - _size(status)) or None})
    return status.model_copy(update={"scan": scan if scan != RepositoryScan() else None})


@dataclass(frozen=True, slots=True)
class _Reported(Judged):
    candidate: Candidate


def _judged(candidate: Candidate, look: ScanLook, policy: VulnerabilityPolicy, now: datetime) -> _Reported:
    scan = look.scans.get(candidate.digest)
    if scan is not None and not same_kind(scan.type, look.type):
        # The registry was switched: what the other kind has found says nothing for this one.
        scan = None
    if candidate.is_index and scan is None and look.pull_times is not None:
        verdict = unscanned(policy, Reason.PULL_TIMES_COUNT, f"is an index and not read: {look.pull_times}")
    else:
        verdict = judge_image(scan, policy, now)
        unread = look.unread.get(candidate.digest)
        if unread is not None and verdict.passed != "False":
            # As where AWS denies all: it may have found something by now.
            verdict = Verdict(
                "Unknown", Reason.FINDINGS_NOT_READ, f"has a scan that AWS does not tell: {unread}"
            )
    return _Reported(candidate.tag or candidate.digest, scan, verdict, candidate)


def _to_judge(judged: tuple[_Reported, ...]) -> tuple[_Reported, ...]:
    """An archived image cannot be pulled: it counts where it is in use, or where there is no other."""
    pullable = tuple(one for one in judged if one.candidate.is_used or not one.candidate.is_archived)
    return pullable or judged


def _entry(judged: _Reported, *, with_verdict: bool) -> ReportedImage:
    scan, candidate = judged.scan, judged.candidate
    image = ReportedImage(tag=candidate.tag, digest=candidate.digest)
    if with_verdict:
        image = image.model_copy(update={"passed": judged.verdict.passed})
    if scan is None:
        return image
    return image.model_copy(
        update={
            "status": scan.status,
            "severity_counts": None if scan.counts is None else dict(scan.counts),
            "fixable_critical": scan.fixable_critical if scan.of(CRITICAL) else None,
            "completed_at": scan.completed_at and scan.completed_at.astimezone(UTC).replace(microsecond=0),
        }
    )


def _fitting(entries: Iterable[ReportedImage], room: int) -> tuple[ReportedImage, ...]:
    """The first of them, as many as there is room for in so many bytes."""
    kept: list[ReportedImage] = []
    left = max(IMAGES_BYTES_MIN, min(IMAGES_BYTES, room)) - 1
    for entry in entries:
        left -= _size(entry) + 1
        if left < 0:
            break
        kept.append(entry)
    return tuple(kept)


def _size(model: ApiModel) -> int:
    return len(json.dumps(model.to_json(), separators=(",", ":")))


def _worst(scans: Iterable[ImageScan | None]) -> dict[str, int] | None:
    """With zeros for the severities that have a limit or a column: zero is worth to be known.

    Not where AWS scans the image no more: what it has not found by then, nobody looks for.
    """
    known = [scan for scan in scans if scan is not None and scan.counts is not None]
    if not known:
        return None
    worst = max(known, key=ImageScan.rank)
    zeros = {} if worst.phase == ScanPhase.EXPIRED else {CRITICAL: 0, HIGH: 0, MEDIUM: 0}
    return zeros | dict(worst.counts or {})


def with_registry_rules(
    status: EcrRepositoryStatus, look: ScanLook, scan_on_push: bool | None, *, generation: int, now: datetime
) -> EcrRepositoryStatus:
    """`status` that says whether rules of the registry override the spec's `scanOnPush`."""
    message: str | None = None
    wanted = None if scan_on_push is None else "SCAN_ON_PUSH" if scan_on_push else "MANUAL"
    # Under enhanced scanning a repository that no rule is about is not scanned at all.
    overridden = look.by_registry or look.type == ScanType.ENHANCED
    if wanted is not None and overridden and look.frequency not in (None, wanted):
        message = (
            f"The scanning rules of the registry decide when this repository is scanned: {look.frequency}. "
            f"`imageScanningConfiguration.scanOnPush: {str(scan_on_push).lower()}` has no effect: change "
            "these rules, or leave the field out"
        )
    return with_condition(
        status,
        MANAGED_BY_REGISTRY,
        None if message is None else "True",
        Reason.SCAN_CONFIG_MANAGED_BY_REGISTRY,
        message or "",
        generation=generation,
        now=now,
    )
