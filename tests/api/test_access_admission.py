"""Who may be granted something is checked when an object is applied, by a real API server."""

from typing import Any

import pytest

from ecr_operator.api.access import Access
from tests.api.repositories import assert_refused, repository
from tests.cluster import Cluster

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function"
PULL = "spec.access.pull"
LAMBDA = "spec.access.lambda"

ACCOUNT_WORDS = (
    "`accounts` must hold AWS account ids of 12 digits; for example '123456789012' (quote it in YAML)"
)
PRINCIPAL_WORDS = "`principals` must hold ARNs of IAM roles, users or sessions without wildcards"
ORGANIZATION_WORDS = "`organizations` must hold ids of AWS Organizations: 'o-' and 10 to 32 lower-case"
SERVICE_WORDS = "`services` must hold service principals; for example 'codebuild.amazonaws.com'"
FUNCTION_WORDS = (
    "`functions` must hold ARNs of Lambda functions, with '*' and '?' only in the function's name"
)


def pull(**lists: Any) -> dict[str, Any]:
    return {"pull": lists}


def functions(*arns: str) -> dict[str, Any]:
    return {"lambda": {"functions": list(arns)}}


def wrong_entries(
    field: str, words: str, entries: dict[str, str]
) -> dict[str, tuple[dict[str, Any], str, str]]:
    return {
        f"{field}: {title}": (pull(**{field: [entry]}), f"{PULL}.{field}[0]", words)
        for title, entry in entries.items()
    }


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a grant to nobody": (
        pull(),
        PULL,
        "at least one of `accounts`, `principals`, `organizations` and `services` must be specified",
    ),
    "a push to nobody": ({"push": {}}, "spec.access.push", "at least one of `accounts`, `principals`"),
    "no Lambda function": (
        {"lambda": {}},
        LAMBDA,
        "at least one of `accounts` and `functions` must be specified",
    ),
    "an account that YAML took for a number": (
        pull(accounts=[123456789012]),
        f"{PULL}.accounts[0]",
        "must be of type string",
    ),
    "an empty list of accounts": (pull(accounts=[]), f"{PULL}.accounts", "at least 1 items"),
    "101 accounts": (
        pull(accounts=[f"{n:012}" for n in range(101)]),
        f"{PULL}.accounts",
        "at most 100 items",
    ),
    "21 organizations": (
        pull(organizations=[f"o-{n:010}" for n in range(21)]),
        f"{PULL}.organizations",
        "at most 20 items",
    ),
    "an account twice": (
        pull(accounts=[ACCOUNT, "000000000001", ACCOUNT]),
        f"{PULL}.accounts",
        f"`accounts` may not hold the same entry twice: '{ACCOUNT}'",
    ),
    "a role twice": (
        pull(principals=[ROLE, ROLE]),
        f"{PULL}.principals",
        f"`principals` may not hold the same entry twice: '{ROLE}'",
    ),
    "an account of 13 digits": (pull(accounts=["1" * 13]), f"{PULL}.accounts[0]", "more than 12"),
    "the second account is wrong": (
        pull(accounts=[ACCOUNT, "prod"]),
        f"{PULL}.accounts[1]",
        ACCOUNT_WORDS,
    ),
    "a push by a wrong account": (
        {"push": {"accounts": ["1"]}},
        "spec.access.push.accounts[0]",
        ACCOUNT_WORDS,
    ),
    "Lambda of a wrong account": (
        {"lambda": {"accounts": ["1"]}},
        f"{LAMBDA}.accounts[0]",
        ACCOUNT_WORDS,
    ),
    **wrong_entries(
        "accounts",
        ACCOUNT_WORDS,
        {"11 digits": "12345678901", "nothing": "", "everyone": "*", "hyphens": "1234-5678-90"},
    ),
    **wrong_entries(
        "principals",
        PRINCIPAL_WORDS,
        {
            "everyone": "*",
            "an account": ACCOUNT,
            "a wildcard": f"arn:aws:iam::{ACCOUNT}:role/*",
            "a question mark": f"arn:aws:iam::{ACCOUNT}:role/deployer-?",
            "a group": f"arn:aws:iam::{ACCOUNT}:group/admins",
            "a policy": f"arn:aws:iam::{ACCOUNT}:policy/x",
            "a role without a name": f"arn:aws:iam::{ACCOUNT}:role/",
            "a role without an account": "arn:aws:iam:::role/deployer",
            "a root with a name": f"arn:aws:iam::{ACCOUNT}:root/x",
            "another partition's mistake": f"arn:AWS:iam::{ACCOUNT}:role/x",
            "a session without its name": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer",
            "a session of any name": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/*",
            "a unique id": "AROAEXAMPLEEXAMPLE",
            "a space": f"{ROLE} ",
        },
    ),
    **wrong_entries(
        "organizations",
        ORGANIZATION_WORDS,
        {
            "nine characters": "o-a1b2c3d4e",
            "capitals": "o-A1B2C3D4E5",
            "a unit": "ou-a1b2-c3d4e5f6",
            "no prefix": "a1b2c3d4e5f6",
        },
    ),
    **wrong_entries(
        "services",
        SERVICE_WORDS,
        {
            "no domain": "codebuild",
            "another domain": "codebuild.example.com",
            "a wildcard": "*.amazonaws.com",
            "only the domain": "amazonaws.com",
            "a role": ROLE,
        },
    ),
    **{
        f"functions: {title}": (functions(arn), f"{LAMBDA}.functions[0]", FUNCTION_WORDS)
        for title, arn in {
            "a name": "orders",
            "another resource": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:x",
            "any account": "arn:aws:lambda:eu-west-1:*:function:orders",
            "any Region": f"arn:aws:lambda:*:{ACCOUNT}:function:orders",
            "no name": f"{FUNCTION}:",
            "an empty qualifier": f"{FUNCTION}:orders:",
            "everything": "*",
        }.items()
    },
}


@pytest.mark.parametrize(("access", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_entry_and_what_to_write(
    cluster: Cluster, namespace: str, access: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, namespace, {"access": access}, field, words)


LARGEST_GRANT: dict[str, Any] = {
    "accounts": [f"{n:012}" for n in range(100)],
    "principals": [f"arn:aws-us-gov:iam::{ACCOUNT}:role/{'p' * 510}/{'r' * 61}{n:03}" for n in range(100)],
    "organizations": [f"o-{'a' * 30}{n:02}" for n in range(20)],
    "services": [f"{'s' * 109}{n:02}.amazonaws.com.cn" for n in range(20)],
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "no grants": {},
    "an account": pull(accounts=[ACCOUNT]),
    "all kinds of principals": pull(
        principals=[
            ROLE,
            f"arn:aws:iam::{ACCOUNT}:root",
            f"arn:aws-cn:iam::{ACCOUNT}:user/team/a.b+c=d,e@f_g-h",
            f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a1b",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/session@example.com",
            f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        ]
    ),
    "organizations of 10 and 32 characters": pull(organizations=["o-a1b2c3d4e5", f"o-{'a' * 32}"]),
    "services": pull(
        services=["codebuild.amazonaws.com", "replicator.lambda.amazonaws.com", "a.amazonaws.com.cn"]
    ),
    "Lambda functions": functions(
        *(
            f"{FUNCTION}:{name}"
            for name in ("orders", "*", "orders-*", "order?-v2", "orders:$LATEST", "o:prod", "o:12")
        ),
        f"arn:aws-us-gov:lambda:us-gov-west-1:{ACCOUNT}:function:x",
    ),
    "as much as there can be": {
        "pull": LARGEST_GRANT,
        "push": LARGEST_GRANT,
        "lambda": {
            "accounts": LARGEST_GRANT["accounts"],
            "functions": [f"{FUNCTION}:{'f' * 200}{n:03}" for n in range(100)],
        },
    },
}


@pytest.mark.parametrize("access", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, namespace: str, access: dict[str, Any]) -> None:
    assert cluster.create(repository("web", {"access": access}, namespace))["spec"] == {"access": access}
    assert Access.from_json(access).to_json() == access
