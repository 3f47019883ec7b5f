"""What a scan has found, in short, and as each scan type shows it.

Source: botocore's ecr model (ImageScanFinding, EnhancedImageScanFinding and what they hold); AWS's sample
answers of DescribeImageScanFindings (attributes ``package_name``, ``package_version``, ``CVSS2_SCORE``, ...);
the findings of Amazon Inspector in public reports (wazuh/wazuh#31571: `source`, `packageManager`,
`fixedInVersion`, `remediation`). A severity beyond ECR's own, UNTRIAGED, is Inspector's.

Inferred: basic scanning says nothing of fixes; without a fix `fixedInVersion` is left out; PARTIAL is two
packages, one of them with a fix ("some, but not all, of the packages").
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .backend import StoredRepository
from .image import StoredImage

SCORES = {
    "CRITICAL": 9.8,
    "HIGH": 7.5,
    "MEDIUM": 5.3,
    "LOW": 3.1,
    "INFORMATIONAL": 0.0,
    "UNDEFINED": 0.0,
    "UNTRIAGED": 0.0,
}
"""The severities, the worst first, and the score of a finding that says none."""

FIXES = ("YES", "NO", "PARTIAL")
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding in short."""

    name: str
    severity: str
    package: str = "openssl"
    version: str = "1.0.0"
    fixed_in: str | None = None
    """The version with the fix; None: `version` with ``-fixed`` behind it, where there is a fix."""
    fix: str | None = None
    """YES, NO or PARTIAL; None: whether `fixed_in` says a version."""
    description: str | None = None
    uri: str | None = None
    score: float | None = None
    exploit: str = "NO"
    package_manager: str = "OS"
    status: str = "ACTIVE"
    """ACTIVE, SUPPRESSED or CLOSED, of Inspector's findings."""

    def __post_init__(self) -> None:
        if self.severity not in SCORES:
            raise ValueError(f"severity is one of {', '.join(SCORES)}")
        if self.fix not in (None, *FIXES):
            raise ValueError(f"fix is one of {', '.join(FIXES)}")
        if self.fix == "NO" and self.fixed_in is not None:
            raise ValueError("what has no fix is not fixed in a version")

    @property
    def fix_available(self) -> str:
        """Whether there is a fix."""
        return self.fix or ("NO" if self.fixed_in is None else "YES")

    @property
    def link(self) -> str:
        """The page of the vulnerability."""
        return self.uri or f"https://nvd.nist.gov/vuln/detail/{self.name}"

    @property
    def points(self) -> float:
        """The score."""
        return SCORES[self.severity] if self.score is None else self.score


Place = tuple[int, Finding | str, int]
"""A place in the list: its number, and the finding, or a severity and the number of one to be made up."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of a scan: listed, or only counted and then made up when they are read."""

    listed: tuple[Finding, ...] | None = None
    counts: Mapping[str, int] | None = None
    """What is shown as counts, and, without a list, how many are made up."""
    fix: str = "YES"
    """Of those made up."""

    def __post_init__(self) -> None:
        if wrong := set(self.counts or ()) - set(SCORES):
            raise ValueError(f"{', '.join(sorted(wrong))}: a severity is one of {', '.join(SCORES)}")
        if self.fix not in FIXES:
            raise ValueError(f"fix is one of {', '.join(FIXES)}")

    def severity_counts(self) -> dict[str, int]:
        """The counts of all findings; a severity that has none is absent."""
        counts = Counter(one.severity for one in self.listed or ()) if self.counts is None else self.counts
        return {severity: number for severity, number in counts.items() if number}

    def places(self) -> Iterator[Place]:
        """All places of the list, nothing made up yet."""
        if self.listed is not None:
            yield from ((n, finding, 0) for n, finding in enumerate(self.listed))
            return
        counts = self.counts or {}
        number = 0
        for severity in SCORES:
            for of_severity in range(counts.get(severity, 0)):
                yield number, severity, of_severity
                number += 1

    def at(self, place: Place) -> Finding:
        """The finding at a place."""
        _, found, number = place
        if isinstance(found, Finding):
            return found
        identity = 10_000 * (1 + list(SCORES).index(found)) + number
        return Finding(f"CVE-2025-{identity}", found, package=f"package-{identity}", fix=self.fix)


NOTHING = Findings(())


def findings_of(
    counts: Mapping[str, int] | None, findings: list[dict[str, Any]] | None, fix: str = "YES"
) -> Findings | None:
    """What knobs say in JSON; None where they say nothing."""
    if counts is None and findings is None:
        return None
    listed = None if findings is None else tuple(Finding(**one) for one in findings)
    return Findings(listed, counts, fix)


def basic(finding: Finding) -> dict[str, Any]:
    """A finding as basic scanning shows it."""
    return {
        "name": finding.name,
        "description": finding.description,
        "uri": finding.link,
        "severity": finding.severity,
        "attributes": [
            {"key": "package_version", "value": finding.version},
            {"key": "package_name", "value": finding.package},
            {"key": "CVSS3_SCORE", "value": str(finding.points)},
        ],
    }


def vulnerable_packages(finding: Finding) -> list[dict[str, Any]]:
    """The packages of a finding: with a fix, without one, or with a PARTIAL fix one of each."""
    package = {
        "arch": "AMD64",
        "epoch": 0,
        "name": finding.package,
        "packageManager": finding.package_manager,
        "version": finding.version,
    }
    fixed = {**package, "fixedInVersion": finding.fixed_in or f"{finding.version}-fixed"}
    match finding.fix_available:
        case "YES":
            return [fixed]
        case "NO":
            return [package]
        case _:
            return [fixed, {**package, "name": f"{finding.package}-libs"}]


def enhanced(
    finding: Finding, repository: StoredRepository, image: StoredImage, observed_at: float
) -> dict[str, Any]:
    """A finding as enhanced scanning, which is Amazon Inspector, shows it."""
    partition = repository.arn.split(":")[1]
    identity = hashlib.md5(  # noqa: S324 (a name, no secret)
        f"{repository.arn}/{image.image_digest}/{finding.name}/{finding.package}".encode()
    ).hexdigest()
    score = {"score": finding.points, "scoringVector": VECTOR, "version": "3.1"}
    return {
        "awsAccountId": repository.registry_id,
        "description": finding.description or f"{finding.name} in {finding.package}",
        "findingArn": (
            f"arn:{partition}:inspector2:{repository.region_name}:{repository.registry_id}:finding/{identity}"
        ),
        "firstObservedAt": observed_at,
        "lastObservedAt": observed_at,
        "updatedAt": observed_at,
        "packageVulnerabilityDetails": {
            "cvss": [
                {
                    "baseScore": finding.points,
                    "scoringVector": VECTOR,
                    "source": "NVD",
                    "version": "3.1",
                }
            ],
            "referenceUrls": [finding.link],
            "relatedVulnerabilities": [],
            "source": "NVD",
            "sourceUrl": finding.link,
            "vendorSeverity": finding.severity,
            "vulnerabilityId": finding.name,
            "vulnerablePackages": vulnerable_packages(finding),
        },
        "remediation": {"recommendation": {"text": "None Provided"}},
        "resources": [
            {
                "id": f"{repository.arn}/{image.image_digest}",
                "type": "AWS_ECR_CONTAINER_IMAGE",
                "tags": {},
                "details": {
                    "awsEcrContainerImage": {
                        "architecture": "amd64",
                        "imageHash": image.image_digest,
                        "imageTags": list(image.image_tags),
                        "platform": "DEBIAN_12",
                        "pushedAt": image.image_pushed_at,
                        "inUseCount": 0,
                        "registry": repository.registry_id,
                        "repositoryName": repository.name,
                    }
                },
            }
        ],
        "score": finding.points,
        "scoreDetails": {"cvss": {"adjustments": [], "scoreSource": "NVD", **score}},
        "severity": finding.severity,
        "status": finding.status,
        "title": f"{finding.name} - {finding.package}",
        "type": "PACKAGE_VULNERABILITY",
        "fixAvailable": finding.fix_available,
        "exploitAvailable": finding.exploit,
    }
