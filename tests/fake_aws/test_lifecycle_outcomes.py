"""What becomes of images by a policy: previewed, and done by a run; every outcome is AWS's documentation."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.ecr.lifecycle_outcomes import OUTCOMES, Outcome, Stored

DAY = 86_400
A_LITTLE = 60
APP = {"repositoryName": "app"}

every_outcome = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES.keys())


def place(fake: FakeAws, images: dict[str, Stored]) -> dict[str, str]:
    """The images in an empty repository; their names by digest."""
    fake.create_repositories(["app"])
    now = time.time() + A_LITTLE

    def at(days: float | None) -> float | None:
        return None if days is None else now - days * DAY

    digests: dict[str, str] = {}
    for name, image in images.items():
        made = fake.put_image(
            "app",
            list(image.tags),
            image.status,
            pushed_at=at(image.pushed),
            pulled_at=at(image.pulled),
            archived_at=at(image.archived),
            activated_at=at(image.activated),
            children=[digests[child] for child in image.children] or None,
            subject=None if image.subject is None else digests[image.subject],
        )
        digests[name] = made["imageDigest"]
    return {digest: name for name, digest in digests.items()}


def padded(outcome: Outcome) -> str:
    return json.dumps(outcome.policy).ljust(100)


def statuses(ecr: Any, names: dict[str, str]) -> dict[str, str]:
    found = ecr.describe_images(**APP, filter={"imageStatus": "ANY"})["imageDetails"]
    return {names[one["imageDigest"]]: one["imageStatus"] for one in found}


@every_outcome
def test_the_preview_marks(fake: FakeAws, ecr: Any, outcome: Outcome) -> None:
    names = place(fake, outcome.images)
    ecr.start_lifecycle_policy_preview(**APP, lifecyclePolicyText=padded(outcome))
    results = ecr.get_lifecycle_policy_preview(**APP)["previewResults"]
    assert {
        names[one["imageDigest"]]: (one["action"]["type"], one["appliedRulePriority"]) for one in results
    } == outcome.marked
    assert statuses(ecr, names) == {name: image.status for name, image in outcome.images.items()}


@every_outcome
def test_a_run_does_what_can_be_done(fake: FakeAws, ecr: Any, outcome: Outcome) -> None:
    names = place(fake, outcome.images)
    ecr.put_lifecycle_policy(**APP, lifecyclePolicyText=padded(outcome))
    gone = fake.run_lifecycle_policies()["app"]
    by_rule = {names[one["imageDigest"]]: (one["action"], one["rulePriority"]) for one in gone}
    done = {name: action for name, action in outcome.marked.items() if name not in outcome.held}
    followed = {name: (action, None) for name, action in outcome.following.items()}
    assert by_rule == done | followed
    left = {name: image.status for name, image in outcome.images.items()}
    for name, (action, _) in by_rule.items():
        if action == "EXPIRE":
            del left[name]
        else:
            left[name] = "ARCHIVED"
    assert statuses(ecr, names) == left
    assert fake.run_lifecycle_policies() == {}
