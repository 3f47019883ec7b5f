"""Runs of lifecycle policies: when they act, on what, and what they leave behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.ecr.lifecycle_examples import ANY, ARCHIVE, EXPIRE, days, keep, policy, rule, tagged

DAY = 86_400
AFTER_A_WEEK = json.dumps(policy(rule(1, "Expire all images after a week", EXPIRE, **ANY, **days(7))))
ARCHIVE_AFTER_A_WEEK = json.dumps(policy(rule(1, "Archive all after a week", ARCHIVE, **ANY, **days(7))))
APP = {"repositoryName": "app"}


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"], lifecycle_policy=AFTER_A_WEEK)


def test_a_run_says_what_went_and_by_which_rule(fake: FakeAws, ecr: Any) -> None:
    image = fake.put_image("app", ["v1", "latest"], age=8 * DAY)["imageDigest"]
    signature = fake.put_image("app", subject=image)["imageDigest"]
    fake.put_image("app", ["v2"])
    assert fake.run_lifecycle_policies() == {
        "app": [
            {
                "imageDigest": image,
                "imageTags": ["v1", "latest"],
                "action": "EXPIRE",
                "rulePriority": 1,
                "subject": None,
            },
            {
                "imageDigest": signature,
                "imageTags": [],
                "action": "EXPIRE",
                "rulePriority": None,
                "subject": image,
            },
        ]
    }
    assert [one["imageTag"] for one in ecr.list_images(**APP)["imageIds"]] == ["v2"]
    assert "PutLifecyclePolicy" not in fake.calls()


def test_images_reach_their_age_by_the_clock_or_by_being_made_older(fake: FakeAws) -> None:
    fake.put_image("app", ["v1"], age=6 * DAY)
    assert fake.run_lifecycle_policies() == {}
    fake.set_clock(2 * DAY)
    assert list(fake.run_lifecycle_policies()) == ["app"]
    fake.set_clock(0)
    fake.put_image("app", ["v2"], age=6 * DAY)
    assert fake.run_lifecycle_policies() == {}
    fake.age_images(2 * DAY)
    assert [one["imageTags"] for one in fake.run_lifecycle_policies()["app"]] == [["v2"]]


def test_a_run_is_of_one_account_and_region_and_of_one_repository_if_one_is_named(fake: FakeAws) -> None:
    fake.create_repositories(["other"], lifecycle_policy=AFTER_A_WEEK)
    fake.create_repositories(["app"], account="222222222222", lifecycle_policy=AFTER_A_WEEK)
    fake.create_repositories(["none"])
    for name, account in (("app", "111111111111"), ("other", "111111111111"), ("app", "222222222222")):
        fake.put_image(name, account=account, age=8 * DAY)
    fake.put_image("none", age=8 * DAY)
    assert list(fake.run_lifecycle_policies("app")) == ["app"]
    assert fake.run_lifecycle_policies("none") == {}
    assert list(fake.run_lifecycle_policies()) == ["other"]
    assert list(fake.run_lifecycle_policies(account="222222222222")) == ["app"]


def test_the_policy_says_when_it_was_last_run(fake: FakeAws, ecr: Any) -> None:
    assert ecr.get_lifecycle_policy(**APP)["lastEvaluatedAt"] == datetime.fromtimestamp(0, UTC)
    fake.run_lifecycle_policies()
    evaluated = ecr.get_lifecycle_policy(**APP)["lastEvaluatedAt"]
    assert abs(evaluated - datetime.now(UTC)) < timedelta(seconds=30)


def test_an_archived_image_keeps_its_tags_and_says_when_it_was_archived(fake: FakeAws, ecr: Any) -> None:
    fake.put_lifecycle_policy("app", ARCHIVE_AFTER_A_WEEK)
    fake.put_image("app", ["v1"], age=8 * DAY)
    assert [one["action"] for one in fake.run_lifecycle_policies()["app"]] == ["TRANSITION"]
    assert ecr.describe_images(**APP)["imageDetails"] == []
    (image,) = ecr.describe_images(**APP, filter={"imageStatus": "ARCHIVED"})["imageDetails"]
    assert image["imageTags"] == ["v1"]
    assert abs(image["lastArchivedAt"] - datetime.now(UTC)) < timedelta(seconds=30)


def test_artifacts_follow_a_subject_that_somebody_deleted_but_not_one_that_never_was(
    fake: FakeAws, ecr: Any
) -> None:
    image = fake.put_image("app", ["v1"])["imageDigest"]
    orphan = fake.put_image("app", ["sig"], subject=image)["imageDigest"]
    fake.put_image("app", ["early"], subject="sha256:not-pushed-yet")
    ecr.batch_delete_image(**APP, imageIds=[{"imageDigest": image}])
    assert [one["imageDigest"] for one in fake.run_lifecycle_policies()["app"]] == [orphan]
    assert [one["imageTag"] for one in ecr.list_images(**APP)["imageIds"]] == ["early"]


def test_without_a_policy_artifacts_stay(fake: FakeAws, ecr: Any) -> None:
    fake.put_lifecycle_policy("app", None)
    image = fake.put_image("app", ["v1"])["imageDigest"]
    fake.put_image("app", subject=image)
    ecr.batch_delete_image(**APP, imageIds=[{"imageDigest": image}])
    assert fake.run_lifecycle_policies() == {}


def test_of_images_pushed_at_one_moment_the_one_stored_later_is_kept(fake: FakeAws, ecr: Any) -> None:
    fake.put_lifecycle_policy(
        "app", json.dumps(policy(rule(3, "Keep one", EXPIRE, **tagged("v*"), **keep(1))))
    )
    for name in ("v1", "v2", "v3"):
        fake.put_image("app", [name], pushed_at=1_700_000_000)
    gone = fake.run_lifecycle_policies()["app"]
    assert [(one["imageTags"], one["rulePriority"]) for one in gone] == [(["v1"], 3), (["v2"], 3)]


def test_a_policy_that_aws_would_not_have_taken_is_an_error(fake: FakeAws) -> None:
    fake.put_lifecycle_policy("app", "{}")
    with pytest.raises(RuntimeError, match="Lifecycle policy validation failure"):
        fake.run_lifecycle_policies()


def test_a_run_over_many_repositories_takes_them_all(fake: FakeAws) -> None:
    names = [f"many/{n}" for n in range(50)]
    fake.create_repositories(names, lifecycle_policy=AFTER_A_WEEK)
    fake.put_images(names, 20, every=DAY)
    gone = fake.run_lifecycle_policies()
    assert sorted(gone) == sorted(names)
    assert {len(images) for images in gone.values()} == {13}
