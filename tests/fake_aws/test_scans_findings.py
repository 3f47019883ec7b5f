"""Findings in short, as basic scanning shows them and as Amazon Inspector does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.scans import ENHANCED, describe

OPENSSL = {
    "name": "CVE-2024-1",
    "severity": "CRITICAL",
    "package": "openssl",
    "version": "3.0.1",
    "fixed_in": "3.0.9",
    "description": "A buffer overflows.",
    "uri": "https://example.org/CVE-2024-1",
    "score": 9.1,
    "exploit": "YES",
}


@pytest.fixture(autouse=True)
def image(fake: FakeAws) -> str:
    fake.create_repositories(["app"])
    digest: str = fake.put_image("app", ["v1"])["imageDigest"]
    return digest


def enhanced_finding(fake: FakeAws, ecr: Any, finding: dict[str, Any]) -> dict[str, Any]:
    fake.set_registry_scanning(ENHANCED)
    fake.set_scan("app", "v1", findings=[finding], completed_at=1_700_000_000)
    found: dict[str, Any] = describe(ecr, "v1")["imageScanFindings"]["enhancedFindings"][0]
    return found


def test_a_basic_finding_has_attributes_and_says_nothing_of_a_fix(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1", findings=[OPENSSL])
    found = describe(ecr, "v1")["imageScanFindings"]
    assert found["findingSeverityCounts"] == {"CRITICAL": 1}
    assert found["findings"] == [
        {
            "name": "CVE-2024-1",
            "description": "A buffer overflows.",
            "uri": "https://example.org/CVE-2024-1",
            "severity": "CRITICAL",
            "attributes": [
                {"key": "package_version", "value": "3.0.1"},
                {"key": "package_name", "value": "openssl"},
                {"key": "CVSS3_SCORE", "value": "9.1"},
            ],
        }
    ]


def test_an_enhanced_finding_names_its_package_its_fix_and_its_image(
    fake: FakeAws, ecr: Any, image: str
) -> None:
    found = enhanced_finding(fake, ecr, OPENSSL)
    assert found["findingArn"].startswith("arn:aws:inspector2:eu-west-1:111111111111:finding/")
    shown = {name: found[name] for name in ("severity", "status", "type", "score", "title", "awsAccountId")}
    assert shown == {
        "severity": "CRITICAL",
        "status": "ACTIVE",
        "type": "PACKAGE_VULNERABILITY",
        "score": 9.1,
        "title": "CVE-2024-1 - openssl",
        "awsAccountId": "111111111111",
    }
    assert (found["fixAvailable"], found["exploitAvailable"]) == ("YES", "YES")
    assert found["packageVulnerabilityDetails"]["vulnerabilityId"] == "CVE-2024-1"
    [package] = found["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (package["name"], package["version"], package["fixedInVersion"]) == ("openssl", "3.0.1", "3.0.9")
    [resource] = found["resources"]
    assert resource["id"] == f"arn:aws:ecr:eu-west-1:111111111111:repository/app/{image}"
    assert resource["details"]["awsEcrContainerImage"]["imageTags"] == ["v1"]
    assert found["firstObservedAt"].timestamp() == found["lastObservedAt"].timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("said", "fix", "fixed_in"),
    [
        ({"fixed_in": "2"}, "YES", ["2"]),
        ({}, "NO", [None]),
        ({"fix": "NO"}, "NO", [None]),
        ({"fix": "YES"}, "YES", ["1.0.0-fixed"]),
        ({"fix": "PARTIAL", "fixed_in": "2"}, "PARTIAL", ["2", None]),
    ],
)
def test_a_fix_is_there_or_not_or_for_some_of_the_packages(
    fake: FakeAws, ecr: Any, said: dict[str, Any], fix: str, fixed_in: list[str | None]
) -> None:
    found = enhanced_finding(fake, ecr, {"name": "CVE-1", "severity": "HIGH", **said})
    packages = found["packageVulnerabilityDetails"]["vulnerablePackages"]
    assert (found["fixAvailable"], [one.get("fixedInVersion") for one in packages]) == (fix, fixed_in)


@pytest.mark.parametrize("fix", ["YES", "NO", "PARTIAL"])
def test_made_up_findings_have_the_fix_that_was_asked_for(fake: FakeAws, ecr: Any, fix: str) -> None:
    fake.set_registry_scanning(ENHANCED)
    fake.set_scan("app", "v1", {"CRITICAL": 2, "UNTRIAGED": 1}, fix=fix)
    found = describe(ecr, "v1")["imageScanFindings"]
    assert found["findingSeverityCounts"] == {"CRITICAL": 2, "UNTRIAGED": 1}
    assert {one["fixAvailable"] for one in found["enhancedFindings"]} == {fix}


def test_counts_beside_findings_are_shown_as_they_are(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1", {"CRITICAL": 7}, findings=[OPENSSL])
    found = describe(ecr, "v1")["imageScanFindings"]
    assert (found["findingSeverityCounts"], len(found["findings"])) == ({"CRITICAL": 7}, 1)
