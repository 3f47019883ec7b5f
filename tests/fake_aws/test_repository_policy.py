"""Repository policies: what is refused, and the text as it comes back."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import Refusal, code_of, refusal_of

WORDS = "Invalid parameter at 'PolicyText' failed to satisfy constraint: "
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
ROLE = "arn:aws:iam::111122223333:role/deployer"


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app"])


def statement(**members: Any) -> dict[str, Any]:
    """A statement that is valid; None takes a member off."""
    found = {"Sid": "AllowPull", "Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": PULL, **members}
    return {name: value for name, value in found.items() if value is not None}


def document(*statements: Any, **members: Any) -> str:
    """The text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **members})


def put(ecr: Any, text: str, **more: Any) -> Any:
    """Set a policy and return what ECR made of it, parsed."""
    return json.loads(ecr.set_repository_policy(repositoryName="app", policyText=text, **more)["policyText"])


def refusal(ecr: Any, text: str) -> Refusal:
    return refusal_of(ecr.set_repository_policy, repositoryName="app", policyText=text)


def test_the_text_is_pretty_printed_as_in_awss_examples(ecr: Any) -> None:
    text = document(statement(Sid="allow public pull", Principal="*", Action=sorted(PULL)))
    answer = ecr.set_repository_policy(repositoryName="app", policyText=text)
    assert (answer["registryId"], answer["repositoryName"]) == ("111111111111", "app")
    assert answer["policyText"] == (
        '{\n  "Version" : "2012-10-17",\n  "Statement" : [ {\n    "Sid" : "allow public pull",\n'
        '    "Effect" : "Allow",\n    "Principal" : "*",\n    "Action" : [ "ecr:GetDownloadUrlForLayer", '
        '"ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability" ]\n  } ]\n}'
    )
    assert ecr.get_repository_policy(repositoryName="app")["policyText"] == answer["policyText"]


def test_lists_lose_their_order_their_doubles_and_their_brackets(ecr: Any) -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": ["o-1"]}, "Bool": {"aws:SecureTransport": True}}
    sent = statement(
        Principal={
            "AWS": ["111122223333", ROLE, "arn:aws:iam::111122223333:root"],
            "Service": ["a.amazonaws.com"],
        },
        Action=["ecr:BatchGetImage", "ecr:BatchGetImage"],
        Condition=condition,
    )
    (kept,) = put(ecr, document(sent))["Statement"]
    assert kept["Principal"] == {
        "AWS": ["arn:aws:iam::111122223333:root", ROLE],
        "Service": "a.amazonaws.com",
    }
    assert kept["Action"] == "ecr:BatchGetImage"
    assert kept["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-1"},
        "Bool": {"aws:SecureTransport": "true"},
    }


def test_what_came_back_can_be_set_again_and_comes_back_the_same(ecr: Any) -> None:
    text = document(statement(), statement(Sid="Two", Principal={"AWS": "111122223333"}), Id="policy")
    first = ecr.set_repository_policy(repositoryName="app", policyText=text)["policyText"]
    again = ecr.set_repository_policy(repositoryName="app", policyText=first)["policyText"]
    assert again == first
    assert [one["Sid"] for one in json.loads(first)["Statement"]] == ["AllowPull", "Two"]


def test_one_statement_without_a_list_is_a_list_of_one(ecr: Any) -> None:
    assert isinstance(put(ecr, json.dumps({"Statement": statement()}))["Statement"], list)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"Version": "2012-10-17"}',
        document(),
        document("statement"),
        document(statement(), Statements=[]),
        document(statement(), Version="2020-01-01"),
        document(statement(), Id=1),
        document(statement(Comment="unknown")),
        document(statement(Sid=1)),
        document(statement(Effect="allow")),
        document(statement(Effect=None)),
        document(statement(Principal=None)),
        document(statement(NotPrincipal={"AWS": ROLE})),
        document(statement(Action=None)),
        document(statement(NotAction="ecr:PutImage")),
        document(statement(Action=[])),
        document(statement(Action=[1])),
        document(statement(Action="s3:GetObject")),
        document(statement(Action="ecr-public:PutImage")),
        document(statement(Action="PutImage")),
        document(statement(Action=["ecr:BatchGetImage", "ecr:GetAuthorizationToken"])),
        document(statement(Resource="*")),
        document(statement(NotResource="*")),
        document(statement(Condition={"StringIs": {"aws:x": "y"}})),
        document(statement(Condition={"StringEquals": "y"})),
        document(statement(Condition={"StringEquals": {"aws:x": None}})),
        document(statement(Condition=["x"])),
    ],
)
def test_a_text_that_is_no_repository_policy_is_refused_and_changes_nothing(
    fake: FakeAws, ecr: Any, text: str
) -> None:
    refused = refusal(ecr, text)
    assert (refused.code, refused.status) == ("InvalidParameterException", 400)
    assert refused.message == f"{WORDS}'Invalid repository policy provided'"
    assert fake.policy("app") is None


@pytest.mark.parametrize(
    "members",
    [
        {"Sid": None},
        {"Principal": None, "NotPrincipal": {"AWS": ROLE}, "Effect": "Deny"},
        {"Action": None, "NotAction": "ecr:DeleteRepository"},
        {"Action": "*"},
        {"Action": "ecr:*"},
        {"Action": "ecr:Get*"},
        {"Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": ["o-1/*", "o-2/*"]}}},
        {"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "Null": {"aws:x": True}}},
        {"Condition": {"NumericLessThanEquals": {"aws:MultiFactorAuthAge": 300}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:eu-west-1:111122223333:project/*"}}},
    ],
)
def test_what_iams_grammar_allows_is_taken(ecr: Any, members: dict[str, Any]) -> None:
    put(ecr, document(statement(**members)))


def test_resources_and_unique_sids_are_what_a_test_says(fake: FakeAws, ecr: Any) -> None:
    resource = document(statement(Resource="*"))
    doubled = document(statement(), statement(Effect="Deny", Action="ecr:DeleteRepository"))
    assert refusal(ecr, resource).code == "InvalidParameterException"
    assert len(put(ecr, doubled)["Statement"]) == 2
    fake.set_policy_resources(True)
    fake.set_policy_doubled_sids(False)
    assert put(ecr, resource)["Statement"][0]["Resource"] == "*"
    assert refusal(ecr, doubled).message == f"{WORDS}'Invalid repository policy provided'"
    fake.reset()
    fake.create_repositories(["app"])
    assert refusal(ecr, resource).code == "InvalidParameterException"
    put(ecr, doubled)


def test_a_text_has_at_most_10240_characters(ecr: Any) -> None:
    text = document(statement())
    put(ecr, text.ljust(10_240))
    refused = refusal(ecr, text.ljust(10_241))
    assert refused.code == "InvalidParameterException"
    assert "'policyText' failed to satisfy constraint: 'must have length less than" in refused.message


def test_a_policy_or_a_repository_that_is_not_there_is_its_own_error(ecr: Any) -> None:
    for call in (ecr.get_repository_policy, ecr.delete_repository_policy):
        refused = refusal_of(call, repositoryName="app")
        assert refused.code == "RepositoryPolicyNotFoundException"
        assert refused.message == (
            "Repository policy does not exist for the repository with name 'app' "
            "in the registry with id '111111111111'"
        )
        assert code_of(call, repositoryName="missing") == "RepositoryNotFoundException"
    call = {"repositoryName": "missing", "policyText": document(statement())}
    assert code_of(ecr.set_repository_policy, **call) == "RepositoryNotFoundException"


def test_a_delete_answers_with_the_policy_and_it_is_gone(ecr: Any) -> None:
    put(ecr, document(statement()))
    text = ecr.get_repository_policy(repositoryName="app")["policyText"]
    assert ecr.delete_repository_policy(repositoryName="app")["policyText"] == text
    assert code_of(ecr.get_repository_policy, repositoryName="app") == "RepositoryPolicyNotFoundException"


def test_a_policy_is_gone_with_its_repository(ecr: Any) -> None:
    put(ecr, document(statement()))
    ecr.delete_repository(repositoryName="app")
    ecr.create_repository(repositoryName="app")
    assert code_of(ecr.get_repository_policy, repositoryName="app") == "RepositoryPolicyNotFoundException"


ME = "arn:aws:iam::111111111111:user/ecr-operator"
SETTING = "ecr:SetRepositoryPolicy"


@pytest.mark.parametrize(
    ("members", "locks"),
    [
        ({"Principal": "*", "Action": "*"}, True),
        ({"Principal": {"AWS": "*"}, "Action": "ecr:*"}, True),
        ({"Principal": {"AWS": "111111111111"}, "Action": ["ecr:PutImage", "ecr:set*"]}, True),
        ({"Principal": {"AWS": ME}, "Action": SETTING}, True),
        ({"Principal": "*", "Action": None, "NotAction": "ecr:BatchGetImage"}, True),
        ({"Principal": None, "NotPrincipal": {"AWS": ROLE}, "Action": SETTING}, True),
        ({"Principal": None, "NotPrincipal": {"AWS": ["111111111111", ME]}, "Action": SETTING}, False),
        ({"Principal": "*", "Action": None, "NotAction": "ecr:Set*"}, False),
        ({"Principal": "*", "Action": "ecr:PutImage"}, False),
        ({"Principal": {"AWS": ROLE}, "Action": "*"}, False),
        ({"Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "*"}, False),
        ({"Principal": "*", "Action": "*", "Effect": "Allow"}, False),
        ({"Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
    ],
)
def test_a_policy_that_locks_its_author_out_must_be_forced(
    fake: FakeAws, ecr: Any, members: dict[str, Any], locks: bool
) -> None:
    text = document(statement(**{"Effect": "Deny", **members}))
    call = {"repositoryName": "app", "policyText": text}
    assert code_of(ecr.set_repository_policy, **call) == ("InvalidParameterException" if locks else None)
    assert (fake.policy("app") is None) == locks
    put(ecr, text, force=True)
    assert fake.policy("app") is not None


def test_a_session_is_locked_out_by_its_role(fake: FakeAws) -> None:
    role = "arn:aws:iam::111111111111:role/operator"
    keys = fake.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = boto3.client(
        "ecr",
        region_name="eu-west-1",
        endpoint_url=fake.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    text = document(statement(Effect="Deny", Principal={"AWS": role}, Action=SETTING))
    assert "prevent setting another policy" in refusal(session, text).message
    session.close()
