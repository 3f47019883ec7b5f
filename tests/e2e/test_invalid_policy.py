"""A policy that is wrong: said with the statement's Sid; nothing is sent, not even the rest of the spec."""

from typing import Any

import pytest

from tests.cluster import ApiError
from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, OTHER
from tests.repositories import Repositories, message

pytestmark = pytest.mark.usefixtures("operator")


def without(member: str, **further: Any) -> dict[str, Any]:
    """The statement without a member, and with others."""
    return {name: value for name, value in AUDIT.items() if name != member} | further


AT_APPLY: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no Sid": ([without("Sid")], "Sid: Required value"),
    "a doubled Sid": ([AUDIT, AUDIT], "'Audit' is there twice"),
    "a Sid of the operator's own": ([AUDIT | {"Sid": "EcrOperatorPull"}], "may not start with 'EcrOperator'"),
    "neither Action nor NotAction": ([without("Action")], "exactly one of `Action` and `NotAction`"),
    "an Effect that there is not": ([AUDIT | {"Effect": "allow"}], "Unsupported value"),
}
BY_THE_OPERATOR: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt Condition": (
        AUDIT | {"Conditions": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}},
        "`Conditions` is no member",
    ),
    "a Resource of something else": (
        AUDIT | {"Resource": "arn:aws:ecr:eu-west-1:111111111111:repository/other"},
        "`Resource`",
    ),
    "an account of 11 digits": (AUDIT | {"Principal": {"AWS": "12345678901"}}, "11 digits"),
    "an account that is a number": (AUDIT | {"Principal": {"AWS": int(OTHER)}}, "in quotes"),
    "an ARN of another partition": (
        AUDIT | {"Principal": {"AWS": f"arn:aws-cn:iam::{OTHER}:role/x"}},
        "partition aws-cn",
    ),
    "an action of another service": (AUDIT | {"Action": "s3:GetObject"}, "s3:GetObject"),
    "the action that belongs into an IAM policy": (
        AUDIT | {"Action": ["ecr:GetAuthorizationToken"]},
        "by an IAM policy",
    ),
    "a policy that locks everybody out": (
        {"Sid": "Audit", "Effect": "Deny", "Principal": "*", "Action": "ecr:*"},
        "from reading or changing the policy ever again",
    ),
}


@pytest.mark.parametrize(("statements", "words"), AT_APPLY.values(), ids=AT_APPLY)
def test_is_refused_at_apply(repositories: Repositories, statements: list[Any], words: str) -> None:
    with pytest.raises(ApiError, match=words):
        repositories.create("web", repositoryPolicy={"statements": statements})


@pytest.mark.parametrize(("statement", "words"), BY_THE_OPERATOR.values(), ids=BY_THE_OPERATOR)
def test_is_refused_before_any_write(
    repositories: Repositories, aws: FakeAws, statement: dict[str, Any], words: str
) -> None:
    repositories.create("web", tags={"a": "1"}, repositoryPolicy={"statements": [statement]})

    obj = repositories.stalled("web", "InvalidPolicy")
    assert words in message(obj)
    assert "Statement Audit" in message(obj)
    assert aws.writes(prefix=repositories.name("web")) == []
    assert "managed" not in obj["status"]

    repositories.patch("web", repositoryPolicy={"statements": [AUDIT]})
    repositories.ready("web")


def test_what_is_in_force_stays_when_the_spec_goes_wrong(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("web", tags={"a": "1"}, repositoryPolicy={"statements": [AUDIT]})
    before, in_force = repositories.writes(), aws.policy(repositories.name("web"))

    repositories.patch("web", tags={"a": "2"}, repositoryPolicy={"statements": [AUDIT | {"Action": "s3:*"}]})
    obj = repositories.stalled("web", "InvalidPolicy")

    assert repositories.writes() == before
    assert aws.policy(repositories.name("web")) == in_force
    assert obj["status"]["managed"] == ["repository", "statements/Audit", "tags/a"]


def test_resources_that_mean_the_repository_itself_are_left_out(
    repositories: Repositories, aws: FakeAws
) -> None:
    """The fake AWS refuses `Resource`, as AWS does in several reports; AWS's own examples hold it."""
    for name, resource in (("one", "*"), ("two", [repositories.arn("two")])):
        repositories.created(name, repositoryPolicy={"statements": [AUDIT | {"Resource": resource}]})
        (found,) = aws.policy(repositories.name(name))["Statement"]
        assert "Resource" not in found
