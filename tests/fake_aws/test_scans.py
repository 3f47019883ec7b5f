"""What DescribeImageScanFindings answers: every status, both types, pages, refusals, archived images."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.model import ecr_model
from tests.fake_aws.refusal import code_of, refusal_of
from tests.fake_aws.scans import ENHANCED, describe, scanning, status_of

DAY = 86_400
STATUSES = ecr_model().shape_for("ScanStatus").metadata["enum"]


@pytest.fixture(autouse=True)
def image(fake: FakeAws) -> str:
    fake.create_repositories(["app"])
    digest: str = fake.put_image("app", ["v1", "stable"])["imageDigest"]
    return digest


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_basic_scan_has_findings_and_counts_of_the_severities_that_there_are(
    fake: FakeAws, ecr: Any, image: str
) -> None:
    fake.set_scan("app", "v1", {"CRITICAL": 1, "HIGH": 0, "LOW": 2}, completed_at=1_700_000_000)
    answer = describe(ecr, "stable")
    found = answer["imageScanFindings"].pop("findings")
    assert answer == {
        "registryId": "111111111111",
        "repositoryName": "app",
        "imageId": {"imageDigest": image, "imageTag": "stable"},
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {
            "imageScanCompletedAt": at(1_700_000_000),
            "vulnerabilitySourceUpdatedAt": at(1_700_000_000),
            "findingSeverityCounts": {"CRITICAL": 1, "LOW": 2},
        },
    }
    assert [one["severity"] for one in found] == ["CRITICAL", "LOW", "LOW"]
    assert len({one["name"] for one in found}) == 3
    assert describe(ecr, image)["imageId"] == {"imageDigest": image}


def test_an_enhanced_scan_is_active_and_has_enhanced_findings_instead(fake: FakeAws, ecr: Any) -> None:
    fake.set_registry_scanning(ENHANCED)
    fake.set_scan("app", "v1", {"HIGH": 2}, age=DAY)
    answer = describe(ecr, "v1")
    assert answer["imageScanStatus"] == {
        "status": "ACTIVE",
        "description": "Continuous scan is selected for image.",
    }
    assert answer["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 2}
    assert len(answer["imageScanFindings"]["enhancedFindings"]) == 2
    assert "findings" not in answer["imageScanFindings"]


def test_a_clean_image_has_empty_counts_and_an_empty_list(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1")
    found = describe(ecr, "v1")["imageScanFindings"]
    assert (found["findingSeverityCounts"], found["findings"]) == ({}, [])


@pytest.mark.parametrize("status", [*STATUSES, "OF_NEXT_YEAR"])
def test_every_status_can_be_and_only_those_with_findings_show_any(
    fake: FakeAws, ecr: Any, status: str
) -> None:
    fake.set_scan("app", "v1", status=status, description="Because.")
    answer = describe(ecr, "v1")
    assert answer["imageScanStatus"] == {"status": status, "description": "Because."}
    assert ("imageScanFindings" in answer) == (status in {"COMPLETE", "ACTIVE"})


def test_a_scan_in_progress_shows_nothing_of_what_it_will_find(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1", {"HIGH": 3}, status="IN_PROGRESS")
    assert describe(ecr, "v1")["imageScanStatus"] == {"status": "IN_PROGRESS"}
    assert "imageScanFindings" not in describe(ecr, "v1")
    assert fake.complete_scans("app") == 1
    assert describe(ecr, "v1")["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 3}


def test_what_is_not_there_has_an_error_of_its_own(fake: FakeAws, ecr: Any, raw: Any) -> None:
    never = refusal_of(partial(describe, ecr), image="v1")
    assert never.code == "ScanNotFoundException"
    assert (
        "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}'" in never.message
    )
    assert code_of(partial(describe, ecr), image="v2") == "ImageNotFoundException"
    assert code_of(partial(describe, ecr), image="v1", repository="none") == "RepositoryNotFoundException"
    both = {"imageTag": "v1", "imageDigest": fake.put_image("app", ["v3"])["imageDigest"]}
    ask = partial(raw.describe_image_scan_findings, repositoryName="app")
    assert code_of(ask, imageId=both) == "ImageNotFoundException"
    wrongs: list[dict[str, Any]] = [{"imageId": {}}, {}, {"imageId": both, "maxResults": 1001}]
    for wrong in wrongs:
        assert code_of(ask, **wrong) == "InvalidParameterException"


def test_a_scan_taken_away_was_never_there(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1", {"HIGH": 1})
    fake.set_scan("app", "v1", status=None)
    assert code_of(partial(describe, ecr), image="v1") == "ScanNotFoundException"
    ecr.start_image_scan(repositoryName="app", imageId={"imageTag": "v1"})


def test_findings_come_in_pages_of_100_each_with_all_counts(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1", {"HIGH": 101, "LOW": 5})
    first = describe(ecr, "v1")
    last = describe(ecr, "v1", nextToken=first["nextToken"])
    pages = [one["imageScanFindings"] for one in (first, last)]
    assert [len(one["findings"]) for one in pages] == [100, 6]
    assert [one["findingSeverityCounts"] for one in pages] == [{"HIGH": 101, "LOW": 5}] * 2
    assert "nextToken" not in last
    assert len(describe(ecr, "v1", maxResults=1000)["imageScanFindings"]["findings"]) == 106


@pytest.mark.parametrize("configuration", [scanning("BASIC"), ENHANCED])
def test_500_pages_have_each_finding_once(fake: FakeAws, ecr: Any, configuration: dict[str, Any]) -> None:
    fake.set_registry_scanning(configuration)
    fake.set_scan("app", "v1", {"CRITICAL": 3, "MEDIUM": 497})
    fake.set_page_size(1)
    pages = ecr.get_paginator("describe_image_scan_findings").paginate(
        repositoryName="app", imageId={"imageTag": "v1"}
    )
    found = [page["imageScanFindings"] for page in pages]
    assert len(found) == 500
    listed = [one for page in found for one in page.get("findings", page.get("enhancedFindings"))]
    assert len({one["name"] if "name" in one else one["findingArn"] for one in listed}) == 500
    assert {tuple(page["findingSeverityCounts"].items()) for page in found} == {
        (("CRITICAL", 3), ("MEDIUM", 497))
    }


def test_a_token_is_good_for_its_own_scan_of_its_own_image(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v2"])
    for tag in ("v1", "v2"):
        fake.set_scan("app", tag, {"HIGH": 3})
    token = describe(ecr, "v1", maxResults=1)["nextToken"]
    listing = ecr.list_images(repositoryName="app", maxResults=1)["nextToken"]
    for image, wrong in (("v2", token), ("v1", listing), ("v1", "x")):
        assert code_of(partial(describe, ecr), image=image, nextToken=wrong) == "InvalidParameterException"
    assert len(describe(ecr, "stable", nextToken=token)["imageScanFindings"]["findings"]) == 2
    fake.set_scan("app", "v1", {"HIGH": 3})
    assert code_of(partial(describe, ecr), image="v1", nextToken=token) == "InvalidParameterException"


def test_a_tag_that_moves_leaves_the_scan_with_the_digest(fake: FakeAws, ecr: Any, image: str) -> None:
    fake.set_scan("app", "v1", {"HIGH": 1})
    fake.put_image("app", ["v1"])
    assert code_of(partial(describe, ecr), image="v1") == "ScanNotFoundException"
    assert status_of(ecr, image) == "COMPLETE"


def test_a_deleted_image_takes_its_scans_along(fake: FakeAws, ecr: Any, image: str) -> None:
    fake.set_scan("app", "v1", {"HIGH": 1})
    found = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"][0]
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageDigest": image}])
    assert code_of(partial(describe, ecr), image=image) == "ImageNotFoundException"
    ecr.put_image(repositoryName="app", imageManifest=found["imageManifest"])
    assert code_of(partial(describe, ecr), image=image) == "ScanNotFoundException"


@pytest.mark.parametrize("status", ["ARCHIVED", "ACTIVATING"])
def test_an_archived_image_is_said_to_be_one_and_comes_back_without_findings(
    fake: FakeAws, ecr: Any, status: str
) -> None:
    archived = fake.put_image("app", ["old"], status=status)
    fake.set_scan("app", "old", {"HIGH": 1})
    answer = describe(ecr, "old")
    assert answer["imageScanStatus"]["status"] == "IMAGE_ARCHIVED"
    assert "imageScanFindings" not in answer
    start = partial(ecr.start_image_scan, repositoryName="app", imageId={"imageTag": "old"})
    assert code_of(start) == "ImageArchivedException"
    ecr.put_image(repositoryName="app", imageManifest=archived["imageManifest"], imageTag="old")
    assert code_of(partial(describe, ecr), image="old") == "ScanNotFoundException"
    start()


def test_switching_the_type_hides_the_results_of_the_other_until_it_is_switched_back(
    fake: FakeAws, ecr: Any
) -> None:
    fake.set_scan("app", "v1", {"HIGH": 1})
    fake.set_scan("app", "v1", {"CRITICAL": 1}, type="ENHANCED")
    seen = []
    for configuration in (scanning("BASIC"), ENHANCED, scanning("BASIC")):
        ecr.put_registry_scanning_configuration(**configuration)
        seen.append(describe(ecr, "v1")["imageScanFindings"]["findingSeverityCounts"])
    assert seen == [{"HIGH": 1}, {"CRITICAL": 1}, {"HIGH": 1}]


def test_an_answer_can_be_as_wrong_as_a_test_wants_it(fake: FakeAws, ecr: Any, image: str) -> None:
    odd = {
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindings": {"findingSeverityCounts": {"SEVERE": 2}},
        "nextToken": 7,
        "registryId": None,
    }
    fake.set_scan_raw("app", "v1", odd)
    answer = ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageTag": "v1"})
    del answer["ResponseMetadata"]
    assert answer == {
        "repositoryName": "app",
        "imageId": {"imageDigest": image, "imageTag": "v1"},
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindings": {"findingSeverityCounts": {"SEVERE": 2}},
        "nextToken": 7,
    }
    fake.set_scan_raw("app", "v1", {})
    answer = ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageDigest": image})
    assert {"imageScanStatus", "imageScanFindings"}.isdisjoint(answer)
    fake.set_scan("app", "v1")
    assert status_of(ecr, "v1") == "COMPLETE"


def test_all_images_of_many_repositories_are_scanned_at_once(fake: FakeAws, ecr: Any) -> None:
    names = [f"many-{n}" for n in range(50)]
    fake.create_repositories(names)
    fake.put_images(names, 20)
    index = fake.put_image("many-7", ["multi"], children=[])
    assert fake.scan_images(names, {"CRITICAL": 1, "LOW": 4}, age=DAY) == 1000
    answer = describe(ecr, "v20", "many-49")["imageScanFindings"]
    assert (answer["findingSeverityCounts"], len(answer["findings"])) == ({"CRITICAL": 1, "LOW": 4}, 5)
    assert code_of(partial(describe, ecr), image="v1") == "ScanNotFoundException"
    assert code_of(partial(describe, ecr), image="multi", repository="many-7") == "ScanNotFoundException"
    assert index["imageTags"] == ["multi"]


def test_images_that_grow_older_have_older_scans(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan("app", "v1", completed_at=1_700_000_000, source_updated_at=1_700_000_500)
    fake.age_images(DAY, "app")
    found = describe(ecr, "v1")["imageScanFindings"]
    assert found["imageScanCompletedAt"] == at(1_700_000_000 - DAY)
    assert found["vulnerabilitySourceUpdatedAt"] == at(1_700_000_500 - DAY)


def test_a_knob_refuses_what_no_scan_can_have(fake: FakeAws) -> None:
    for wrong in (
        {"counts": {"SEVERE": 1}},
        {"type": "DEEP"},
        {"findings": [{"name": "CVE-1", "severity": "SEVERE"}]},
        {"findings": [{"name": "CVE-1", "severity": "HIGH", "fix": "MAYBE"}]},
        {"findings": [{"name": "CVE-1", "severity": "HIGH", "fix": "NO", "fixed_in": "2"}]},
        {"findings": [{"name": "CVE-1", "severity": "HIGH", "level": 1}]},
        {"age": 1, "completed_at": 1},
    ):
        with pytest.raises(RuntimeError):
            fake.set_scan("app", "v1", **wrong)
    with pytest.raises(RuntimeError, match="ImageNotFoundException"):
        fake.set_scan("app", "v9")
