"""Session policies: their grammar and size, and what a session may not do because of one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.documents import TOKEN, allow, document, sized
from tests.fake_aws.refusal import code_of, refusal_of

HERE, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OTHER}:role/puller"
SESSION = f"User: arn:aws:sts::{OTHER}:assumed-role/puller/session is not authorized to perform: "
ARN = f"arn:aws:ecr:eu-west-1:{OTHER}:repository/"


@pytest.fixture
def sts(fake: FakeAws) -> Any:
    return fake.client("sts")


def asked(role: str, **more: Any) -> dict[str, Any]:
    return {"RoleArn": role, "RoleSessionName": "session", **more}


def limited(fake: FakeAws, *statements: dict[str, Any]) -> Any:
    policy = json.dumps(document(*statements))
    answer = fake.client("sts").assume_role(**asked(ROLE, Policy=policy))
    return fake.client_with(answer["Credentials"])


def test_a_session_may_do_what_role_and_session_policy_both_allow(fake: FakeAws) -> None:
    fake.create_role(OTHER, "puller", policy=document(allow(["ecr:DescribeRegistry", "ecr:PutImage"])))
    session = limited(fake, allow(["ecr:DescribeRegistry", "ecr:DescribeRepositories"]))
    assert code_of(session.describe_registry) is None
    refusal = refusal_of(session.describe_repositories)
    assert (refusal.code, refusal.status) == ("AccessDeniedException", 400)
    assert refusal.message.endswith(
        "because no identity-based policy allows the ecr:DescribeRepositories action"
    )
    refusal = refusal_of(session.put_image, repositoryName="app", imageManifest="{}")
    assert refusal.code == "AccessDeniedException"
    assert refusal.message == (
        f"{SESSION}ecr:PutImage on resource: {ARN}app because no session policy allows the "
        "ecr:PutImage action"
    )
    assert fake.iam_usage(ROLE) == {"ecr:DescribeRegistry"}


def test_a_deny_of_the_session_policy_says_so(fake: FakeAws) -> None:
    session = limited(fake, allow("*"), {"Effect": "Deny", "Action": "ecr:Delete*", "Resource": "*"})
    refusal = refusal_of(session.delete_repository, repositoryName="app")
    assert refusal.message == (
        f"{SESSION}ecr:DeleteRepository on resource: {ARN}app with an explicit deny in a session policy"
    )


def test_a_session_policy_limits_the_account_document_too(fake: FakeAws) -> None:
    fake.set_iam_policy(OTHER, document(allow("ecr:DescribeRegistry")))
    session = limited(fake, allow("ecr:DescribeRepositories"))
    assert refusal_of(session.describe_registry).message.endswith(
        "because no session policy allows the ecr:DescribeRegistry action"
    )
    fake.set_iam_policy(OTHER, None)
    assert code_of(session.describe_repositories) is None


def test_a_role_of_its_own_policy_is_not_under_the_accounts(fake: FakeAws, sts: Any) -> None:
    fake.set_iam_policy(OTHER, document(allow("ecr:DescribeRegistry")))
    fake.create_role(OTHER, "puller", policy=document(allow("ecr:DescribeRepositories")))
    session = fake.client_with(sts.assume_role(**asked(ROLE))["Credentials"])
    assert [code_of(session.describe_repositories), code_of(session.describe_registry)] == [
        None,
        "AccessDeniedException",
    ]


def test_the_next_session_of_a_chain_is_not_limited_by_the_last(fake: FakeAws) -> None:
    answer = fake.client("sts").assume_role(
        **asked(ROLE, Policy=json.dumps(document(allow("sts:AssumeRole"))))
    )
    chained = fake.client_with(answer["Credentials"], "sts")
    last = chained.assume_role(**asked(f"arn:aws:iam::{HERE}:role/last"))["Credentials"]
    assert code_of(fake.client_with(last).describe_registry) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "Expecting value"),
        ("[]", "a policy is an object"),
        (json.dumps(document({**TOKEN, "Principal": "*"})), "identity-based policy has only"),
        (json.dumps(document({"Effect": "Allow", "Action": "ecr:*"})), "either Resource or NotResource"),
        (json.dumps(document(allow("DescribeImages"))), "must be prefaced by a vendor"),
    ],
)
def test_a_malformed_session_policy_is_refused(sts: Any, text: str, words: str) -> None:
    refusal = refusal_of(sts.assume_role, **asked(ROLE, Policy=text))
    assert (refusal.code, refusal.status) == ("MalformedPolicyDocument", 400)
    assert words in refusal.message


def test_a_session_policy_has_2048_characters(fake: FakeAws, sts: Any) -> None:
    answer = sts.assume_role(**asked(ROLE, Policy=sized(2048)))
    assert answer["PackedPolicySize"] == 100
    refusal = refusal_of(sts.assume_role, **asked(ROLE, Policy=sized(2049)))
    assert (refusal.code, refusal.status) == ("PackedPolicyTooLarge", 400)
    assert (
        refusal.message
        == "The session token size of 3073 bytes exceeds the maximum allowed size of 3072 bytes"
    )
    with pytest.raises(sts.exceptions.PackedPolicyTooLargeException):
        sts.assume_role(**asked(ROLE, Policy=sized(2049)))


def test_what_the_fake_does_not_know_is_a_gap(sts: Any) -> None:
    strange = allow("ecr:*", Condition={"NumericEquals": {"aws:MultiFactorAuthAge": "1"}})
    for more in (
        {"Policy": json.dumps(document(strange))},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]},
    ):
        refusal = refusal_of(sts.assume_role, **asked(ROLE, **more))
        assert (refusal.code, refusal.status) == ("NotImplementedByFakeAws", 501)
