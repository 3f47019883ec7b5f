"""How the registry scans: enhanced scanning and its rights, a switch of the type, rules, scans to be started.

Each class has a registry, and so an account, of its own: what it is set to reaches all its repositories.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from ecr_operator.cli.iam_document import Scope, operator_policy
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, condition, message
from tests.running import RunningOperator
from tests.scans import NONE_CRITICAL, looked, scanning_operator, shown, verdict
from tests.waiting import until

ACCOUNT = "666666666666"
FINDINGS = "DescribeImageScanFindings"
STARTS = {"images": {"startMissingScans": True}}
EVERYTHING = "*"


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    with scanning_operator(cluster, ACCOUNT, scan_seconds=0.6, stalled_recheck_seconds=0.5) as running:
        yield running


@pytest.fixture(autouse=True)
def registry(aws: FakeAws, repositories: Repositories, operator: RunningOperator) -> Iterator[str]:
    """The account of the registry, which is as a new one again afterwards."""
    repositories.ecr = aws.client("ecr", account=ACCOUNT, unseen=True)
    yield ACCOUNT
    aws.set_registry_scanning(None, account=ACCOUNT)
    aws.set_scan_quota(None, ACCOUNT)
    aws.clear()


def enhanced(pattern: str | None = EVERYTHING) -> dict[str, Any]:
    """The configuration of a registry that watches what a pattern matches."""
    filters = [{"filter": pattern, "filterType": "WILDCARD"}]
    rules = [{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": filters}] if pattern else []
    return {"scanType": "ENHANCED", "rules": rules}


class TestEnhanced:
    def test_active_is_a_result_that_may_change(self, repositories: Repositories, aws: FakeAws) -> None:
        aws.set_registry_scanning(enhanced(), account=ACCOUNT)
        name = repositories.name("web")
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        aws.put_image(name, ["1"], account=ACCOUNT)
        aws.set_scan(name, "1", {"LOW": 1}, account=ACCOUNT)
        shown(repositories, "web", {"status": "ACTIVE", "passed": "True"}, type="ENHANCED")
        verdict(repositories, "web", "True", "NoVulnerabilitiesFound")
        aws.set_scan(name, "1", {"CRITICAL": 2, "HIGH": 1}, fix="YES", account=ACCOUNT)
        obj = shown(repositories, "web", {"fixableCritical": 2, "passed": "False"})
        assert obj["status"]["scan"]["frequency"] == "CONTINUOUS_SCAN"
        text = verdict(repositories, "web", "False", "VulnerabilitiesFound")
        assert "2 of the critical ones with a fix" in text
        assert "New critical findings: CVE-" in repositories.event(obj, "VulnerabilitiesFound")["note"]

    def test_without_the_right_of_inspector_the_verdict_is_unknown_until_it_is_granted(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        aws.set_registry_scanning(enhanced(), account=ACCOUNT)
        name = repositories.name("web")
        document = operator_policy(Scope())
        for statement in document["Statement"]:
            statement["Action"] = [one for one in statement["Action"] if one != "inspector2:ListFindings"]
        aws.set_iam_policy(ACCOUNT, document)
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        for tag in ("1", "2", "3"):
            aws.put_image(name, [tag], account=ACCOUNT)
        aws.scan_images([name], {"LOW": 1}, account=ACCOUNT)
        assert "inspector2:ListFindings" in verdict(repositories, "web", "Unknown", "AccessDenied")
        obj = repositories.ready("web")
        aws.reset_calls()
        looked(repositories, "web", 4)
        # One call per recheck, not one per image.
        assert aws.calls(prefix=name).get(FINDINGS, 0) <= 8
        assert repositories.get("web")["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"]
        aws.set_iam_policy(ACCOUNT, operator_policy(Scope()))
        verdict(repositories, "web", "True", "NoVulnerabilitiesFound")
        aws.set_iam_policy(ACCOUNT, None)


class TestSwitch:
    def test_the_type_of_scanning_and_back(self, repositories: Repositories, aws: FakeAws) -> None:
        name = repositories.name("web")
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        aws.put_image(name, ["1"], account=ACCOUNT)
        aws.set_scan(name, "1", {"CRITICAL": 1}, account=ACCOUNT)
        shown(repositories, "web", {"severityCounts": {"CRITICAL": 1}}, type="BASIC")
        aws.set_registry_scanning(enhanced(), account=ACCOUNT)
        obj = shown(repositories, "web", {"status": "SCAN_NOT_FOUND", "passed": "Unknown"}, type="ENHANCED")
        assert "worst" not in obj["status"]["scan"]
        assert "severityCounts" not in obj["status"]["scan"]["images"][0]
        verdict(repositories, "web", "Unknown", "NotScanned")
        aws.scan_images([name], {"HIGH": 2}, account=ACCOUNT)
        shown(repositories, "web", {"status": "ACTIVE", "severityCounts": {"HIGH": 2}}, type="ENHANCED")
        aws.set_registry_scanning(None, account=ACCOUNT)
        shown(repositories, "web", {"status": "COMPLETE", "severityCounts": {"CRITICAL": 1}}, type="BASIC")
        assert repositories.writes() == ["CreateRepository"]

    def test_what_no_rule_is_about_is_not_scanned_and_nothing_is_written_about_it(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        aws.set_registry_scanning(enhanced("something-else"), account=ACCOUNT)
        repositories.created("web", **STARTS, vulnerabilityPolicy=NONE_CRITICAL)
        aws.put_image(repositories.name("web"), ["1"], account=ACCOUNT)
        shown(repositories, "web", {"status": "SCAN_NOT_FOUND"}, type="ENHANCED", frequency="MANUAL")
        verdict(repositories, "web", "Unknown", "NotScanned")
        looked(repositories, "web")
        assert repositories.writes() == ["CreateRepository"]

    def test_a_rule_of_the_registry_overrides_the_spec_and_that_is_said(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        filters = [{"filter": EVERYTHING, "filterType": "WILDCARD"}]
        rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}]
        aws.set_registry_scanning({"scanType": "BASIC", "rules": rules}, account=ACCOUNT)
        repositories.created("web", imageScanningConfiguration={"scanOnPush": False})
        repositories.created("agreed", imageScanningConfiguration={"scanOnPush": True})
        repositories.created("silent")
        # Nobody asks at the creation.
        managed = "ScanConfigManagedByRegistry"
        obj = repositories.wait("web", managed, "True")
        assert "SCAN_ON_PUSH" in message(obj, managed)
        assert condition(obj, "Ready")["status"] == "True"
        for one in ("agreed", "silent"):
            looked(repositories, one)
            assert condition(repositories.get(one), managed) is None
        aws.set_registry_scanning(None, account=ACCOUNT)

        def is_gone() -> bool:
            return condition(repositories.get("web"), managed) is None

        until(repositories.cluster, is_gone, "end of the condition")


class TestStarts:
    @pytest.mark.parametrize(
        ("fault", "text"),
        [
            (None, "quota per registry"),
            ("UnsupportedImageTypeException", "cannot be started"),
            ("AccessDeniedException", "ecr:StartImageScan"),
            ("ValidationException", "cannot be started"),
        ],
        ids=["LimitExceeded", "UnsupportedImageType", "AccessDenied", "Validation"],
    )
    def test_what_aws_refuses_is_told_once_and_not_tried_again(
        self, repositories: Repositories, aws: FakeAws, fault: str | None, text: str
    ) -> None:
        name = repositories.name("web")
        repositories.created("web", **STARTS)
        if fault is None:
            aws.set_scan_quota(0, ACCOUNT)
        else:
            aws.inject("StartImageScan", fault, prefix=name)
        for tag in ("1", "2"):
            aws.put_image(name, [tag], account=ACCOUNT)
        until(repositories.cluster, lambda: aws.refusals(prefix=name).get("StartImageScan"), "refusals")
        looked(repositories, "web", 4)
        obj = repositories.ready("web")
        calls = repositories.calls()["StartImageScan"]
        assert calls == 2
        notes = [
            one["note"] for one in repositories.cluster.events(obj) if "cannot be started" in one["note"]
        ]
        assert notes
        assert text in notes[0]
        assert condition(obj, "Stalled") is None or condition(obj, "Stalled")["status"] == "False"
        assert "StartImageScan" not in repositories.writes()

    def test_an_indexs_images_are_scanned_and_attestations_are_not(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        name = repositories.name("web")
        repositories.created("web", **STARTS, vulnerabilityPolicy=NONE_CRITICAL)
        image = aws.put_image(name, account=ACCOUNT)["imageDigest"]
        attestation = aws.put_image(name, account=ACCOUNT, layer_media_type="application/vnd.in-toto+json")[
            "imageDigest"
        ]
        unknown = {"os": "unknown", "architecture": "unknown"}
        children = [image, {"digest": attestation, "platform": unknown}]
        index = aws.put_image(name, ["1"], account=ACCOUNT, children=children)["imageDigest"]
        # It refers to the index, and charts are none of ours.
        aws.put_image(name, ["signature"], account=ACCOUNT, subject=index)
        chart = "application/vnd.cncf.helm.config.v1+json"
        aws.put_image(name, ["chart"], account=ACCOUNT, artifact_media_type=chart)
        shown(repositories, "web", {"tag": "1", "digest": index, "status": "COMPLETE", "passed": "True"})
        looked(repositories, "web")
        writes = [one for one in aws.writes(prefix=name) if one["operation"] == "StartImageScan"]
        assert [one["parameters"]["imageId"] for one in writes] == [{"imageDigest": image}]
        calls = repositories.calls()
        assert calls["BatchGetImage"] == 1
