"""An inline lifecycle policy is set, kept and taken back."""

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.policies import RULE
from tests.repositories import Repositories

pytestmark = pytest.mark.usefixtures("operator")


def rule(priority: int, **selection: Any) -> dict[str, Any]:
    return RULE | {"rulePriority": priority, "selection": selection}


KEEP = {"countType": "imageCountMoreThan", "countNumber": 30}
ARCHIVE = [
    {
        "rulePriority": 1,
        "selection": {
            "tagStatus": "any",
            "countType": "sinceImagePulled",
            "countUnit": "days",
            "countNumber": 90,
        },
        "action": {"type": "transition", "targetStorageClass": "archive"},
    },
    {
        "rulePriority": 2,
        "selection": {
            "tagStatus": "any",
            "storageClass": "archive",
            "countType": "sinceImageTransitioned",
            "countUnit": "days",
            "countNumber": 365,
        },
        "action": {"type": "expire"},
    },
]


def test_rules_are_set_changed_and_taken_back(repositories: Repositories, aws: FakeAws) -> None:
    name = repositories.name("web")
    repositories.created("web", lifecyclePolicy={"rules": [RULE]})
    assert aws.lifecycle_policy(name) == {"rules": [RULE]}

    repositories.patch("web", lifecyclePolicy={"rules": ARCHIVE})
    repositories.ready("web")
    assert aws.lifecycle_policy(name) == {"rules": ARCHIVE}

    repositories.patch("web", lifecyclePolicy=None)
    obj = repositories.ready("web")
    assert aws.lifecycle_policy(name) is None
    assert obj["status"]["managed"] == ["repository"]
    assert repositories.writes() == [
        "CreateRepository",
        "PutLifecyclePolicy",
        "PutLifecyclePolicy",
        "DeleteLifecyclePolicy",
    ]


@pytest.mark.parametrize("form", ["plain", "expanded"])
def test_what_aws_reformats_is_no_difference(repositories: Repositories, aws: FakeAws, form: str) -> None:
    aws.set_lifecycle_reformat(form)
    try:
        rules = [
            rule(20, tagStatus="any", **KEEP),
            rule(3, tagStatus="tagged", tagPatternList=["z*", "a*", "m*"], storageClass="standard", **KEEP),
            rule(7, tagStatus="tagged", tagPrefixList=["v2", "v1"], **KEEP),
        ]
        repositories.created("web", lifecyclePolicy={"rules": rules})
        repositories.reconcile_now("web", "now")
        # An edit that means the same is none.
        repositories.patch("web", lifecyclePolicy={"rules": rules[::-1]})
        repositories.ready("web")
    finally:
        aws.set_lifecycle_reformat("plain")
    assert repositories.writes() == ["CreateRepository", "PutLifecyclePolicy"]


def test_a_policy_that_somebody_wrote_is_left_alone_until_the_spec_has_one(
    repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.created("web")
    aws.put_lifecycle_policy(name, '{"rules": "by hand"}')
    repositories.reconcile_now("web", "now")
    assert aws.lifecycle_policy(name) == {"rules": "by hand"}

    repositories.patch("web", lifecyclePolicy={"rules": [RULE]})
    repositories.ready("web")
    assert aws.lifecycle_policy(name) == {"rules": [RULE]}
    assert (
        "replace the lifecycle policy"
        in repositories.event(repositories.get("web"), "RepositoryUpdated")["note"].lower()
    )


def test_drift_is_healed(repositories: Repositories, aws: FakeAws) -> None:
    name = repositories.name("web")
    repositories.created("web", lifecyclePolicy={"rules": [RULE]})
    aws.put_lifecycle_policy(name, None)
    repositories.reconcile_now("web", "now")
    assert aws.lifecycle_policy(name) == {"rules": [RULE]}


def test_a_policy_that_aws_refuses_is_said(repositories: Repositories, aws: FakeAws) -> None:
    aws.inject(
        "PutLifecyclePolicy",
        "InvalidParameterException",
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy "
        "validation failure: something new'",
        prefix=repositories.name("web"),
    )
    repositories.create("web", lifecyclePolicy={"rules": [RULE]})
    obj = repositories.stalled("web", "InvalidPolicy")
    assert obj["status"]["managed"] == ["repository"]
