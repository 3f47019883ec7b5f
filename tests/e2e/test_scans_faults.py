"""Scans that are no results, answers that are odd, and AWS that fails: shown, judged, and nothing is lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.lifecycle import DAY
from tests.repositories import Repositories, condition, message
from tests.running import RunningOperator
from tests.scans import NONE_CRITICAL, looked, scanning_operator, shown, verdict
from tests.waiting import until

NOT_SCANNED = (
    "FAILED",
    "UNSUPPORTED_IMAGE",
    "SCAN_ELIGIBILITY_EXPIRED",
    "FINDINGS_UNAVAILABLE",
    "LIMIT_EXCEEDED",
    "IMAGE_ARCHIVED",
    "IMAGE_SIZE_EXCEEDED",
    "SOMETHING_NEW",
)
"""AWS's statuses without a result, and one that AWS may add."""
RUNNING = ("PENDING", "IN_PROGRESS")
FINDINGS = "DescribeImageScanFindings"


@pytest.fixture(scope="module")
def operator(cluster: Cluster, aws: FakeAws) -> Iterator[RunningOperator]:
    with scanning_operator(cluster, scan_seconds=0.5, stalled_recheck_seconds=0.3) as running:
        yield running
    aws.clear()
    aws.set_page_size(None)


def found(number: int) -> list[dict[str, Any]]:
    return [{"name": f"CVE-2026-{one}", "severity": "LOW"} for one in range(number)]


@pytest.mark.usefixtures("operator")
class TestStatuses:
    @pytest.mark.parametrize(("rule", "passed"), [("Fail", "False"), ("Pass", "True"), (None, "Unknown")])
    def test_each_is_shown_as_such_and_judged_as_the_policy_says(
        self, repositories: Repositories, aws: FakeAws, rule: str | None, passed: str
    ) -> None:
        name = repositories.name("web")
        repositories.by_hand("web")
        tags = [*NOT_SCANNED, *RUNNING, "SCAN_NOT_FOUND"]
        for age, tag in enumerate(tags):
            aws.put_image(name, [tag], age=age * 60.0)
            if tag != "SCAN_NOT_FOUND":
                # Where the time of scanning is over AWS has closed the findings: none are counted.
                counts = {} if tag == "SCAN_ELIGIBILITY_EXPIRED" else None
                aws.set_scan(name, tag, counts, tag)
        policy = NONE_CRITICAL | ({"onUnscanned": rule} if rule else {})
        repositories.create("web", images={"report": 20}, vulnerabilityPolicy=policy, adoptionPolicy="Adopt")
        obj = shown(repositories, "web", *[{"tag": tag, "status": tag, "passed": passed} for tag in tags])
        text = message(repositories.wait("web", "ScanPassed", passed), "ScanPassed")
        assert ("because `vulnerabilityPolicy.onUnscanned` is `Pass`" in text) == (passed == "True")
        repositories.ready("web")
        assert "worst" not in obj["status"]["scan"]

    def test_what_has_no_result_any_more_keeps_its_last_counts(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        name = repositories.name("web")
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        aws.put_image(name, ["bad"])
        aws.put_image(name, ["good"], age=60.0)
        aws.set_scan(name, "bad", {"CRITICAL": 2})
        aws.set_scan(name, "good", {"LOW": 1})
        shown(repositories, "web", {"severityCounts": {"CRITICAL": 2}}, {"severityCounts": {"LOW": 1}})
        for tag in ("bad", "good"):
            aws.set_scan(name, tag, None, "FINDINGS_UNAVAILABLE")
        shown(
            repositories,
            "web",
            # What was too much stays too much; what was little enough is not known to be so now.
            {"status": "FINDINGS_UNAVAILABLE", "severityCounts": {"CRITICAL": 2}, "passed": "False"},
            {"status": "FINDINGS_UNAVAILABLE", "severityCounts": {"LOW": 1}, "passed": "Unknown"},
        )
        assert "2 critical" in verdict(repositories, "web", "False", "VulnerabilitiesFound")


@pytest.mark.usefixtures("operator")
class TestErrors:
    @pytest.mark.parametrize(
        ("code", "status"),
        [("ThrottlingException", 400), ("ServerException", 500), ("ValidationException", 400)],
    )
    def test_they_wipe_no_counts_and_stop_no_other_image(
        self, repositories: Repositories, aws: FakeAws, operator: RunningOperator, code: str, status: int
    ) -> None:
        name = repositories.name("web")
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        aws.put_image(name, ["1"])
        aws.set_scan(name, "1", {"CRITICAL": 1})
        shown(repositories, "web", {"severityCounts": {"CRITICAL": 1}})
        before = repositories.get("web")["status"]["scan"]
        fault = aws.inject(FINDINGS, code, status=status, prefix=name)
        until(repositories.cluster, lambda: aws.refusals(prefix=name).get(FINDINGS), "refusals")
        looked(repositories, "web")
        obj = repositories.get("web")
        assert obj["status"]["scan"] == before
        assert condition(obj, "ScanPassed")["reason"] == "VulnerabilitiesFound"
        assert condition(obj, "Ready")["status"] == "True"
        aws.clear(fault)

    def test_an_image_that_is_gone_between_listing_and_reading(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        name = repositories.name("web")
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        fault = aws.inject(FINDINGS, "ImageNotFoundException", prefix=name)
        aws.put_image(name, ["1"])
        until(repositories.cluster, lambda: aws.refusals(prefix=name).get(FINDINGS), "refusals")
        verdict(repositories, "web", "Unknown", "NoImagesReported")
        aws.clear(fault)
        aws.set_scan(name, "1", {"LOW": 1})
        shown(repositories, "web", {"tag": "1", "status": "COMPLETE"})


@pytest.mark.usefixtures("operator")
class TestAnswers:
    def test_many_pages_are_counted(self, repositories: Repositories, aws: FakeAws) -> None:
        name = repositories.name("web")
        repositories.created("web")
        aws.put_image(name, ["counted"])
        aws.put_image(name, ["uncounted"], age=60.0)
        aws.set_page_size(1)
        aws.set_scan(name, "counted", {"CRITICAL": 1, "LOW": 499}, findings=found(500))
        raw = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findings": found(500)}}
        aws.set_scan_raw(name, "uncounted", raw)
        shown(
            repositories,
            "web",
            {"severityCounts": {"CRITICAL": 1, "LOW": 499}},
            {"severityCounts": {"LOW": 500}},
        )
        aws.set_page_size(None)

    def test_findings_with_missing_members_and_unknown_severities_are_counted(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        name = repositories.name("web")
        repositories.created("web", vulnerabilityPolicy=NONE_CRITICAL)
        answers: dict[str, dict[str, Any] | None] = {
            "bare": {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findings": [{}, {}]}},
            "severe": {
                "imageScanStatus": {"status": "COMPLETE"},
                "imageScanFindings": {
                    "findingSeverityCounts": {"SEVERE": 2, "CRITICAL": 1},
                    "findings": [{"severity": "SEVERE"}, {"name": None, "severity": "CRITICAL"}],
                },
            },
            "empty": {"imageScanStatus": None, "imageScanFindings": None},
            "done": {"imageScanStatus": {"status": "COMPLETE"}},
        }
        for age, (tag, answer) in enumerate(answers.items()):
            aws.put_image(name, [tag], age=age * 60.0)
            aws.set_scan_raw(name, tag, answer)
        obj = shown(
            repositories,
            "web",
            {"tag": "bare", "severityCounts": {"UNDEFINED": 2}, "passed": "True"},
            {"tag": "severe", "severityCounts": {"CRITICAL": 1, "SEVERE": 2}, "passed": "False"},
            {"tag": "empty", "status": "UNKNOWN", "passed": "Unknown"},
            # AWS has been seen to say so before it had any findings.
            {"tag": "done", "status": "COMPLETE", "passed": "Unknown"},
        )
        assert "severityCounts" not in obj["status"]["scan"]["images"][3]

    def test_the_digest_decides_where_a_tag_moves(self, repositories: Repositories, aws: FakeAws) -> None:
        name = repositories.name("web")
        repositories.created("web")
        aws.put_image(name, ["v1"], age=DAY)
        aws.set_scan(name, "v1", {"HIGH": 1})
        old = shown(repositories, "web", {"tag": "v1", "severityCounts": {"HIGH": 1}})
        listed = old["status"]["scan"]["images"][0]["digest"]
        moved = aws.put_image(name, ["v1"])["imageDigest"]
        aws.set_scan(name, moved, {"LOW": 1})
        shown(repositories, "web", {"tag": "v1", "digest": moved, "severityCounts": {"LOW": 1}})
        assert listed != moved


@pytest.mark.usefixtures("operator")
class TestWhatIsNotWritten:
    def test_what_is_only_observed_is_reported_and_not_written(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        name = repositories.name("web")
        repositories.by_hand("web", owner="other/team/web")
        aws.put_image(name, ["scanned"])
        aws.put_image(name, ["missing"], age=60.0)
        aws.set_scan(name, "scanned", {"CRITICAL": 1})
        repositories.create(
            "web",
            managementPolicy="Observe",
            images={"startMissingScans": True},
            vulnerabilityPolicy=NONE_CRITICAL,
        )
        shown(repositories, "web", {"severityCounts": {"CRITICAL": 1}}, {"status": "SCAN_NOT_FOUND"})
        verdict(repositories, "web", "False", "VulnerabilitiesFound")
        looked(repositories, "web")
        assert not aws.writes(prefix=name)

    def test_what_another_owns_is_neither_written_nor_reported(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        name = repositories.name("web")
        repositories.by_hand("web", owner="other/team/web")
        aws.put_image(name, ["missing"])
        repositories.create("web", images={"startMissingScans": True}, vulnerabilityPolicy=NONE_CRITICAL)
        obj = repositories.stalled("web", "RepositoryOwnedByAnother")
        assert "scan" not in obj["status"]
        assert FINDINGS not in aws.calls(prefix=name)
        assert repositories.writes() == []

    def test_nothing_is_asked_of_what_is_suspended_or_does_not_want_it(
        self, repositories: Repositories, aws: FakeAws
    ) -> None:
        wants: dict[str, dict[str, Any]] = {
            "suspended": {},
            "off": {"images": {"scanFindings": False}, "vulnerabilityPolicy": NONE_CRITICAL},
            "none": {"images": {"report": 0}, "vulnerabilityPolicy": NONE_CRITICAL},
            "other": {},
        }
        for one, spec in wants.items():
            repositories.created(one, **spec)
        repositories.patch("suspended", suspend=True)
        repositories.wait("suspended", "Ready", "True", "Suspended")
        for one in wants:
            aws.put_image(repositories.name(one), ["1"])
        aws.reset_calls()
        # How the registry scans is asked for others with this one.
        shown(repositories, "other", {"status": "SCAN_NOT_FOUND"})
        for one in ("off", "none"):
            looked(repositories, one)
            obj = repositories.get(one)
            assert "scan" not in obj["status"]
            assert "images.scanFindings" in verdict(repositories, one, "Unknown", "FindingsNotRead")
            assert set(aws.calls(prefix=repositories.name(one))) == {"DescribeImages"}
        assert not aws.calls(prefix=repositories.name("suspended"))
