"""Any one call to AWS fails in any way, also after its effect: the same final state, and nothing twice."""

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, LAMBDA, OTHER, RULE, policy, statements
from tests.repositories import Repositories, condition
from tests.running import RunningOperator

pytestmark = pytest.mark.usefixtures("operator")

KINDS: dict[str, dict[str, Any]] = {
    "500": {"code": "ServerException", "status": 500},
    "throttled": {"code": "ThrottlingException"},
    "lost": {"code": "ServerException", "status": 500, "after": True},
    "cut-before": {"cut": "before"},
    "cut-after": {"cut": "after"},
    "half": {"cut": "partial"},
}
OPERATIONS = (
    "CreateRepository",
    "DescribeRepositories",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
    "PutImageTagMutability",
    "PutImageScanningConfiguration",
    "GetLifecyclePolicy",
    "PutLifecyclePolicy",
    "DeleteLifecyclePolicy",
    "GetRepositoryPolicy",
    "SetRepositoryPolicy",
    "DeleteRepositoryPolicy",
    "ListImages",
    "DeleteRepository",
)

FIRST: dict[str, Any] = {
    "deletionPolicy": "Delete",
    "imageTagMutability": "MUTABLE",
    "imageScanningConfiguration": {"scanOnPush": False},
    "tags": {"team": "a", "env": "dev"},
    "lifecyclePolicy": {"rules": [RULE]},
    "access": {"pull": {"accounts": [OTHER]}},
}
SECOND: dict[str, Any] = {
    "imageTagMutability": "IMMUTABLE",
    "imageScanningConfiguration": {"scanOnPush": True},
    "tags": {"team": "b", "env": None},
    "lifecyclePolicy": None,
    "access": {"pull": None, "push": {"accounts": [OTHER]}},
}
THIRD: dict[str, Any] = {"access": None}


@pytest.mark.parametrize("kind", KINDS)
def test_each_operation_may_fail_once(
    aws: FakeAws, repositories: Repositories, operator: RunningOperator, kind: str
) -> None:
    names = {operation: f"{operation.lower()}x" for operation in OPERATIONS}
    for operation, name in names.items():
        aws.inject(operation, times=1, prefix=repositories.name(name), **KINDS[kind])
    everyone = [*names.values(), "unharmed"]

    for name in everyone:
        repositories.create(name, **FIRST)
    ready(repositories, everyone)
    held = {name: in_aws(repositories, aws, name) for name in everyone}
    assert {name: value for name, value in held.items() if value != held["unharmed"]} == {}
    for name in everyone:
        # What somebody else adds meanwhile stays.
        repositories.tag_by_hand(name, theirs="1")
        ours = statements(aws, repositories.name(name)).values()
        aws.put_policy(repositories.name(name), policy(*ours, LAMBDA, AUDIT))
        repositories.patch(name, **SECOND)
    ready(repositories, everyone)
    held = {name: in_aws(repositories, aws, name) for name in everyone}
    assert held["unharmed"]["tags"]["theirs"] == "1"
    assert {"Audit", "LambdaECRImageRetrievalPolicy"} < set(held["unharmed"]["statements"])
    assert {name: value for name, value in held.items() if value != held["unharmed"]} == {}
    for name in everyone:
        ours = [one for one in statements(aws, repositories.name(name)).values() if one["Sid"][0] == "E"]
        aws.put_policy(repositories.name(name), policy(*ours))
        repositories.patch(name, **THIRD)
    ready(repositories, everyone)
    held = {name: in_aws(repositories, aws, name) for name in everyone}
    assert held["unharmed"]["statements"] == {}
    assert {name: value for name, value in held.items() if value != held["unharmed"]} == {}
    for name in everyone:
        repositories.delete(name)
    for name in everyone:
        repositories.wait_gone(name, timeout=60)

    assert [name for name in everyone if repositories.in_aws(name) is not None] == []
    created = [one for one in aws.writes(prefix=f"{repositories.namespace}/") if took_effect(one)]
    assert len([one for one in created if one["operation"] == "CreateRepository"]) == len(everyone)
    untouched = [name for name in names.values() if not aws.refusals(prefix=repositories.name(name))]
    assert untouched == [], "their fault never struck"


def took_effect(write: dict[str, Any]) -> bool:
    return not write.get("error")


def ready(repositories: Repositories, names: list[str]) -> None:
    for name in names:
        obj = repositories.ready(name, timeout=60)
        found = condition(obj, "Ready")
        assert found is not None
        assert found["reason"] == "InSync"


def in_aws(repositories: Repositories, aws: FakeAws, name: str) -> dict[str, Any]:
    """What AWS holds, but for what differs between repositories by nature."""
    found = repositories.in_aws(name)
    assert found is not None
    tags = repositories.ecr.list_tags_for_resource(resourceArn=repositories.arn(name))["tags"]
    return {
        "mutability": found["imageTagMutability"],
        "scanning": found["imageScanningConfiguration"],
        "tags": {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("ecr-operator.dev/")},
        "lifecycle": aws.lifecycle_policy(repositories.name(name)),
        "statements": statements(aws, repositories.name(name)),
    }
