"""Access denied: AWS's sentence, and accounts confined to a list of actions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

USER = "User: arn:aws:iam::111111111111:user/ecr-operator is not authorized to perform: "
ARN = "arn:aws:ecr:eu-west-1:111111111111:repository/"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action", "on"),
    [
        (
            "ecr",
            "create_repository",
            {"repositoryName": "app"},
            "ecr:CreateRepository",
            f" on resource: {ARN}app",
        ),
        ("ecr", "describe_repositories", {}, "ecr:DescribeRepositories", f" on resource: {ARN}*"),
        (
            "ecr",
            "list_tags_for_resource",
            {"resourceArn": f"{ARN}app"},
            "ecr:ListTagsForResource",
            f" on resource: {ARN}app",
        ),
        ("ecr", "get_authorization_token", {}, "ecr:GetAuthorizationToken", " on resource: *"),
        ("ecr", "describe_registry", {}, "ecr:DescribeRegistry", " on resource: *"),
        ("resourcegroupstaggingapi", "get_resources", {}, "tag:GetResources", ""),
    ],
)
def test_access_denied_is_http_400_with_aws_sentence(
    fake: FakeAws, service: str, operation: str, parameters: dict[str, Any], action: str, on: str
) -> None:
    fake.inject(action.partition(":")[2], "AccessDeniedException")
    refusal = refusal_of(getattr(fake.client(service), operation), **parameters)
    assert (refusal.code, refusal.status) == ("AccessDeniedException", 400)
    assert (
        refusal.message == f"{USER}{action}{on} because no identity-based policy allows the {action} action"
    )


def test_the_end_of_the_sentence_and_all_of_it_can_be_set(fake: FakeAws, ecr: Any) -> None:
    rule = fake.inject(
        "CreateRepository",
        "AccessDeniedException",
        reason="with an explicit deny in a service control policy",
    )
    message = refusal_of(ecr.create_repository, repositoryName="app").message
    assert message.endswith(f"on resource: {ARN}app with an explicit deny in a service control policy")
    fake.clear(rule)
    fake.inject("CreateRepository", "AccessDeniedException", "Nothing doing")
    assert refusal_of(ecr.create_repository, repositoryName="app").message == "Nothing doing"


def test_sts_denies_in_xml_with_http_403(fake: FakeAws) -> None:
    fake.inject("AssumeRole", "AccessDenied")
    role = "arn:aws:iam::222222222222:role/x"
    refusal = refusal_of(fake.client("sts").assume_role, RoleArn=role, RoleSessionName="session")
    assert (refusal.code, refusal.status) == ("AccessDenied", 403)
    assert refusal.message.startswith(f"{USER}sts:AssumeRole on resource: {role}")


def test_an_account_confined_to_actions_is_denied_all_others(fake: FakeAws, ecr: Any) -> None:
    fake.allow_only("111111111111", ["ecr:CreateRepository", "ecr:Describe*", "tag:GetResources"])
    ecr.create_repository(repositoryName="app")
    ecr.describe_repositories()
    fake.client("resourcegroupstaggingapi").get_resources()
    denied = refusal_of(ecr.delete_repository, repositoryName="app")
    assert (denied.code, denied.status) == ("AccessDeniedException", 400)
    assert "because no identity-based policy allows the ecr:DeleteRepository action" in denied.message
    role = {"RoleArn": "arn:aws:iam::222222222222:role/x", "RoleSessionName": "session"}
    assert code_of(fake.client("sts").assume_role, **role) == "AccessDenied"
    fake.client("ecr", "222222222222").get_authorization_token()
    fake.allow_only("111111111111", None)
    ecr.delete_repository(repositoryName="app")


def test_get_caller_identity_needs_no_permission(fake: FakeAws) -> None:
    fake.allow_only("111111111111", [])
    assert fake.client("sts").get_caller_identity()["Account"] == "111111111111"


def test_creating_with_tags_needs_tag_resource_too(fake: FakeAws, ecr: Any) -> None:
    fake.allow_only("111111111111", ["ecr:CreateRepository"])
    ecr.create_repository(repositoryName="plain")
    tags = [{"Key": "team", "Value": "a"}]
    refusal = refusal_of(ecr.create_repository, repositoryName="tagged", tags=tags)
    assert f"ecr:TagResource on resource: {ARN}tagged because" in refusal.message
    assert [
        one["repositoryName"] for one in fake.client(unseen=True).describe_repositories()["repositories"]
    ] == ["plain"]
