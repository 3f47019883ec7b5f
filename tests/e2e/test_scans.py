"""The scans of the reported images on the resource, and the verdict on them: basic scanning."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import Cluster, Object
from tests.fake_aws.client import FakeAws
from tests.lifecycle import DAY, LifecyclePolicies
from tests.repositories import KIND, Repositories, condition, message
from tests.running import RunningOperator
from tests.waiting import until

INTERVAL = 0.4
NONE_CRITICAL = {"maxCritical": 0}


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    """It looks at images all the time, and at their scans when these are due."""
    with RunningOperator(
        cluster.operator_kubeconfig,
        inventory_seconds=INTERVAL,
        inventory_calls_per_minute=60_000,
        scan_poll_seconds=0.2,
        adoption="Everywhere",
    ) as running:
        yield running


def shown(repositories: Repositories, name: str, *images: dict[str, Any]) -> Object:
    """Wait until the status lists these images in this order; each has at least these members."""

    def holds(obj: Object) -> bool:
        found = obj["status"].get("scan", {}).get("images", [])
        return len(found) == len(images) and all(
            want.items() <= have.items() for want, have in zip(images, found, strict=True)
        )

    return repositories.cluster.wait_for(KIND, repositories.namespace, name, holds, what=f"{images}")


def verdict(repositories: Repositories, name: str, status: str, reason: str) -> str:
    """Wait for the verdict at the present generation; returns its message."""
    return message(repositories.wait(name, "ScanPassed", status, reason), "ScanPassed")


@pytest.mark.usefixtures("operator")
class TestResults:
    def test_findings_are_shown_by_severity_and_judged(
        self, repositories: Repositories, aws: FakeAws, cluster: Cluster
    ) -> None:
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        text = verdict(repositories, "web", "Unknown", "NoImagesReported")
        assert "There is no image to judge" in text
        image = aws.put_image(repositories.name("web"), ["1.0"])
        aws.set_scan(repositories.name("web"), "1.0", {"CRITICAL": 1, "HIGH": 3})
        obj = shown(
            repositories,
            "web",
            {
                "tag": "1.0",
                "digest": image["imageDigest"],
                "status": "COMPLETE",
                "severityCounts": {"CRITICAL": 1, "HIGH": 3},
                "passed": "False",
            },
        )
        assert obj["status"]["scan"]["worst"] == {"CRITICAL": 1, "HIGH": 3, "MEDIUM": 0}
        assert obj["status"]["scan"]["type"] == "BASIC"
        assert condition(obj, "Ready")["status"] == "True"
        text = verdict(repositories, "web", "False", "VulnerabilitiesFound")
        assert "1.0 has 1 critical finding (at most 0)" in text
        events = cluster.events(repositories.get("web"))
        [event] = [one for one in events if one["reason"] == "VulnerabilitiesFound"]
        assert event["type"] == "Warning"
        assert "New critical findings: CVE-" in event["note"]

        repositories.patch("web", vulnerabilityPolicy={"maxCritical": 1})
        aws.reset_calls()
        verdict(repositories, "web", "True", "NoVulnerabilitiesFound")
        assert repositories.calls().get("DescribeImageScanFindings", 0) == 0

    def test_the_newest_images_with_a_tag_come_after_those_in_use(
        self, repositories: Repositories, aws: FakeAws, policies: LifecyclePolicies
    ) -> None:
        repositories.created("web", images={"report": 2})
        name = repositories.name("web")
        for age, tag in enumerate(["3", "2", "1"]):
            aws.put_image(name, [tag], age=age * DAY)
        aws.put_image(name, age=0.0)
        aws.scan_images([name], {"LOW": 1})
        shown(repositories, "web", {"tag": "3"}, {"tag": "2"})
        policies.pod("runner", "web", ":1")
        shown(repositories, "web", {"tag": "1"}, {"tag": "3"})

    def test_a_scan_that_is_running_is_looked_at_until_it_is_done(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        name = repositories.name("web")
        aws.put_image(name, ["1"])
        aws.set_scan(name, "1", status="IN_PROGRESS")
        shown(repositories, "web", {"status": "IN_PROGRESS", "passed": "Unknown"})
        verdict(repositories, "web", "Unknown", "ScanPending")
        aws.complete_scans(name, {"MEDIUM": 2})
        shown(repositories, "web", {"status": "COMPLETE", "passed": "True"})
        verdict(repositories, "web", "True", "NoVulnerabilitiesFound")

    def test_a_final_result_is_not_asked_for_again(
        self, repositories: Repositories, aws: FakeAws, cluster: Cluster
    ) -> None:
        repositories.created("web")
        name = repositories.name("web")
        aws.put_images([name], 3)
        aws.scan_images([name], {"HIGH": 1})
        shown(repositories, "web", *[{"status": "COMPLETE"}] * 3)
        version = repositories.get("web")["metadata"]["resourceVersion"]
        aws.reset_calls()
        until(cluster, lambda: repositories.calls().get("DescribeImages", 0) >= 4, "looks")
        assert "DescribeImageScanFindings" not in repositories.calls()
        assert repositories.get("web")["metadata"]["resourceVersion"] == version


@pytest.mark.usefixtures("operator")
class TestMissingScans:
    def test_they_are_started_where_the_spec_says_so_and_once(
        self, repositories: Repositories, aws: FakeAws, cluster: Cluster
    ) -> None:
        repositories.created("web", images={"startMissingScans": True})
        name = repositories.name("web")
        aws.put_image(name, ["1"])
        shown(repositories, "web", {"status": "COMPLETE"})
        until(cluster, lambda: repositories.calls().get("DescribeImages", 0) >= 3, "looks")
        assert repositories.calls()["StartImageScan"] == 1
        events = cluster.events(repositories.get("web"))
        assert [one["note"] for one in events if one["reason"] == "ScanStarted"]

    def test_none_is_started_otherwise(
        self, repositories: Repositories, aws: FakeAws, cluster: Cluster
    ) -> None:
        repositories.created("web")
        aws.put_image(repositories.name("web"), ["1"])
        shown(repositories, "web", {"status": "SCAN_NOT_FOUND"})
        until(cluster, lambda: repositories.calls().get("DescribeImages", 0) >= 3, "looks")
        assert "StartImageScan" not in repositories.calls()
