"""What the operator reports of the scans of a repository's images."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ecr_operator.api.markers import ListType, Rule
from ecr_operator.api.meta import ApiModel, ConditionStatus, Time
from ecr_operator.api.vulnerability_policy import REPORT_MAX

SEVERITY_MAX = 64
"""Characters of a severity's name, and of a scan's status."""
SEVERITIES_MAX = 16
"""How many severities are counted apart. AWS has seven."""

Count = Annotated[int, Field(ge=0)]
SeverityCounts = Annotated[
    dict[str, Count],
    Field(max_length=SEVERITIES_MAX),
    Rule(
        f"self.all(k, size(k) >= 1 && size(k) <= {SEVERITY_MAX})",
        f"a key of `severityCounts` must have 1 to {SEVERITY_MAX} characters",
    ),
]


class ScanType(StrEnum):
    """AWS's own values of `scanType`."""

    BASIC = "BASIC"
    ENHANCED = "ENHANCED"


def _known_type(value: Any) -> Any:
    """A status that cannot be read would stop the object for good: what a newer version said is left out."""
    return value if value in frozenset(ScanType) else None


class ReportedImage(ApiModel):
    """An image and what its scan has found."""

    tag: Annotated[str, Field(max_length=300)] | None = None
    """One of its tags: the one that a workload uses, else the most exact one."""
    digest: Annotated[str, Field(max_length=256)]
    """Its digest."""
    status: Annotated[str, Field(max_length=SEVERITY_MAX)] | None = None
    """The status of its scan as AWS has it, or `SCAN_NOT_FOUND`; absent until it is read."""
    severity_counts: SeverityCounts | None = None
    """How many findings there are of each severity that has any; absent while it is not known.

    Empty when a scan has found nothing. Of a scan that has not ended well: what the last one had found.
    """
    fixable_critical: Count | None = None
    """How many of the critical ones have a fix; absent where AWS does not say."""
    completed_at: Time | None = None
    """When the scan was completed that has found them."""
    passed: ConditionStatus | None = None
    """Whether `vulnerabilityPolicy` lets it pass; absent without one."""


class RepositoryScan(ApiModel):
    """The scans of the reported images."""

    type: Annotated[ScanType | None, BeforeValidator(_known_type)] = None
    """How the registry scans: `BASIC` or `ENHANCED`."""
    frequency: Annotated[str, Field(max_length=SEVERITY_MAX)] | None = None
    """When it scans the repository's images, the rules of the registry included.

    `SCAN_ON_PUSH`, `CONTINUOUS_SCAN` or `MANUAL`.
    """
    images: Annotated[tuple[ReportedImage, ...], Field(max_length=REPORT_MAX), ListType("atomic")] | None = (
        None
    )
    """The reported images: those in use first, then the newest ones with a tag.

    As many as there is room for: a status stays below 8 KB.
    """
    worst: SeverityCounts | None = None
    """The findings of the reported image that has the worst ones; absent while nothing is known."""
