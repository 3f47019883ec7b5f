"""BatchGetImage as a pull: what it answers, when it is recorded, and whose pulls are not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of

DAY = 86_400
USER = "arn:aws:iam::111111111111:user/ecr-operator"
ROLE = "arn:aws:iam::111111111111:role/scanner"


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def pull(ecr: Any, *ids: dict[str, str]) -> dict[str, Any]:
    return ecr.batch_get_image(repositoryName="app", imageIds=list(ids) or [{"imageTag": "v1"}])


def pulled_at(fake: FakeAws, tag: str = "v1") -> float | None:
    images = fake.client("ecr", unseen=True).describe_images(
        repositoryName="app", imageIds=[{"imageTag": tag}]
    )
    found = images["imageDetails"][0].get("lastRecordedPullTime")
    return found.timestamp() if found else None


def test_a_pull_is_recorded_at_most_once_in_24_hours(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v1"], age=9 * DAY)
    fake.put_image("app", ["v2"], age=9 * DAY)
    pull(ecr)
    first = pulled_at(fake)
    assert first is not None
    assert first == pytest.approx(time.time(), abs=60)
    assert pulled_at(fake, "v2") is None
    fake.age_images(DAY - 60)
    pull(ecr)
    assert pulled_at(fake) == pytest.approx(first - DAY + 60)
    fake.age_images(120)
    pull(ecr)
    assert pulled_at(fake) == pytest.approx(first, abs=60)


def test_a_look_without_a_trace_is_no_pull(fake: FakeAws) -> None:
    fake.put_image("app", ["v1"])
    pull(fake.client("ecr", unseen=True))
    assert pulled_at(fake) is None


def test_pulls_of_an_excluded_principal_are_not_recorded(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v1"])
    assert ecr.register_pull_time_update_exclusion(principalArn=USER)["principalArn"] == USER
    pull(ecr)
    assert pulled_at(fake) is None
    assert ecr.deregister_pull_time_update_exclusion(principalArn=USER)["principalArn"] == USER
    pull(ecr)
    assert pulled_at(fake) is not None


def test_a_session_is_excluded_by_its_role(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["v1"])
    ecr.register_pull_time_update_exclusion(principalArn=ROLE)
    sts = fake.client("sts")
    for role, recorded in ((ROLE, False), (f"{ROLE}-of-others", True)):
        credentials = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
        client = fake.client_with(credentials)
        pull(client)
        client.close()
        assert (pulled_at(fake) is not None) is recorded


def test_exclusions_are_listed_in_pages_and_up_to_100(fake: FakeAws, ecr: Any, raw: Any) -> None:
    arns = [f"{ROLE}-{n:03}" for n in range(100)]
    for arn in arns:
        ecr.register_pull_time_update_exclusion(principalArn=arn)
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == arns
    first = ecr.list_pull_time_update_exclusions(maxResults=60)
    last = ecr.list_pull_time_update_exclusions(maxResults=60, nextToken=first["nextToken"])
    assert first["pullTimeUpdateExclusions"] + last["pullTimeUpdateExclusions"] == arns
    assert "nextToken" not in last
    elsewhere = fake.client("ecr", region="us-east-1")
    assert elsewhere.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == []
    register = ecr.register_pull_time_update_exclusion
    assert code_of(register, principalArn=arns[0]) == "ExclusionAlreadyExistsException"
    assert code_of(register, principalArn=ROLE) == "LimitExceededException"
    assert (
        code_of(ecr.deregister_pull_time_update_exclusion, principalArn=ROLE) == "ExclusionNotFoundException"
    )
    for wrong in ("arn:aws:iam::111111111111:root", "scanner"):
        assert code_of(raw.register_pull_time_update_exclusion, principalArn=wrong) == (
            "InvalidParameterException"
        )


def test_what_cannot_be_pulled_has_a_code_and_keeps_nothing_else(fake: FakeAws, ecr: Any) -> None:
    one = fake.put_image("app", ["v1"])
    fake.put_image("app", ["archived"], status="ARCHIVED")
    answer = pull(
        ecr,
        {"imageTag": "v9"},
        {"imageTag": "archived"},
        {"imageDigest": "nonsense"},
        {"imageDigest": one["imageDigest"], "imageTag": "v9"},
        {},
        {"imageDigest": one["imageDigest"]},
    )
    assert [failed["failureCode"] for failed in answer["failures"]] == [
        "ImageNotFound",
        "ImageNotFound",
        "InvalidImageDigest",
        "ImageTagDoesNotMatchDigest",
        "MissingDigestAndTag",
    ]
    assert [image["imageId"] for image in answer["images"]] == [{"imageDigest": one["imageDigest"]}]
    assert answer["images"][0]["imageManifest"] == one["imageManifest"]
