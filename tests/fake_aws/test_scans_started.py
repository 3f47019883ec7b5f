"""Scans that somebody starts, and scans on push: how long they take, how many there may be, of what."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of
from tests.fake_aws.scans import ATTESTATION, ENHANCED, checked, describe, rule, scanning, status_of

DAY = 86_400
INDEX = "application/vnd.oci.image.index.v1+json"
CHART = "application/vnd.cncf.helm.config.v1+json"
ON_PUSH = scanning("ENHANCED", rule("SCAN_ON_PUSH", "*"))


@pytest.fixture(autouse=True)
def repositories(fake: FakeAws) -> None:
    fake.create_repositories(["app"])
    fake.create_repositories(["pushed"], scan_on_push=True)


def start(ecr: Any, image: str = "v1", repository: str = "app") -> dict[str, Any]:
    answer = ecr.start_image_scan(repositoryName=repository, imageId={"imageTag": image})
    return checked("StartImageScan", answer)


def test_a_started_scan_is_in_progress_and_done_at_the_next_look(fake: FakeAws, ecr: Any) -> None:
    digest = fake.put_image("app", ["v1"])["imageDigest"]
    assert start(ecr) == {
        "registryId": "111111111111",
        "repositoryName": "app",
        "imageId": {"imageDigest": digest, "imageTag": "v1"},
        "imageScanStatus": {"status": "IN_PROGRESS"},
    }
    answer = describe(ecr, "v1")
    assert answer["imageScanStatus"]["status"] == "COMPLETE"
    assert answer["imageScanFindings"]["findingSeverityCounts"] == {}


def test_a_scan_takes_as_long_as_it_is_told_to(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan_seconds(60, prefix="app")
    fake.put_images(["app", "pushed"], 1)
    start(ecr)
    assert (status_of(ecr, "v1"), status_of(ecr, "v1", "pushed")) == ("IN_PROGRESS", "COMPLETE")
    fake.set_clock(61)
    assert status_of(ecr, "v1") == "COMPLETE"
    fake.set_clock(0)
    assert status_of(ecr, "v1") == "COMPLETE"


def test_a_scan_without_an_end_runs_until_it_is_completed(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan_seconds(None)
    fake.put_images(["app", "pushed"], 1)
    start(ecr)
    fake.age_images(DAY)
    assert status_of(ecr, "v1") == "IN_PROGRESS"
    assert fake.complete_scans("app", {"HIGH": 2}) == 1
    assert describe(ecr, "v1")["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 2}
    assert status_of(ecr, "v1", "pushed") == "IN_PROGRESS"
    assert fake.complete_scans(status="FAILED", description="No.") == 1
    failed = describe(ecr, "v1", "pushed")
    assert failed["imageScanStatus"] == {"status": "FAILED", "description": "No."}
    assert "imageScanFindings" not in failed
    assert fake.complete_scans() == 0


def test_an_image_is_scanned_once_in_24_hours_a_scan_on_push_included(fake: FakeAws, ecr: Any) -> None:
    fake.put_images(["app", "pushed"], 1)
    start(ecr)
    for repository in ("app", "pushed"):
        refusal = refusal_of(partial(start, ecr), repository=repository)
        assert refusal.code == "LimitExceededException"
        assert refusal.message == "The scan quota per image has been exceeded. Wait and try again."
    fake.age_images(DAY - 60)
    assert code_of(partial(start, ecr)) == "LimitExceededException"
    fake.age_images(120)
    start(ecr)
    start(ecr, repository="pushed")


def test_another_scan_finds_what_the_last_one_found(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v1"])
    fake.set_scan("app", "v1", {"HIGH": 4}, age=2 * DAY)
    start(ecr)
    assert describe(ecr, "v1")["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 4}


def test_so_many_basic_scans_a_day_start_in_a_registry_pushes_included(fake: FakeAws, ecr: Any) -> None:
    fake.set_scan_quota(2)
    fake.put_image("pushed", ["v1"])
    fake.put_image("app", ["v1"])
    fake.put_image("app", ["v2"])
    start(ecr)
    refusal = refusal_of(partial(start, ecr), image="v2")
    assert (refusal.code, "per registry" in refusal.message) == ("LimitExceededException", True)
    fake.put_image("pushed", ["v2"])
    assert status_of(ecr, "v2", "pushed") == "LIMIT_EXCEEDED"
    fake.age_images(DAY + 60)
    start(ecr, "v2")
    fake.set_scan_quota(100)
    fake.set_scan_quota(1, "111111111111")
    assert code_of(partial(start, ecr)) == "LimitExceededException"
    fake.set_scan_quota(None, "111111111111")
    start(ecr)


def test_enhanced_scanning_has_no_scan_on_demand(fake: FakeAws, ecr: Any) -> None:
    fake.set_registry_scanning(ENHANCED)
    fake.put_image("app", ["v1"])
    refusal = refusal_of(partial(start, ecr))
    assert (refusal.code, refusal.message) == ("ValidationException", "This feature is disabled")


def test_what_is_no_image_cannot_be_scanned(fake: FakeAws, ecr: Any) -> None:
    child = fake.put_image("pushed")["imageDigest"]
    fake.put_image("pushed", ["index"], children=[child])
    fake.put_image("pushed", ["chart"], artifact_media_type=CHART)
    for tag, media_type in (("index", INDEX), ("chart", CHART)):
        refusal = refusal_of(partial(start, ecr), image=tag, repository="pushed")
        assert refusal.code == "UnsupportedImageTypeException"
        assert f"An artifact with media type '{media_type}' cannot be scanned." in refusal.message
        assert code_of(partial(describe, ecr), image=tag, repository="pushed") == "ScanNotFoundException"
    assert status_of(ecr, child, "pushed") == "COMPLETE"


def test_an_attestation_looks_like_an_image_and_has_nothing_to_scan(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v1"], layer_media_type=ATTESTATION)
    start(ecr)
    answer = describe(ecr, "v1")
    assert answer["imageScanStatus"] == {
        "status": "UNSUPPORTED_IMAGE",
        "description": (
            "UnsupportedImageError: The operating system and/or package manager are not supported."
        ),
    }
    assert "imageScanFindings" not in answer


def test_only_what_is_there_can_be_scanned(fake: FakeAws, ecr: Any, raw: Any) -> None:
    fake.put_image("app", ["v1"])
    assert code_of(partial(start, ecr), image="v9") == "ImageNotFoundException"
    assert code_of(partial(start, ecr), repository="none") == "RepositoryNotFoundException"
    assert code_of(raw.start_image_scan, repositoryName="app", imageId={}) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("configuration", "repository", "status"),
    [
        (scanning("BASIC"), "app", None),
        (scanning("BASIC"), "pushed", "COMPLETE"),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "ap*")), "app", "COMPLETE"),
        (scanning("BASIC", rule("SCAN_ON_PUSH", "ap*")), "pushed", None),
        (ENHANCED, "app", "ACTIVE"),
        (ON_PUSH, "app", "COMPLETE"),
        (scanning("ENHANCED"), "pushed", None),
    ],
)
def test_a_push_is_scanned_if_the_registry_or_else_the_repository_says_so(
    fake: FakeAws, ecr: Any, configuration: dict[str, Any], repository: str, status: str | None
) -> None:
    fake.set_registry_scanning(configuration)
    text = fake.put_image("app")["imageManifest"]
    fake.put_image(repository, ["seeded"])
    fake.put_images([repository], 1)
    other = json.dumps({**json.loads(text), "annotations": {"pushed": "really"}})
    ecr.put_image(repositoryName=repository, imageManifest=other, imageTag="pushed")
    for tag in ("seeded", "v1", "pushed"):
        if status is None:
            assert (
                code_of(partial(describe, ecr), image=tag, repository=repository) == "ScanNotFoundException"
            )
        else:
            assert status_of(ecr, tag, repository) == status


def test_the_first_enhanced_scan_is_pending_until_it_is_done(fake: FakeAws, ecr: Any) -> None:
    fake.set_registry_scanning(ENHANCED)
    fake.set_scan_seconds(None, account="111111111111")
    fake.put_image("app", ["v1"])
    assert describe(ecr, "v1")["imageScanStatus"] == {"status": "PENDING"}
    fake.complete_scans(counts={"LOW": 1})
    assert status_of(ecr, "v1") == "ACTIVE"


def test_a_restored_image_is_scanned_as_a_pushed_one_is(fake: FakeAws, ecr: Any) -> None:
    archived = fake.put_image("pushed", ["v1"], status="ARCHIVED", age=10 * DAY)
    fake.set_scan("pushed", "v1", {"HIGH": 1}, age=9 * DAY)
    ecr.put_image(repositoryName="pushed", imageManifest=archived["imageManifest"], imageTag="v1")
    assert describe(ecr, "v1", "pushed")["imageScanFindings"]["findingSeverityCounts"] == {}


def test_the_waiter_of_boto3_ends_with_a_basic_scan(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v1"])
    start(ecr)
    ecr.get_waiter("image_scan_complete").wait(repositoryName="app", imageId={"imageTag": "v1"})
    assert fake.calls("app") == {"DescribeImageScanFindings": 1, "StartImageScan": 1}
