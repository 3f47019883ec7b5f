"""Previews of lifecycle policies: one per repository, their course, their pages, what they can be asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.ecr.lifecycle_examples import (
    ANY,
    ARCHIVE,
    ARCHIVED,
    EXPIRE,
    INVALID,
    UNTAGGED,
    Policy,
    days,
    keep,
    policy,
    rule,
    tagged,
)
from tests.fake_aws.refusal import code_of, refusal_of

DAY = 86_400
KEEP_ONE = policy(rule(1, "Keep the newest image of all", EXPIRE, **ANY, **keep(1)))
APP = {"repositoryName": "app"}


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def start(ecr: Any, wanted: Policy | None = KEEP_ONE, **more: str) -> dict[str, Any]:
    text = {} if wanted is None else {"lifecyclePolicyText": json.dumps(wanted, indent=2)}
    return ecr.start_lifecycle_policy_preview(**APP, **text, **more)


def get(ecr: Any, **asked: Any) -> dict[str, Any]:
    return ecr.get_lifecycle_policy_preview(**APP, **asked)


def digests(answer: dict[str, Any]) -> list[str]:
    return [one["imageDigest"] for one in answer["previewResults"]]


def test_a_preview_says_what_a_policy_would_do_and_does_nothing(fake: FakeAws, ecr: Any) -> None:
    old = fake.put_image("app", ["v1", "stable"], pushed_at=1_700_000_000)
    fake.put_image("app", ["v2"])
    started = start(ecr)
    assert (started["status"], started["registryId"]) == ("IN_PROGRESS", "111111111111")
    assert json.loads(started["lifecyclePolicyText"]) == KEEP_ONE
    answer = get(ecr)
    assert (answer["status"], answer["repositoryName"]) == ("COMPLETE", "app")
    assert json.loads(answer["lifecyclePolicyText"]) == KEEP_ONE
    assert answer["previewResults"] == [
        {
            "imageTags": ["v1", "stable"],
            "imageDigest": old["imageDigest"],
            "imagePushedAt": datetime.fromtimestamp(1_700_000_000, UTC),
            "action": {"type": "EXPIRE"},
            "appliedRulePriority": 1,
            "storageClass": "STANDARD",
        }
    ]
    assert answer["summary"] == {"expiringImageTotalCount": 1}
    assert len(ecr.describe_images(**APP)["imageDetails"]) == 2
    assert code_of(ecr.get_lifecycle_policy, **APP) == "LifecyclePolicyNotFoundException"
    assert [one["operation"] for one in fake.writes()] == ["StartLifecyclePolicyPreview"]


def test_transitions_have_their_target_and_are_counted_by_it(fake: FakeAws, ecr: Any) -> None:
    fake.put_image("app", ["old"], age=40 * DAY)
    fake.put_image("app", ["older"], age=50 * DAY)
    fake.put_image("app", ["stored"], status="ARCHIVED", age=400 * DAY)
    both = policy(
        rule(1, "Archive", ARCHIVE, **ANY, **days(30)), rule(2, "Expire", EXPIRE, **ANY, **ARCHIVED)
    )
    start(ecr, both)
    answer = get(ecr)
    moved = {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}
    assert [
        (one["imageTags"], one["action"], one["appliedRulePriority"], one["storageClass"])
        for one in answer["previewResults"]
    ] == [
        (["old"], moved, 1, "STANDARD"),
        (["older"], moved, 1, "STANDARD"),
        (["stored"], {"type": "EXPIRE"}, 2, "ARCHIVE"),
    ]
    assert answer["summary"] == {
        "expiringImageTotalCount": 1,
        "transitioningImageTotalCounts": [{"targetStorageClass": "ARCHIVE", "imageTotalCount": 2}],
    }


def test_without_a_text_the_policy_in_force_is_previewed(fake: FakeAws, ecr: Any) -> None:
    assert code_of(partial(start, ecr, None)) == "LifecyclePolicyNotFoundException"
    assert code_of(partial(get, ecr)) == "LifecyclePolicyPreviewNotFoundException"
    ecr.put_lifecycle_policy(**APP, lifecyclePolicyText=json.dumps(KEEP_ONE))
    assert json.loads(start(ecr, None)["lifecyclePolicyText"]) == KEEP_ONE
    ecr.delete_lifecycle_policy(**APP)
    assert json.loads(get(ecr)["lifecyclePolicyText"]) == KEEP_ONE


@pytest.mark.parametrize("name", INVALID)
def test_a_text_that_put_refuses_is_refused_and_starts_nothing(raw: Any, name: str) -> None:
    text = json.dumps(INVALID[name]).ljust(100)
    put = refusal_of(raw.put_lifecycle_policy, **APP, lifecyclePolicyText=text)
    refused = refusal_of(raw.start_lifecycle_policy_preview, **APP, lifecyclePolicyText=text)
    assert (refused.code, refused.message) == (put.code, put.message)
    assert code_of(raw.get_lifecycle_policy_preview, **APP) == "LifecyclePolicyPreviewNotFoundException"


def test_one_preview_runs_at_a_time_and_the_next_takes_its_place(fake: FakeAws, ecr: Any) -> None:
    image = fake.put_image("app", age=2 * DAY)["imageDigest"]
    fake.put_image("app")
    fake.set_previews(seconds=None)
    start(ecr)
    answer = get(ecr)
    assert (answer["status"], answer["previewResults"]) == ("IN_PROGRESS", [])
    assert answer["summary"] == {"expiringImageTotalCount": 0}
    assert get(ecr, imageIds=[{"imageDigest": image}])["previewResults"] == []
    refused = refusal_of(partial(start, ecr))
    assert refused.code == "LifecyclePolicyPreviewInProgressException"
    fake.set_previews()
    assert digests(get(ecr)) == [image]
    fake.set_previews(seconds=None)
    assert get(ecr)["status"] == "COMPLETE"
    other = policy(rule(7, "Keep five images of all kinds there are", EXPIRE, **ANY, **keep(5)))
    assert start(ecr, other)["status"] == "IN_PROGRESS"
    assert json.loads(get(ecr)["lifecyclePolicyText"]) == other


def test_a_preview_takes_its_time_by_the_clock_of_aws(fake: FakeAws, ecr: Any) -> None:
    fake.set_previews(seconds=200)
    start(ecr)
    assert get(ecr)["status"] == "IN_PROGRESS"
    fake.set_clock(250)
    assert get(ecr)["status"] == "COMPLETE"


@pytest.mark.parametrize("outcome", ["FAILED", "EXPIRED"])
def test_a_preview_that_failed_or_expired_has_no_results(fake: FakeAws, ecr: Any, outcome: str) -> None:
    fake.put_image("app", age=2 * DAY)
    fake.put_image("app")
    start(ecr)
    assert get(ecr)["summary"] == {"expiringImageTotalCount": 1}
    fake.set_previews(outcome=outcome)
    answer = get(ecr)
    assert (answer["status"], answer["previewResults"]) == (outcome, [])
    assert answer["summary"] == {"expiringImageTotalCount": 0}
    fake.set_previews(seconds=None, outcome=outcome)
    start(ecr)
    assert get(ecr)["status"] == "IN_PROGRESS"


def test_the_course_is_set_by_prefix_and_account_and_forgotten_at_reset(fake: FakeAws, ecr: Any) -> None:
    other = fake.client("ecr", account="222222222222")
    for client in (ecr, other):
        for name in ("a/b", "a/c"):
            client.create_repository(repositoryName=name)

    def statuses(client: Any) -> list[str]:
        found = []
        for name in ("a/b", "a/c"):
            text = json.dumps(KEEP_ONE)
            client.start_lifecycle_policy_preview(repositoryName=name, lifecyclePolicyText=text)
            found.append(client.get_lifecycle_policy_preview(repositoryName=name)["status"])
        return found

    fake.set_previews(outcome="FAILED", prefix="a/")
    fake.set_previews(prefix="a/c")
    fake.set_previews(outcome="EXPIRED", prefix="a/", account="222222222222")
    assert statuses(ecr) == ["FAILED", "COMPLETE"]
    assert statuses(other) == ["EXPIRED", "COMPLETE"]
    for wrong in ({"outcome": "DONE"}, {"unknown_images": "shown"}):
        with pytest.raises(RuntimeError, match="is one of"):
            fake.set_previews(**wrong)
    fake.reset()
    fake.create_repositories(["a/b", "a/c"])
    assert statuses(ecr) == ["COMPLETE", "COMPLETE"]


def test_results_are_those_of_the_moment_of_the_start(fake: FakeAws, ecr: Any) -> None:
    first = fake.put_image("app", ["first"], age=2 * DAY)["imageDigest"]
    second = fake.put_image("app", ["second"], age=DAY)["imageDigest"]
    start(ecr)
    fake.put_image("app", ["third"])
    ecr.batch_delete_image(**APP, imageIds=[{"imageTag": "first"}])
    assert digests(get(ecr)) == [first]
    assert digests(get(ecr, imageIds=[{"imageTag": "first"}, {"imageDigest": second}])) == [first]
    start(ecr)
    assert digests(get(ecr)) == [second]


def test_images_are_asked_for_by_digest_tag_or_both_up_to_100(fake: FakeAws, ecr: Any, raw: Any) -> None:
    fake.put_images(["app"], 101, tags=["v{n}", "n-{n}"])
    start(ecr)
    found = {one["imageTags"][0]: one["imageDigest"] for one in get(ecr)["previewResults"]}
    v1, v2, v3 = (found[name] for name in ("v1", "v2", "v3"))
    ids = [
        {"imageDigest": v3},
        {"imageTag": "v1"},
        {"imageTag": "n-1"},
        {"imageTag": "v101"},
        {"imageDigest": v2, "imageTag": "n-2"},
        {"imageDigest": found["v4"], "imageTag": "v9"},
    ]
    answer = get(ecr, imageIds=ids)
    assert digests(answer) == [v1, v2, v3]
    assert answer["summary"] == {"expiringImageTotalCount": 100}
    hundred = [{"imageTag": f"v{n}"} for n in range(1, 102)]
    assert len(get(ecr, imageIds=hundred[:100])["previewResults"]) == 100
    for wrong in (
        {"imageIds": hundred},
        {"imageIds": []},
        {"imageIds": [{}]},
        {"imageIds": ids, "maxResults": 5},
        {"imageIds": ids, "nextToken": "x"},
        {"maxResults": 101},
        {"maxResults": 0},
        {"nextToken": "x"},
    ):
        assert code_of(raw.get_lifecycle_policy_preview, **APP, **wrong) == "InvalidParameterException"


def test_an_id_of_no_image_is_left_out_or_refused(fake: FakeAws, ecr: Any) -> None:
    old = fake.put_image("app", ["old"], age=DAY)["imageDigest"]
    kept = fake.put_image("app", ["kept"])["imageDigest"]
    start(ecr)
    ids = [{"imageDigest": old}, {"imageDigest": kept}, {"imageTag": "never"}]
    assert digests(get(ecr, imageIds=ids)) == [old]
    fake.set_previews(unknown_images="refused")
    assert code_of(partial(get, ecr), imageIds=ids) == "ImageNotFoundException"
    assert digests(get(ecr, imageIds=ids[:2])) == [old]


def test_results_come_in_pages_of_100_and_a_token_is_good_for_its_own_preview(
    fake: FakeAws, ecr: Any
) -> None:
    fake.put_images(["app"], 103)
    start(ecr)
    first = get(ecr)
    assert len(first["previewResults"]) == 100
    last = get(ecr, nextToken=first["nextToken"])
    assert [one["imageTags"] for one in last["previewResults"]] == [["v101"], ["v102"]]
    assert "nextToken" not in last
    assert first["summary"] == last["summary"] == {"expiringImageTotalCount": 102}
    pages = ecr.get_paginator("get_lifecycle_policy_preview").paginate(
        **APP, PaginationConfig={"PageSize": 40}
    )
    assert [len(page["previewResults"]) for page in pages] == [40, 40, 22]
    start(ecr)
    assert code_of(partial(get, ecr), nextToken=first["nextToken"]) == "InvalidParameterException"


def test_a_filter_on_the_tag_status_fills_its_pages(fake: FakeAws, ecr: Any) -> None:
    for n in range(3):
        fake.put_image("app", [f"v{n}"], age=DAY)
        fake.put_image("app", age=DAY)
    everything = policy(
        rule(1, "Untagged", EXPIRE, **UNTAGGED, **keep(1)),
        rule(2, "Tagged", EXPIRE, **tagged("v*"), **keep(1)),
    )
    start(ecr, everything)
    assert len(get(ecr, filter={"tagStatus": "ANY"})["previewResults"]) == 4
    wanted = {"filter": {"tagStatus": "TAGGED"}, "maxResults": 1}
    first = get(ecr, **wanted)
    second = get(ecr, **wanted, nextToken=first["nextToken"])
    assert [one["previewResults"][0]["imageTags"] for one in (first, second)] == [["v0"], ["v1"]]
    assert "nextToken" not in second
    assert ["imageTags" in one for one in get(ecr, filter={"tagStatus": "UNTAGGED"})["previewResults"]] == [
        False,
        False,
    ]
    tags = [{"imageTag": "v0"}]
    assert get(ecr, imageIds=tags, filter={"tagStatus": "UNTAGGED"})["previewResults"] == []


def test_a_preview_belongs_to_its_repository(ecr: Any) -> None:
    start(ecr)
    ecr.delete_repository(**APP)
    assert code_of(partial(start, ecr)) == code_of(partial(get, ecr)) == "RepositoryNotFoundException"
    ecr.create_repository(**APP)
    assert code_of(partial(get, ecr)) == "LifecyclePolicyPreviewNotFoundException"


def test_the_waiter_of_boto3_ends_with_the_preview(fake: FakeAws, ecr: Any) -> None:
    start(ecr)
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(**APP)
    assert fake.calls("app") == {"GetLifecyclePolicyPreview": 1, "StartLifecyclePolicyPreview": 1}


def test_starting_and_reading_previews_are_rights_of_their_own(fake: FakeAws, ecr: Any) -> None:
    arn = "arn:aws:ecr:eu-west-1:111111111111:repository/app"
    statement = {"Effect": "Allow", "Action": "ecr:Get*", "Resource": arn}
    fake.set_iam_policy("111111111111", {"Version": "2012-10-17", "Statement": [statement]})
    refused = refusal_of(partial(start, ecr))
    assert refused.code == "AccessDeniedException"
    assert f"perform: ecr:StartLifecyclePolicyPreview on resource: {arn}" in refused.message
    assert code_of(partial(get, ecr)) == "LifecyclePolicyPreviewNotFoundException"
    statement["Action"] = "ecr:StartLifecyclePolicyPreview"
    fake.set_iam_policy("111111111111", {"Version": "2012-10-17", "Statement": [statement]})
    start(ecr)
    assert code_of(partial(get, ecr)) == "AccessDeniedException"
