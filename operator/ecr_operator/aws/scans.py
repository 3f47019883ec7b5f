"""The scans of images: their findings, and how the registry scans.

Basic and enhanced scanning answer the same operation in two shapes (API reference, `ImageScanFindings`):
`findings` or `enhancedFindings`. What AWS shows of findings in other operations is not filled by its present
basic scanning, and botocore's waiter knows no status of enhanced scanning: neither is used.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecr_operator.api.scan_status import SEVERITY_MAX, ScanType
from ecr_operator.aws.errors import NOT_FOUND, AwsError
from ecr_operator.planning.image_scan import (
    CRITICAL,
    ImageScan,
    ScanPhase,
    carried,
    counted,
    names,
    phase_of,
    same_kind,
    without_scan,
)
from ecr_operator.planning.scan_finding import Finding

if TYPE_CHECKING:
    from ecr_operator.aws.session import Session

FINDINGS_PER_PAGE = 100
"""Most answers are only asked for their counts, which every page has."""
PAGES_FOR_NAMES = 50
"""How many pages are read to learn which the critical findings are."""
PAGES_MAX = 1000
"""How many are read where AWS has not counted the findings itself."""
NAMES_PER_CALL = 25
"""BatchGetRepositoryScanningConfiguration: `repositoryNames` of 1 to 25."""
_GONE = NOT_FOUND | {"ImageNotFoundException"}
_NO_STATUS = "UNKNOWN"
_NO_SEVERITY = "UNDEFINED"
_NO_FIX = "NotAvailable"
"""What Inspector says for a version that there is not."""
_SETTLED = frozenset({"CLOSED", "SUPPRESSED"})
"""Findings that are none any more, or are not to be shown (Inspector's `FindingStatus`)."""

Take = Callable[[Finding], None]


@dataclass(frozen=True, slots=True)
class ScanReading:
    """What AWS says of the scan of an image."""

    scan: ImageScan | None
    """None: there is no such image (any more)."""
    calls: int


async def read_scan(
    session: "Session",
    repository: str,
    digest: str,
    *,
    before: ImageScan | None = None,
    registry_type: ScanType | None = None,
    account: str | None = None,
    take: Take | None = None,
) -> ScanReading:
    """Read the scan of one image.

    One call, where the number of critical findings is still that of `before`; else as many as it takes to
    learn their names. With `take` all findings are handed over, however many pages that takes.
    `registry_type` is how the registry scans, where the answer does not tell; `account` the registry, if not
    our own. Raises `AwsError`.
    """
    first: dict[str, Any] | None = None
    seen, criticals, fixable, calls = Counter[str](), list[str](), 0, 0
    says_fixes = False
    try:
        async for answer in _pages(session, repository, digest, account):
            calls += 1
            if first is None:
                first = answer
                if before is not None and not same_kind(before.type, _type(answer, registry_type)):
                    before = None
            for finding in _findings(answer):
                seen[finding.severity] += 1
                if finding.severity == CRITICAL:
                    criticals.append(finding.name)
                    fixable += finding.has_fix is True
                    says_fixes = says_fixes or finding.has_fix is not None
                if take is not None:
                    take(finding)
            if take is None and _is_enough(first, seen, before, calls):
                break
    except AwsError as error:
        calls += 1
        if error.code in _GONE:
            return ScanReading(None, calls)
        if error.code == "ScanNotFoundException":
            return ScanReading(without_scan(before, registry_type), calls)
        raise
    scan = _scan(first or {}, seen, registry_type)
    if len(criticals) >= scan.of(CRITICAL):
        scan = _with_criticals(scan, criticals, fixable if says_fixes or not criticals else None)
    elif before is not None and before.of(CRITICAL) == scan.of(CRITICAL):
        scan = _with_criticals(scan, before.criticals, before.fixable_critical)
    else:
        scan = _with_criticals(scan, criticals, None)
    return ScanReading(carried(before, scan), calls)


async def registry_scan_type(session: "Session") -> ScanType | None:
    """How the registry scans; None: in a way that this version does not know. Raises `AwsError`."""
    answer = await session.read("ecr", "get_registry_scanning_configuration")
    value = (answer.get("scanningConfiguration") or {}).get("scanType")
    # API reference: without a configuration of its own a registry scans with BASIC.
    return ScanType(value) if value in frozenset(ScanType) else ScanType.BASIC if value is None else None


@dataclass(frozen=True, slots=True)
class ScanFrequency:
    """When the images of a repository are scanned, the rules of the registry included."""

    frequency: str
    """`SCAN_ON_PUSH`, `CONTINUOUS_SCAN` or `MANUAL`."""
    by_registry: bool
    """Whether a rule of the registry says so."""


async def scan_frequencies(session: "Session", repositories: Sequence[str]) -> dict[str, ScanFrequency]:
    """Of up to 25 repositories; without those that AWS does not know. Raises `AwsError`."""
    answer = await session.read(
        "ecr",
        "batch_get_repository_scanning_configuration",
        repositoryNames=list(repositories[:NAMES_PER_CALL]),
    )
    return {
        str(one["repositoryName"]): ScanFrequency(
            str(one["scanFrequency"])[:SEVERITY_MAX], bool(one.get("appliedScanFilters"))
        )
        for one in _members(answer, "scanningConfigurations")
        if one.get("repositoryName") and one.get("scanFrequency")
    }


async def _pages(
    session: "Session", repository: str, digest: str, account: str | None
) -> AsyncIterator[dict[str, Any]]:
    """One page is in memory at a time."""
    parameters: dict[str, Any] = {"registryId": account} if account else {}
    for _ in range(PAGES_MAX):
        answer = await session.read(
            "ecr",
            "describe_image_scan_findings",
            repositoryName=repository,
            # A tag may have moved since the image was listed.
            imageId={"imageDigest": digest},
            maxResults=FINDINGS_PER_PAGE,
            **parameters,
        )
        yield answer
        token = answer.get("nextToken")
        if not token:
            return
        parameters["nextToken"] = token


def _is_enough(
    first: Mapping[str, Any], seen: Mapping[str, int], before: ImageScan | None, calls: int
) -> bool:
    """Whether further pages would tell nothing that is wanted."""
    counts = _summary(first)
    if counts is None:
        return False
    number = counts.get(CRITICAL, 0)
    if calls >= PAGES_FOR_NAMES or seen.get(CRITICAL, 0) >= number:
        return True
    return before is not None and bool(before.criticals) and before.of(CRITICAL) == number


def _scan(answer: Mapping[str, Any], seen: Mapping[str, int], registry_type: ScanType | None) -> ImageScan:
    said = answer.get("imageScanStatus") or {}
    status = str(said.get("status") or _NO_STATUS)[:SEVERITY_MAX]
    found = answer.get("imageScanFindings") or {}
    completed_at = found.get("imageScanCompletedAt")
    summary = _summary(answer)
    counts: dict[str, int] | None = counted({**(summary or {}), **_at_least(summary or {}, seen)})
    if not counts:
        tells = summary is not None or completed_at is not None
        # Before a scan, when it has failed and when AWS has ended it there is nothing to count either.
        counts = {} if phase_of(status) == ScanPhase.DONE and tells else None
    return ImageScan(
        status=status,
        type=_type(answer, registry_type),
        counts=counts,
        completed_at=completed_at,
        description=str(said.get("description") or "")[:200],
    )


def _with_criticals(scan: ImageScan, criticals: Sequence[str], fixable: int | None) -> ImageScan:
    known = fixable if scan.counts is not None and scan.type == ScanType.ENHANCED else None
    return ImageScan(
        scan.status, scan.type, scan.counts, known, names(criticals), scan.completed_at, scan.description
    )


def _type(answer: Mapping[str, Any], registry_type: ScanType | None) -> ScanType | None:
    """An empty `findings` says little: enhanced scanning has been seen to answer with it before it had any
    (aws-sdk issue 289)."""
    found = answer.get("imageScanFindings") or {}
    if found.get("enhancedFindings"):
        return ScanType.ENHANCED
    if found.get("findings"):
        return ScanType.BASIC
    if found.get("enhancedFindings") is not None:
        return ScanType.ENHANCED
    if registry_type is not None:
        return registry_type
    tells = _summary(answer) is not None or found.get("imageScanCompletedAt") is not None
    return ScanType.BASIC if tells and found.get("findings") is not None else None


def _summary(answer: Mapping[str, Any]) -> dict[str, int] | None:
    counts = (answer.get("imageScanFindings") or {}).get("findingSeverityCounts")
    if counts is None:
        return None
    return {str(severity): int(number or 0) for severity, number in counts.items() if severity != "TOTAL"}


def _at_least(summary: Mapping[str, int], seen: Mapping[str, int]) -> dict[str, int]:
    """What was seen is there, whatever the summary says."""
    return {severity: max(number, summary.get(severity, 0)) for severity, number in seen.items()}


def _findings(answer: Mapping[str, Any]) -> list[Finding]:
    """Those of one page. Of a finding any member may be missing."""
    found = answer.get("imageScanFindings") or {}
    enhanced = [
        _enhanced(finding)
        for finding in _members(found, "enhancedFindings")
        if finding.get("status") not in _SETTLED
    ]
    return enhanced + [_basic(finding) for finding in _members(found, "findings")]


def _members(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Those of a list, which may be missing, of structures, which may be null."""
    return [one or {} for one in value.get(name) or ()]


def _basic(finding: Mapping[str, Any]) -> Finding:
    attributes = {one.get("key"): one.get("value") for one in _members(finding, "attributes")}
    package = " ".join(
        filter(None, (attributes.get("package_name"), attributes.get("package_version"))),
    )
    return Finding(
        name=finding.get("name") or "",
        severity=finding.get("severity") or _NO_SEVERITY,
        packages=(package,) if package else (),
        uri=finding.get("uri"),
    )


def _enhanced(finding: Mapping[str, Any]) -> Finding:
    details = finding.get("packageVulnerabilityDetails") or {}
    packages = _members(details, "vulnerablePackages")
    named = (" ".join(filter(None, (package.get("name"), package.get("version")))) for package in packages)
    fixes = (package.get("fixedInVersion") for package in packages)
    fix = finding.get("fixAvailable")
    return Finding(
        name=details.get("vulnerabilityId") or finding.get("title") or "",
        severity=finding.get("severity") or _NO_SEVERITY,
        packages=tuple(filter(None, named)),
        fixed_in=next((version for version in fixes if version and version != _NO_FIX), None),
        # PARTIAL: some of the packages have a fix.
        has_fix=None if fix is None else fix in ("YES", "PARTIAL"),
        uri=details.get("sourceUrl"),
    )
