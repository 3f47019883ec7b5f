"""Each grant becomes exactly the statements that AWS's documentation shows."""

from typing import Any

import pytest

from ecr_operator.api.access import Access
from ecr_operator.planning.access import Statement, granted_statements
from ecr_operator.planning.managed import managed_after
from ecr_operator.planning.naming import Place
from ecr_operator.planning.statement_check import statement_problem
from tests.planning.samples import ACCOUNT, NAME, PLACE, REGION, desired

A, B = "111122223333", "444455556666"
ROLE, USER = f"arn:aws:iam::{A}:role/ci/builder", f"arn:aws:iam::{B}:user/eve"
PULLS = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
"""The User Guide's `AllowPull`."""
PUSHES = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]
"""The User Guide's `AllowPushPull`."""


def root(account: str, partition: str = "aws") -> str:
    return f"arn:{partition}:iam::{account}:root"


def function(name: str, account: str = A, region: str = REGION, partition: str = "aws") -> str:
    return f"arn:{partition}:lambda:{region}:{account}:function:{name}"


def allow(sid: str, principal: Any, action: list[str], **condition: dict[str, Any]) -> Statement:
    stated = {"Sid": f"EcrOperator{sid}", "Effect": "Allow", "Principal": principal, "Action": action}
    return stated | ({"Condition": condition} if condition else {})


def statements(access: dict[str, Any], place: Place = PLACE) -> list[Statement]:
    return list(granted_statements(Access.from_json(access), place))


CASES: dict[str, tuple[dict[str, Any], list[Statement]]] = {
    "an account pulls": ({"pull": {"accounts": [A]}}, [allow("Pull", {"AWS": root(A)}, PULLS)]),
    "accounts are sorted": (
        {"pull": {"accounts": [B, A]}},
        [allow("Pull", {"AWS": [root(A), root(B)]}, PULLS)],
    ),
    "a role pulls": ({"pull": {"principals": [ROLE]}}, [allow("Pull", {"AWS": ROLE}, PULLS)]),
    "accounts and principals share a statement": (
        {"pull": {"accounts": [B], "principals": [USER, ROLE]}},
        [allow("Pull", {"AWS": [ROLE, root(B), USER]}, PULLS)],
    ),
    "an account that is named twice stands once": (
        {"pull": {"accounts": [A], "principals": [root(A)]}},
        [allow("Pull", {"AWS": root(A)}, PULLS)],
    ),
    "an organization pulls": (
        {"pull": {"organizations": ["o-a1b2c3d4e5"]}},
        [allow("PullOrganizations", "*", PULLS, StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})],
    ),
    "organizations share a statement": (
        {"pull": {"organizations": ["o-b1b2c3d4e5", "o-a1b2c3d4e5"]}},
        [
            allow(
                "PullOrganizations",
                "*",
                PULLS,
                StringEquals={"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-b1b2c3d4e5"]},
            )
        ],
    ),
    "a service pulls for the registry's account alone": (
        {"pull": {"services": ["codebuild.amazonaws.com"]}},
        [
            allow(
                "PullServices",
                {"Service": "codebuild.amazonaws.com"},
                PULLS,
                StringEquals={"aws:SourceAccount": ACCOUNT},
            )
        ],
    ),
    "services share a statement": (
        {"push": {"services": ["ecs.amazonaws.com", "codebuild.amazonaws.com"]}},
        [
            allow(
                "PushServices",
                {"Service": ["codebuild.amazonaws.com", "ecs.amazonaws.com"]},
                PUSHES,
                StringEquals={"aws:SourceAccount": ACCOUNT},
            )
        ],
    ),
    "an account pushes, which includes to pull": (
        {"push": {"accounts": [A]}},
        [allow("Push", {"AWS": root(A)}, PUSHES)],
    ),
    "an organization pushes": (
        {"push": {"organizations": ["o-a1b2c3d4e5"]}},
        [allow("PushOrganizations", "*", PUSHES, StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"})],
    ),
    "all of an account's functions: AWS's cross-account example": (
        {"lambda": {"accounts": [A]}},
        [
            allow("LambdaAccounts", {"AWS": root(A)}, PULLS),
            allow(
                "Lambda",
                {"Service": "lambda.amazonaws.com"},
                PULLS,
                StringLike={"aws:SourceArn": function("*")},
            ),
        ],
    ),
    "single functions": (
        {"lambda": {"functions": [function("web", B, "us-east-1"), function("orders-*", A)]}},
        [
            allow("LambdaAccounts", {"AWS": [root(A), root(B)]}, PULLS),
            allow(
                "Lambda",
                {"Service": "lambda.amazonaws.com"},
                PULLS,
                StringLike={"aws:SourceArn": [function("orders-*", A), function("web", B, "us-east-1")]},
            ),
        ],
    ),
    "several functions of one account": (
        {"lambda": {"accounts": [A], "functions": [function("b"), function("a")]}},
        [
            allow("LambdaAccounts", {"AWS": root(A)}, PULLS),
            allow(
                "Lambda",
                {"Service": "lambda.amazonaws.com"},
                PULLS,
                StringLike={"aws:SourceArn": [function("*"), function("a"), function("b")]},
            ),
        ],
    ),
    "nothing": ({}, []),
}


@pytest.mark.parametrize(("access", "expected"), CASES.values(), ids=CASES)
def test_a_grant(access: dict[str, Any], expected: list[Statement]) -> None:
    assert statements(access) == expected


def test_no_access_grants_nothing() -> None:
    assert granted_statements(None, PLACE) == ()


EVERYTHING: dict[str, Any] = {
    kind: {
        "accounts": [A],
        "principals": [ROLE],
        "organizations": ["o-a1b2c3d4e5"],
        "services": ["codebuild.amazonaws.com"],
    }
    for kind in ("pull", "push")
} | {"lambda": {"accounts": [A]}}
SIDS = [
    "EcrOperatorPull",
    "EcrOperatorPullOrganizations",
    "EcrOperatorPullServices",
    "EcrOperatorPush",
    "EcrOperatorPushOrganizations",
    "EcrOperatorPushServices",
    "EcrOperatorLambdaAccounts",
    "EcrOperatorLambda",
]


def test_each_statement_has_a_sid_of_its_own() -> None:
    assert [statement["Sid"] for statement in statements(EVERYTHING)] == SIDS


def test_sids_depend_on_the_spec_alone() -> None:
    """What a status records is known without asking AWS for the account."""
    for place in (PLACE, Place("aws-cn", "cn-north-1", None), Place("aws", "", None)):
        assert [statement["Sid"] for statement in statements(EVERYTHING, place)] == SIDS
    managed = managed_after(desired(access=EVERYTHING))
    assert {part for part in managed if part.startswith("statements/")} == {
        f"statements/{sid}" for sid in SIDS
    }


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")], ids=str
)
def test_arns_are_of_the_registrys_partition(partition: str, region: str) -> None:
    place = Place(partition, region, ACCOUNT)
    access = {"pull": {"accounts": [A]}, "lambda": {"accounts": [B]}}
    pull, accounts, functions = statements(access, place)
    assert pull["Principal"] == {"AWS": root(A, partition)}
    assert accounts["Principal"] == {"AWS": root(B, partition)}
    source = function("*", B, region, partition)
    assert functions["Condition"] == {"StringLike": {"aws:SourceArn": source}}


def test_a_service_acts_for_the_stand_in_while_the_account_is_not_known() -> None:
    (one,) = statements({"pull": {"services": ["ecs.amazonaws.com"]}}, Place("aws", REGION, None))
    assert one["Condition"] == {"StringEquals": {"aws:SourceAccount": "0" * 12}}


def test_what_a_grant_makes_is_what_a_user_could_have_written() -> None:
    own = [one | {"Sid": one["Sid"].removeprefix("EcrOperator")} for one in statements(EVERYTHING)]
    assert statement_problem(own, PLACE, NAME) is None
