"""Calls about policies are counted, logged, failed, denied and delayed like all others."""

import json
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.ecr.lifecycle_examples import VALID
from tests.fake_aws.refusal import code_of

STATEMENT = {
    "Sid": "Pull",
    "Effect": "Allow",
    "Principal": {"AWS": "111122223333"},
    "Action": "ecr:BatchGetImage",
}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}
WRITES = {
    "SetRepositoryPolicy": ("GetRepositoryPolicy", {"policyText": json.dumps(POLICY)}),
    "PutLifecyclePolicy": ("GetLifecyclePolicy", {"lifecyclePolicyText": json.dumps(VALID["image count"])}),
}


@pytest.mark.parametrize("write", WRITES)
def test_calls_are_counted_logged_failed_denied_and_delayed(fake: FakeAws, ecr: Any, write: str) -> None:
    read, text = WRITES[write]
    send = getattr(ecr, _method(write))
    call = {"repositoryName": "app", **text}
    fake.create_repositories(["app"])
    fake.inject(write, "ServerException", times=1)
    assert code_of(send, **call) == "ServerException"
    fake.allow_only("111111111111", [f"ecr:{read}"])
    assert code_of(send, **call) == "AccessDeniedException"
    fake.allow_only("111111111111", None)
    send(**call)
    getattr(ecr, _method(read))(repositoryName="app")
    assert fake.calls("app") == {read: 1, write: 3}
    assert [entry["error"] for entry in fake.writes("app")] == [
        "ServerException",
        "AccessDeniedException",
        None,
    ]
    fake.set_propagation(60)
    ecr.create_repository(repositoryName="fresh")
    assert code_of(send, **{**call, "repositoryName": "fresh"}) == "RepositoryNotFoundException"


def _method(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
