"""Injected errors: which calls they hit, how often, and that nothing happens behind them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

ARN = "arn:aws:ecr:eu-west-1:111111111111:repository/"


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("ExpiredTokenException", 400, "The security token included in the request is expired"),
        ("UnrecognizedClientException", 400, "The security token included in the request is invalid."),
        ("ThrottlingException", 400, "Rate exceeded"),
        ("ServerException", 500, "Service Unavailable. Please try again later."),
        ("InvalidSignatureException", 400, "The request signature we calculated does not match"),
        ("KmsException", 400, "KmsException"),
        ("LimitExceededException", 400, "LimitExceededException"),
    ],
)
def test_an_error_comes_with_the_status_and_text_of_its_code_before_any_effect(
    fake: FakeAws, ecr: Any, code: str, status: int, message: str
) -> None:
    fake.inject("CreateRepository", code, times=1)
    refusal = refusal_of(ecr.create_repository, repositoryName="app")
    assert (refusal.code, refusal.status) == (code, status)
    assert refusal.message.startswith(message)
    assert code_of(ecr.create_repository, repositoryName="app") is None


def test_text_status_and_members_can_be_set(fake: FakeAws, ecr: Any) -> None:
    fake.inject(
        "DeleteRepository", "KmsException", "no grant", status=403, members={"kmsError": "DisabledException"}
    )
    refusal = refusal_of(ecr.delete_repository, repositoryName="app")
    assert (refusal.code, refusal.status, refusal.message) == ("KmsException", 403, "no grant")
    assert refusal.answer["kmsError"] == "DisabledException"


def test_a_rule_fails_so_many_calls_or_all_until_it_is_cleared(fake: FakeAws, ecr: Any) -> None:
    fake.inject("DescribeRegistry", "ThrottlingException", times=2)
    assert [code_of(ecr.describe_registry) for _ in range(3)] == [
        "ThrottlingException",
        "ThrottlingException",
        None,
    ]
    rule = fake.inject("DescribeRegistry", "ServerException")
    assert [code_of(ecr.describe_registry) for _ in range(3)] == ["ServerException"] * 3
    fake.clear(rule)
    assert code_of(ecr.describe_registry) is None
    fake.inject("*", "ServerException")
    fake.clear()
    assert code_of(ecr.describe_registry) is None


@pytest.mark.parametrize(
    ("operation", "parameters", "hit"),
    [
        ("create_repository", {"repositoryName": "team-a/new"}, True),
        ("create_repository", {"repositoryName": "team-b/new"}, False),
        ("list_tags_for_resource", {"resourceArn": f"{ARN}team-a/app"}, True),
        ("list_tags_for_resource", {"resourceArn": f"{ARN}team-b/app"}, False),
        ("tag_resource", {"resourceArn": f"{ARN}team-a/app", "tags": [{"Key": "k", "Value": "v"}]}, True),
        ("describe_repositories", {"repositoryNames": ["team-b/app", "team-a/app"]}, True),
        ("describe_repositories", {"repositoryNames": ["team-b/app"]}, False),
        ("describe_repositories", {}, False),
        ("describe_registry", {}, False),
    ],
)
def test_a_prefix_matches_names_lists_of_names_and_arns_and_nothing_without_a_name(
    fake: FakeAws, ecr: Any, operation: str, parameters: dict[str, Any], hit: bool
) -> None:
    fake.create_repositories(["team-a/app", "team-b/app"])
    fake.inject("*", "ServerException", prefix="team-a/")
    assert code_of(getattr(ecr, operation), **parameters) == ("ServerException" if hit else None)


def test_a_rule_without_prefix_matches_a_listing(fake: FakeAws, ecr: Any) -> None:
    fake.inject("DescribeRepositories", "ThrottlingException")
    assert code_of(ecr.describe_repositories) == "ThrottlingException"


def test_a_rule_is_for_one_account_and_operation(fake: FakeAws, ecr: Any) -> None:
    fake.inject("DescribeRegistry", "ServerException", account="222222222222")
    assert code_of(ecr.describe_registry) is None
    assert code_of(fake.client("ecr", "222222222222").describe_registry) == "ServerException"
    assert code_of(fake.client("ecr", "222222222222").describe_repositories) is None


def test_the_tagging_api_sts_and_other_services_fail_too(fake: FakeAws) -> None:
    tagging, sts, kms = (fake.client(name) for name in ("resourcegroupstaggingapi", "sts", "kms"))
    fake.inject("GetResources", "ThrottledException", times=1)
    fake.inject("GetCallerIdentity", "ExpiredToken", status=403, times=1)
    fake.inject("kms:ListKeys", "KMSInternalException", status=500, times=1)
    assert refusal_of(tagging.get_resources).code == "ThrottledException"
    expired = refusal_of(sts.get_caller_identity)
    assert (expired.code, expired.status) == ("ExpiredToken", 403)
    assert refusal_of(kms.list_keys).status == 500
    assert [code_of(call) for call in (tagging.get_resources, sts.get_caller_identity, kms.list_keys)] == [
        None
    ] * 3


def test_a_glob_matches_all_operations_of_a_service(fake: FakeAws, ecr: Any, tagging: Any) -> None:
    fake.inject("ecr:*", "ServerException")
    assert code_of(ecr.describe_repositories) == "ServerException"
    assert code_of(tagging.get_resources) is None
