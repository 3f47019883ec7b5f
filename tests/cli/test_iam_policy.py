"""`ecr-operator iam-policy`: what is printed, how options narrow it, and which arguments cannot be used.

That the document is enough, and that all of it is of use, is held by `tests/e2e/test_iam_policy.py`.
"""

import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from ecr_operator.cli import main
from ecr_operator.cli.iam_document import LONGEST, partition_of
from tests.fake_aws.iam.document import statements_of

ACCOUNT, REGION = "111111111111", "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ecr-operator"
OWNER = "ecr-operator.dev/owner"
ALL = "arn:aws:ecr:*:*:repository/*"

Run = Callable[..., tuple[int, str, str]]
Statements = Callable[..., dict[str, dict[str, Any]]]

UNUSABLE: dict[str, tuple[list[str], str]] = {
    "an account of too few digits": (["--account", "1"], "12 digits"),
    "a zone": (["--region", "eu-west-1a"], "a Region's name"),
    "a partition": (["--partition", "amazon"], "aws-cn"),
    "a glob that IAM does not have": (["--repository-names", "team-[ab]"], "IAM has no [...]"),
    "an upper-case name": (["--repository-names", "Team"], "globs of a-z"),
    "an ARN for a name": (["--repository-names", ALL], "globs of a-z"),
    "no names": (["--repository-names", ","], "globs of a-z"),
    "an alias": (["--kms-key-arn", KEY.replace("key/0a1b", "alias/x")], "IAM knows no alias"),
    "a key's id": (["--kms-key-arn", "0a1b"], "arn:aws:kms:<region>:<account>:key/<id>"),
    "a user for a role": (["--assume-role", ROLE.replace(":role", ":user")], "role/<name>"),
    "both policies at once": (["--assume-role", ROLE, "--region", REGION], "only --pull-role-arn"),
    "session tags without a role": (["--pod-identity"], "needs --assume-role"),
    "an unknown option": (["--role"], "No such option"),
    "more than IAM takes": (
        [part for n in range(150) for part in ("--repository-names", f"team-{n}/*")],
        f"IAM takes {LONGEST}",
    ),
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command: exit code, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["iam-policy", *arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def statements(run: Run) -> Statements:
    """The statements that are printed for arguments, by their Sid."""

    def statements(*arguments: str) -> dict[str, dict[str, Any]]:
        code, output, errors = run(*arguments)
        assert (code, errors) == (0, "")
        # Held against IAM's grammar.
        statements_of(output)
        return {statement["Sid"]: statement for statement in json.loads(output)["Statement"]}

    return statements


def test_it_reaches_every_repository_and_no_key_unless_it_is_narrowed(statements: Statements) -> None:
    found = statements()

    assert {sid: statement["Resource"] for sid, statement in found.items()} == {
        "ReadRegistry": ["*"],
        "ListRepositories": [ALL],
        "ListTags": ["*"],
        "ReadRepositories": [ALL],
        "CreateAndAdoptRepositories": [ALL],
        "ChangeRepositories": [ALL],
    }
    assert not [statement for statement in found.values() if "Condition" in statement]


def test_no_action_is_a_wildcard_and_each_is_there_once(statements: Statements) -> None:
    actions = [
        action for statement in statements("--kms-key-arn", KEY).values() for action in statement["Action"]
    ]

    assert sorted(actions) == sorted(set(actions))
    assert not [action for action in actions if "*" in action]


def test_account_and_region_narrow_all_that_can_be_narrowed(statements: Statements) -> None:
    found = statements("--account", ACCOUNT, "--region", REGION)

    here = {"StringEquals": {"aws:RequestedRegion": REGION}}
    assert found["ReadRegistry"]["Condition"] == found["ListTags"]["Condition"] == here
    narrowed = [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"]
    assert {tuple(found[sid]["Resource"]) for sid in found.keys() - {"ReadRegistry", "ListTags"}} == {
        tuple(narrowed)
    }


def test_names_narrow_all_but_the_listing(statements: Statements) -> None:
    names = ["--repository-names", "team-a/*, {namespace}/*", "--repository-names", "base?"]

    found = statements("--account", ACCOUNT, *names)

    start = f"arn:aws:ecr:*:{ACCOUNT}:repository/"
    globs = [f"{start}team-a/*", f"{start}*/*", f"{start}base?"]
    assert found["ListRepositories"]["Resource"] == [f"{start}*"]
    for sid in ("ReadRepositories", "CreateAndAdoptRepositories", "ChangeRepositories"):
        assert found[sid]["Resource"] == globs


@pytest.mark.parametrize(("region", "service"), [([], "ecr.*"), (["--region", REGION], f"ecr.{REGION}.*")])
def test_keys_may_be_used_through_ecr_alone(statements: Statements, region: list[str], service: str) -> None:
    other = KEY.replace("0a1b", "*")

    found = statements("--kms-key-arn", KEY, "--kms-key-arn", other, *region)["UseKeysThroughEcr"]

    assert found["Action"] == ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"]
    assert found["Resource"] == [KEY, other]
    assert found["Condition"] == {"StringLike": {"kms:ViaService": service}}


def test_owned_only_leaves_creation_and_adoption_possible(statements: Statements) -> None:
    found = statements("--owned-only")

    changing = found["ChangeRepositories"]
    assert changing["Condition"] == {"Null": {f"aws:ResourceTag/{OWNER}": "false"}}
    # Tags of an owned repository change too.
    assert set(changing["Action"]) - set(statements()["ChangeRepositories"]["Action"]) == {"ecr:TagResource"}
    creating = found["CreateAndAdoptRepositories"]
    assert creating["Action"] == ["ecr:CreateRepository", "ecr:TagResource"]
    assert creating["Condition"] == {"Null": {f"aws:RequestTag/{OWNER}": "false"}}
    assert "Condition" not in found["ReadRepositories"]


def test_the_pods_own_identity_may_assume_the_role_and_nothing_else(statements: Statements) -> None:
    found = statements("--assume-role", ROLE)
    assert [(one["Action"], one["Resource"]) for one in found.values()] == [(["sts:AssumeRole"], [ROLE])]

    tagged = statements("--assume-role", ROLE, "--pod-identity")
    assert tagged["AssumeRole"]["Action"] == ["sts:AssumeRole", "sts:TagSession"]


def test_every_region_tells_its_partition() -> None:
    session = botocore.session.Session()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("ecr", partition):
            assert partition_of(region) == partition


def test_the_partition_may_be_given(statements: Statements) -> None:
    found = statements("--region", "cn-north-1")["ReadRepositories"]["Resource"]
    assert found == ["arn:aws-cn:ecr:cn-north-1:*:repository/*"]
    found = statements("--partition", "aws-us-gov")["ReadRepositories"]["Resource"]
    assert found == ["arn:aws-us-gov:ecr:*:*:repository/*"]


@pytest.mark.parametrize(("arguments", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_arguments_that_cannot_be_used_are_said(run: Run, arguments: list[str], says: str) -> None:
    code, output, errors = run(*arguments)

    assert (code, output) == (64, "")
    assert says in " ".join(errors.split())


PULL_ROLE = "arn:aws:iam::*:role/ecr-pull"


def test_pull_credentials_add_a_statement_for_each_way_to_have_them(statements: Statements) -> None:
    assert not {"HandOutTokens", "PullWithThem", "HandOutPublicTokens", "AssumePullRoles"} & set(statements())
    options = ["--own-tokens", "--public-tokens", "--pull-role-arn", PULL_ROLE]
    found = statements("--account", ACCOUNT, "--region", REGION, "--repository-names", "team-*", *options)

    assert found["HandOutTokens"]["Action"] == ["ecr:GetAuthorizationToken"]
    assert found["HandOutTokens"]["Resource"] == ["*"]
    assert found["PullWithThem"]["Resource"] == [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team-*"]
    assert found["HandOutPublicTokens"]["Action"] == [
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    ]
    assume = found["AssumePullRoles"]
    assert (assume["Action"], assume["Resource"]) == (["sts:AssumeRole"], [PULL_ROLE])


def test_session_tags_go_on_to_pull_roles(statements: Statements) -> None:
    found = statements("--pull-role-arn", PULL_ROLE, "--pod-identity")
    assert found["AssumePullRoles"]["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    below = statements("--assume-role", ROLE, "--pull-role-arn", PULL_ROLE, "--pod-identity")
    assert {sid: one["Action"] for sid, one in below.items()} == {
        "AssumeRole": ["sts:AssumeRole", "sts:TagSession"],
        "AssumePullRoles": ["sts:AssumeRole", "sts:TagSession"],
    }


def test_pull_roles_are_assumed_by_the_pods_own_identity(statements: Statements) -> None:
    found = statements("--assume-role", ROLE, "--pull-role-arn", PULL_ROLE)
    assert {sid: one["Resource"] for sid, one in found.items()} == {
        "AssumeRole": [ROLE],
        "AssumePullRoles": [PULL_ROLE],
    }
