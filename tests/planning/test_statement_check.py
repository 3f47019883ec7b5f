"""A wrong statement is refused with its Sid and what is wrong, before AWS says only that it is invalid."""

from dataclasses import replace
from typing import Any

import pytest

from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.statement_check import principal_problem, sent, statement_problem
from ecr_operator.reasons import Reason
from tests.planning.policy_examples import EXAMPLES
from tests.planning.samples import ACCOUNT, ARN, NAME, PLACE, REGION, desired, observed, plan
from tests.planning.statements import DELETED, OTHER, ROLE, ROOT, allow

CHINA = Place("aws-cn", "cn-north-1", ACCOUNT)


def problem(*statements: dict[str, Any], place: Place = PLACE) -> str | None:
    return statement_problem(statements, place, NAME)


def principal(entry: Any) -> dict[str, Any]:
    return allow(Principal={"AWS": entry})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a Sid of ours": (allow("EcrOperatorPull"), "begins with EcrOperator"),
    "a Sid of ours in other letters": (allow("ecroperatorX"), "begins with EcrOperator"),
    "a misspelt member": (allow(Conditions={"Bool": {"a": True}}), "`Conditions` is no member"),
    "a member in small letters": (allow(condition={"Bool": {"a": True}}), "`condition` is no member"),
    "resources in and out": (allow(NotResource="*"), "`NotResource` is no member"),
    "no effect": (allow(Effect=None), "`Effect` must be Allow or Deny"),
    "another effect": (allow(Effect="allow"), "`Effect` must be Allow or Deny"),
    "nobody": (allow(Principal=None), "either `Principal` or `NotPrincipal`"),
    "somebody in and out": (
        allow(Effect="Deny", NotPrincipal={"AWS": OTHER}),
        "either `Principal` or `NotPrincipal`",
    ),
    "no action": (allow(Action=None), "either `Action` or `NotAction`"),
    "actions in and out": (allow(NotAction="ecr:*"), "either `Action` or `NotAction`"),
    "everybody but one allowed": (
        allow(Principal=None, NotPrincipal={"AWS": OTHER}),
        "`NotPrincipal` goes with the `Effect` Deny alone",
    ),
    "a principal that is a text": (allow(Principal=OTHER), '`Principal` must be "*" or an object'),
    "a principal that is a list": (allow(Principal=[OTHER]), '`Principal` must be "*" or an object'),
    "a principal that is a number": (allow(Principal=7), '`Principal` must be "*" or an object'),
    "a principal that is empty": (allow(Principal={}), '`Principal` must be "*" or an object'),
    "an unknown kind of principal": (allow(Principal={"aws": OTHER}), "`Principal.aws` is not known"),
    "an account without quotes": (principal(123456789012), "put account ids in quotes"),
    "accounts without quotes": (principal(["123456789012", 123456789012]), "put account ids in quotes"),
    "an empty list of principals": (principal([]), "a text or a list of texts"),
    "an empty principal": (principal(""), "a text or a list of texts"),
    "an account of 11 digits": (principal("12345678901"), "12345678901 has 11 digits, an account id has 12"),
    "an account of 13 digits, among others": (principal([OTHER, "1" * 13]), "has 13 digits"),
    "the id of a deleted role": (principal(DELETED), f"{DELETED} is the id of a deleted principal"),
    "an ARN of another partition": (
        principal(f"arn:aws-cn:iam::{OTHER}:root"),
        "of the partition aws-cn, the registry is in aws",
    ),
    "an ARN with a wildcard": (principal(f"arn:aws:iam::{OTHER}:role/*"), "neither an account id"),
    "an ARN with a question mark": (principal(f"arn:aws:iam::{OTHER}:role/a?"), "neither an account id"),
    "an ARN without a name": (principal(f"arn:aws:iam::{OTHER}:role/"), "neither an account id"),
    "an ARN of a role without an account": (principal("arn:aws:iam:::role/a"), "neither an account id"),
    "an ARN of something else": (principal(f"arn:aws:s3::{OTHER}:bucket/a"), "neither an account id"),
    "the name of a role": (principal("deployer"), "neither an account id"),
    "an account in other digits": (principal("١٢٣٤٥٦٧٨٩٠١٢"), "neither an account id"),
    "an account with a line break": (principal(f"{OTHER}\n"), "neither an account id"),
    "who is spared, of another partition": (
        allow(Effect="Deny", Principal=None, NotPrincipal={"AWS": f"arn:aws-cn:iam::{OTHER}:root"}),
        "`NotPrincipal.AWS`: ",
    ),
    "a service without a dot": (allow(Principal={"Service": "lambda"}), "such as codebuild.amazonaws.com"),
    "a federated user that is a list in a list": (allow(Principal={"Federated": [["a"]]}), "list of texts"),
    "an action of another service": (allow(Action="s3:GetObject"), "`Action` holds s3:GetObject"),
    "one such action among others": (allow(Action=["ecr:PutImage", "ec2:Run"]), "`Action` holds ec2:Run"),
    "an action without its service": (allow(Action="PutImage"), "`Action` holds PutImage"),
    "an action with a blank": (allow(Action="ecr:PutImage "), "no action of ECR"),
    "an action of public ECR": (allow(Action="ecr-public:PutImage"), "no action of ECR"),
    "an action with a bracket": (allow(Action="ecr:[Set]"), "no action of ECR"),
    "a wildcard for the service": (allow(Action="e*:PutImage"), "no action of ECR"),
    "exempt actions of another service": (
        allow(Action=None, NotAction=["s3:*"]),
        "`NotAction` holds s3:*",
    ),
    "an action that is for all of a registry": (
        allow(Action=["ecr:PutImage", "ecr:getAuthorizationToken"]),
        "which is for all of a registry",
    ),
    "an action that is a number": (allow(Action=7), "`Action` must be a text or a list of texts"),
    "an empty list of actions": (allow(Action=[]), "`Action` must be a text or a list of texts"),
    "actions in a map": (allow(Action={"a": "b"}), "`Action` must be a text or a list of texts"),
    "another repository": (allow(Resource=f"{ARN}2"), f"`Resource` holds {ARN}2"),
    "another repository among others": (allow(Resource=["*", f"{ARN}2"]), f"`Resource` holds {ARN}2"),
    "all repositories of the registry": (
        allow(Resource=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"),
        "leave it out",
    ),
    "the repository of another account": (
        allow(Resource=ARN.replace(ACCOUNT, OTHER)),
        "leave it out",
    ),
    "the repository in another region": (allow(Resource=ARN.replace(REGION, "eu-west-1")), "leave it out"),
    "the repository in another partition": (allow(Resource=ARN.replace("arn:aws", "arn:aws-cn")), "leave it"),
    "the name of the repository": (allow(Resource=NAME), "leave it out"),
    "a resource that is a number": (allow(Resource=7), "`Resource` must be a text"),
    "an empty list of resources": (allow(Resource=[]), "`Resource` must be a text"),
    "a condition that is a list": (allow(Condition=[{"Bool": {"a": True}}]), "`Condition` must be an object"),
    "a condition that is a text": (allow(Condition="x"), "`Condition` must be an object"),
    "an operator without keys": (allow(Condition={"Bool": {}}), "`Condition.Bool` must be an object"),
    "an operator with a text": (allow(Condition={"Bool": "a"}), "`Condition.Bool` must be an object"),
    "a key without values": (allow(Condition={"Bool": {"a": []}}), "`Condition.Bool` must give each key"),
    "a key with null": (allow(Condition={"Bool": {"a": None}}), "`Condition.Bool` must give each key"),
    "a key with a map": (allow(Condition={"Bool": {"a": {"b": 1}}}), "`Condition.Bool` must give each key"),
    "the second operator": (
        allow(Condition={"Bool": {"a": True}, "Null": {"b": [None]}}),
        "`Condition.Null` must give each key",
    ),
}


@pytest.mark.parametrize(("statement", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_with_the_sid_and_what_is_wrong(statement: dict[str, Any], words: str) -> None:
    """Also as the last of several."""
    for statements in ([statement], [allow("Good"), statement]):
        message = problem(*statements)
        assert message is not None
        assert message.startswith(f"Statement {statement['Sid']} of `repositoryPolicy`: ")
        assert words in message


NAMELESS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no Sid": ([allow(None)], "`repositoryPolicy.statements[0]` has no `Sid`"),
    "an empty Sid, as the second": ([allow("a"), allow("")], "`repositoryPolicy.statements[1]` has no `Sid`"),
    "a Sid that is a number": ([allow() | {"Sid": 1}], "`repositoryPolicy.statements[0]` has no `Sid`"),
    "a Sid twice": (
        [allow("a"), allow("b"), allow("b", Effect="Deny")],
        "Statement b of `repositoryPolicy`: its `Sid` is used 2 times",
    ),
}


@pytest.mark.parametrize(("statements", "words"), NAMELESS.values(), ids=NAMELESS)
def test_each_statement_needs_a_sid_of_its_own(statements: list[dict[str, Any]], words: str) -> None:
    assert words in str(problem(*statements))


ACCEPTED: dict[str, dict[str, Any]] = {
    "an account": principal(OTHER),
    "a root": principal(ROOT),
    "a role": principal(ROLE),
    "a role with a path": principal(f"arn:aws:iam::{OTHER}:role/a/b/c"),
    "a user": principal(f"arn:aws:iam::{OTHER}:user/eve@example.com"),
    "a session": principal(f"arn:aws:sts::{OTHER}:assumed-role/deployer/session"),
    "a federated user": principal(f"arn:aws:sts::{OTHER}:federated-user/eve"),
    "everybody": allow(Principal="*"),
    "everybody of AWS, among others": principal(["*", OTHER]),
    "a service": allow(Principal={"Service": ["ecs.amazonaws.com", "lambda.amazonaws.com"]}),
    "an identity provider": allow(Principal={"Federated": "cognito-identity.amazonaws.com"}),
    "a canonical user": allow(Principal={"CanonicalUser": "a" * 64}),
    "several kinds": allow(Principal={"AWS": OTHER, "Service": "ecs.amazonaws.com"}),
    "who is spared": allow(Effect="Deny", Principal=None, NotPrincipal={"AWS": [ACCOUNT, ROLE]}),
    "every action": allow(Action="*"),
    "actions with wildcards": allow(Action=["ecr:Batch*", "ecr:?utImage", "ECR:listimages"]),
    "all but some actions": allow(Action=None, NotAction=["ecr:PutImage"]),
    "every resource": allow(Resource="*"),
    "the repository itself": allow(Resource=ARN),
    "both in a list": allow(Resource=["*", ARN]),
    "conditions": allow(
        Condition={
            "Bool": {"aws:SecureTransport": False},
            "NumericLessThan": {"aws:MultiFactorAuthAge": [3600, 1.5]},
            "ForAllValues:StringLikeIfExists": {"aws:PrincipalTag/team": ["a", "${aws:PrincipalTag/x}"]},
        }
    ),
    "conditions that are none": allow(Condition={}),
    "a Sid that only holds our prefix": allow("MyEcrOperatorPull"),
}


@pytest.mark.parametrize("statement", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(statement: dict[str, Any]) -> None:
    assert problem(statement) is None


@pytest.mark.parametrize("statements", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_of_aws_are_accepted(statements: list[dict[str, Any]]) -> None:
    assert problem(*statements) is None
    result = plan(desired(repositoryPolicy={"statements": statements}), observed())
    assert [type(change).__name__ for change in result.changes] == ["SetRepositoryPolicy"]


def test_a_resource_is_never_sent() -> None:
    """AWS refuses it in several reports."""
    for statements in EXAMPLES.values():
        for one in statements:
            assert sent(one) == {member: one[member] for member in one if member != "Resource"}


def test_the_partition_is_the_registrys() -> None:
    assert problem(principal(f"arn:aws-cn:iam::{OTHER}:role/a"), place=CHINA) is None
    assert "of the partition aws, the registry is in aws-cn" in str(problem(principal(ROLE), place=CHINA))
    own = f"arn:aws-cn:ecr:cn-north-1:{ACCOUNT}:repository/{NAME}"
    assert problem(allow(Principal="*", Resource=own), place=CHINA) is None


def test_the_repository_of_any_account_counts_while_ours_is_not_known() -> None:
    unknown = replace(PLACE, account=None)
    assert problem(allow(Resource=ARN.replace(ACCOUNT, OTHER)), place=unknown) is None
    assert problem(allow(Resource=ARN.replace(REGION, "eu-west-1")), place=unknown) is not None


def test_the_first_wrong_principal_of_a_grant_is_named() -> None:
    assert principal_problem([ROLE, OTHER], PLACE) is None
    assert "1234 has 4 digits" in str(principal_problem([ROLE, "1234", "5"], PLACE))


GRANTS: dict[str, tuple[dict[str, Any], str]] = {
    "a puller of another partition": (
        {"pull": {"principals": [f"arn:aws-cn:iam::{OTHER}:role/a"]}},
        "`access.pull.principals`: ",
    ),
    "a pusher of another partition": (
        {"push": {"principals": [ROLE, f"arn:aws-us-gov:iam::{OTHER}:role/a"]}},
        "`access.push.principals`: ",
    ),
    "a function of another partition": (
        {"lambda": {"functions": [f"arn:aws-cn:lambda:cn-north-1:{OTHER}:function:a"]}},
        "`access.lambda.functions`: ",
    ),
}


@pytest.mark.parametrize(("access", "words"), GRANTS.values(), ids=GRANTS)
@pytest.mark.parametrize("exists", [True, False], ids=["there", "absent"])
def test_a_grant_that_cannot_be_carried_out_is_refused(
    access: dict[str, Any], words: str, exists: bool
) -> None:
    result = plan(desired(access=access), observed() if exists else None)
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    assert result.outcome.reason is Reason.INVALID_POLICY
    assert words in result.outcome.message
    assert "the registry is in aws" in result.outcome.message
