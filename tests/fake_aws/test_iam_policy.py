"""Accounts under a policy document: what is refused, in which words, and what was of use."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

HERE, OTHER = "111111111111", "222222222222"
USER = f"User: arn:aws:iam::{HERE}:user/ecr-operator is not authorized to perform: "
ARN = f"arn:aws:ecr:eu-west-1:{HERE}:repository/"
TAGS = [{"Key": "team", "Value": "a"}]


def allow(actions: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": actions, "Resource": resource, **more}


def rule(fake: FakeAws, *statements: dict[str, Any]) -> None:
    fake.set_iam_policy(HERE, {"Version": "2012-10-17", "Statement": list(statements)})


def test_what_nothing_allows_is_refused_in_aws_words(fake: FakeAws, ecr: Any) -> None:
    rule(fake, allow("ecr:CreateRepository"))
    ecr.create_repository(repositoryName="app")
    refusal = refusal_of(ecr.delete_repository, repositoryName="app")
    assert (refusal.code, refusal.status) == ("AccessDeniedException", 400)
    assert refusal.message == (
        f"{USER}ecr:DeleteRepository on resource: {ARN}app because no identity-based policy allows the "
        "ecr:DeleteRepository action"
    )
    assert code_of(fake.client("ecr", OTHER).describe_registry) is None
    assert code_of(fake.client(unseen=True).describe_registry) is None
    fake.set_iam_policy(HERE, None)
    assert code_of(ecr.delete_repository, repositoryName="app") is None


def test_every_account_without_a_document_of_its_own_may_be_under_one(fake: FakeAws, ecr: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": [allow("ecr:DescribeRegistry")]}
    fake.set_iam_policy("*", document)
    rule(fake, allow("ecr:DescribeRepositories"))
    theirs = fake.client("ecr", OTHER)
    assert code_of(theirs.describe_registry) is None
    assert code_of(theirs.describe_repositories) == "AccessDeniedException"
    assert code_of(ecr.describe_registry) == "AccessDeniedException"
    assert fake.iam_usage(OTHER) == {"ecr:DescribeRegistry"}
    fake.set_iam_policy("*", None)
    assert code_of(theirs.describe_repositories) is None


def test_a_deny_wins_and_says_so(fake: FakeAws, ecr: Any) -> None:
    rule(fake, allow("ecr:*"), allow("ecr:Delete*", f"{ARN}prod/*", "Deny"))
    fake.create_repositories(["prod/app", "dev/app"])
    refusal = refusal_of(ecr.delete_repository, repositoryName="prod/app")
    assert refusal.message == (
        f"{USER}ecr:DeleteRepository on resource: {ARN}prod/app with an explicit deny in an "
        "identity-based policy"
    )
    assert code_of(ecr.delete_repository, repositoryName="dev/app") is None


def test_sts_refuses_in_xml_and_get_caller_identity_never(fake: FakeAws) -> None:
    rule(fake, allow("sts:AssumeRole", f"arn:aws:iam::{OTHER}:role/ours-*"))
    sts = fake.client("sts")
    assert code_of(sts.get_caller_identity) is None
    role = f"arn:aws:iam::{OTHER}:role/"
    assert code_of(sts.assume_role, RoleArn=f"{role}ours-1", RoleSessionName="session") is None
    refusal = refusal_of(sts.assume_role, RoleArn=f"{role}theirs", RoleSessionName="session")
    assert (refusal.code, refusal.status) == ("AccessDenied", 403)
    assert refusal.message.startswith(
        f"{USER}sts:AssumeRole on resource: {role}theirs because no identity-based"
    )


def test_an_operation_is_authorised_on_each_repository_that_it_names(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["a/one", "a/two", "b/one"])
    rule(fake, allow(["ecr:DescribeRepositories", "ecr:ListTagsForResource"], f"{ARN}a/*"))
    assert code_of(ecr.describe_repositories, repositoryNames=["a/one", "a/two"]) is None
    assert code_of(ecr.list_tags_for_resource, resourceArn=f"{ARN}a/one") is None
    refusal = refusal_of(ecr.describe_repositories, repositoryNames=["a/one", "b/one"])
    assert f"on resource: {ARN}b/one because" in refusal.message
    assert f"on resource: {ARN}* because" in refusal_of(ecr.describe_repositories).message
    assert code_of(ecr.list_tags_for_resource, resourceArn=f"{ARN}b/one") == "AccessDeniedException"


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [("*", True), (f"arn:aws:ecr:*:{HERE}:repository/*", True), (f"{ARN}*", True), (f"{ARN}a*", False)],
)
def test_a_listing_needs_all_repositories(fake: FakeAws, ecr: Any, resource: str, allowed: bool) -> None:
    rule(fake, allow("ecr:DescribeRepositories", resource))
    assert (code_of(ecr.describe_repositories) is None) is allowed


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ecr", "describe_registry"),
        ("ecr", "get_authorization_token"),
        ("resourcegroupstaggingapi", "get_resources"),
    ],
)
def test_an_operation_without_a_resource_needs_a_star(fake: FakeAws, service: str, operation: str) -> None:
    rule(fake, allow("*", "arn:aws:ecr:*:*:*"))
    assert code_of(getattr(fake.client(service), operation)) == "AccessDeniedException"
    rule(fake, allow("*"))
    assert code_of(getattr(fake.client(service), operation)) is None


def test_creating_with_tags_needs_tag_resource_too(fake: FakeAws, ecr: Any) -> None:
    rule(fake, allow("ecr:CreateRepository"))
    assert code_of(ecr.create_repository, repositoryName="plain") is None
    refusal = refusal_of(ecr.create_repository, repositoryName="tagged", tags=TAGS)
    assert refusal.message.startswith(f"{USER}ecr:TagResource on resource: {ARN}tagged because")
    rule(fake, allow(["ecr:CreateRepository", "ecr:TagResource"]))
    assert code_of(ecr.create_repository, repositoryName="tagged", tags=TAGS) is None


def test_tags_of_the_request_decide_over_creation(fake: FakeAws, ecr: Any) -> None:
    rule(
        fake,
        allow(
            ["ecr:CreateRepository", "ecr:TagResource"],
            Condition={
                "StringEquals": {"aws:RequestTag/team": "a"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]},
            },
        ),
    )
    stage, other = {"Key": "stage", "Value": "x"}, {"Key": "other", "Value": "x"}
    assert code_of(ecr.create_repository, repositoryName="one", tags=TAGS) is None
    assert code_of(ecr.create_repository, repositoryName="two", tags=[*TAGS, stage]) is None
    for tags in ([], [stage], [*TAGS, other], [{"Key": "team", "Value": "b"}]):
        refused = code_of(ecr.create_repository, repositoryName="three", tags=tags)
        assert refused == "AccessDeniedException", tags


@pytest.mark.parametrize("kind", ["aws", "ecr"])
def test_tags_of_the_resource_decide_over_all_else(fake: FakeAws, ecr: Any, kind: str) -> None:
    fake.create_repositories(["ours"], tags={"team": "a"})
    fake.create_repositories(["theirs"], tags={"team": "b"})
    fake.create_repositories(["plain"])
    rule(fake, allow("ecr:*", Condition={"StringEquals": {f"{kind}:ResourceTag/team": "a"}}))
    refused = [
        code_of(ecr.put_image_tag_mutability, repositoryName=name, imageTagMutability="IMMUTABLE")
        for name in ("ours", "theirs", "plain", "missing")
    ]
    assert refused == [None, *["AccessDeniedException"] * 3]


def test_a_tag_may_be_guarded_against_being_taken_off(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["app"], tags={"team": "a", "stage": "x"})
    guard = {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}
    rule(fake, allow("ecr:*"), allow("ecr:UntagResource", effect="Deny", Condition=guard))
    assert code_of(ecr.untag_resource, resourceArn=f"{ARN}app", tagKeys=["stage"]) is None
    assert code_of(ecr.untag_resource, resourceArn=f"{ARN}app", tagKeys=["team"]) == "AccessDeniedException"


def test_null_tells_tagged_repositories_from_others(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["tagged"], tags={"team": "a"})
    fake.create_repositories(["plain"])
    rule(fake, allow("ecr:DeleteRepository", Condition={"Null": {"aws:ResourceTag/team": "false"}}))
    assert code_of(ecr.delete_repository, repositoryName="plain") == "AccessDeniedException"
    assert code_of(ecr.delete_repository, repositoryName="tagged") is None


def test_not_action_not_resource_and_the_region(fake: FakeAws, ecr: Any) -> None:
    region = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    rule(
        fake,
        {"Effect": "Allow", "NotAction": "ecr:Delete*", "Resource": "*", "Condition": region},
        {"Effect": "Allow", "Action": "ecr:DeleteRepository", "NotResource": f"{ARN}prod/*"},
    )
    fake.create_repositories(["prod/app", "dev/app"])
    assert code_of(ecr.describe_registry) is None
    assert code_of(fake.client(region="us-east-1").describe_registry) == "AccessDeniedException"
    assert code_of(ecr.delete_repository, repositoryName="dev/app") is None
    assert code_of(ecr.delete_repository, repositoryName="prod/app") == "AccessDeniedException"


def test_what_kms_is_asked_in_the_callers_name_needs_rights_too(fake: FakeAws, ecr: Any) -> None:
    key = fake.client("kms", unseen=True).create_key()["KeyMetadata"]
    asked = {
        "repositoryName": "app",
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": key["KeyId"]},
    }
    via = {"StringEquals": {"kms:ViaService": "ecr.eu-west-1.amazonaws.com"}}
    describing = allow("kms:DescribeKey", Condition=via)
    rule(fake, allow("ecr:*"), describing)
    refusal = refusal_of(ecr.create_repository, **asked)
    assert (refusal.code, refusal.answer["kmsError"]) == ("KmsException", "AccessDeniedException")
    assert f"kms:CreateGrant on resource: {key['Arn']} because" in refusal.message
    rule(fake, allow("ecr:*"), describing, allow("kms:CreateGrant", key["Arn"]))
    assert code_of(ecr.create_repository, **asked) is None
    assert code_of(ecr.delete_repository, repositoryName="app") == "KmsException"
    rule(fake, allow("ecr:*"), allow("kms:RetireGrant"))
    assert code_of(ecr.delete_repository, repositoryName="app") is None
    managed = {"repositoryName": "managed", "encryptionConfiguration": {"encryptionType": "KMS"}}
    assert code_of(ecr.create_repository, **managed) is None


def test_what_was_of_use_is_known_by_action_and_by_statement(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["app"])
    rule(
        fake,
        allow(["ecr:Describe*", "ecr:PutImage"], Sid="Read"),
        allow("ecr:CreateRepository"),
        allow("ecr:TagResource", Sid="Tag"),
    )
    assert fake.iam_usage(HERE) == set()
    ecr.describe_registry()
    ecr.describe_repositories()
    ecr.create_repository(repositoryName="new", tags=TAGS)
    code_of(ecr.delete_repository, repositoryName="app")
    assert fake.iam_usage(HERE) == {
        "ecr:CreateRepository",
        "ecr:DescribeRegistry",
        "ecr:DescribeRepositories",
        "ecr:TagResource",
    }
    assert fake.iam_statements(HERE) == {
        "1": ["ecr:CreateRepository"],
        "Read": ["ecr:DescribeRegistry", "ecr:DescribeRepositories"],
        "Tag": ["ecr:TagResource"],
    }
    fake.reset_calls()
    assert fake.iam_usage(HERE)
    rule(fake, allow("ecr:*"))
    assert fake.iam_usage(HERE) == set()


def test_an_operation_that_the_table_does_not_have_is_a_gap_of_the_fake(fake: FakeAws) -> None:
    kms = fake.client("kms")
    rule(fake, allow("*"))
    refusal = refusal_of(kms.create_key)
    assert (refusal.code, refusal.status) == ("NotImplementedByFakeAws", 501)
    assert "kms:CreateKey is missing in tests/fake_aws/iam/operations.py" in refusal.message


def test_a_wrong_document_is_an_error_and_reset_lifts_the_right_one(fake: FakeAws, ecr: Any) -> None:
    with pytest.raises(RuntimeError, match="the operator StringEqual is unknown"):
        rule(fake, allow("ecr:*", Condition={"StringEqual": {"aws:RequestTag/team": "a"}}))
    rule(fake, allow("ecr:PutImage"))
    assert code_of(ecr.describe_registry) == "AccessDeniedException"
    fake.reset()
    assert code_of(ecr.describe_registry) is None
    assert fake.iam_usage(HERE) == set()


def test_allow_only_holds_beside_a_document(fake: FakeAws, ecr: Any) -> None:
    rule(fake, allow("ecr:*"))
    fake.allow_only(HERE, ["ecr:DescribeRegistry"])
    assert [code_of(ecr.describe_registry), code_of(ecr.describe_repositories)] == [
        None,
        "AccessDeniedException",
    ]
