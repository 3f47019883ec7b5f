"""Grants and statements become the repository's policy, and leave it again; those of others stay."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, LAMBDA, OTHER, RULE, policy, statements
from tests.repositories import Repositories, message

pytestmark = pytest.mark.usefixtures("operator")

PULL = {"pull": {"accounts": [OTHER]}}


def test_all_is_created_with_one_call_for_each_policy(repositories: Repositories, aws: FakeAws) -> None:
    obj = repositories.created(
        "web",
        lifecyclePolicy={"rules": [RULE]},
        access={"pull": {"accounts": [OTHER]}, "lambda": {"accounts": [OTHER]}},
        repositoryPolicy={"statements": [AUDIT]},
    )

    assert repositories.writes() == ["CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy"]
    # What has just been created needs no second look.
    assert not {"GetRepositoryPolicy", "GetLifecyclePolicy"} & repositories.calls().keys()
    sids = ["Audit", "EcrOperatorLambda", "EcrOperatorLambdaAccounts", "EcrOperatorPull"]
    assert sorted(statements(aws, repositories.name("web"))) == sids
    parts = ["lifecyclePolicy", "repository", *(f"statements/{sid}" for sid in sids)]
    assert obj["status"]["managed"] == parts
    assert "foreignStatements" not in obj["status"]


def test_what_aws_reformats_is_no_difference(repositories: Repositories) -> None:
    repositories.created(
        "web",
        access={
            "pull": {"accounts": [OTHER], "organizations": ["o-a1b2c3d4e5", "o-a1b2c3d4e6"]},
            "push": {"services": ["codebuild.amazonaws.com"]},
        },
        repositoryPolicy={"statements": [AUDIT | {"Action": ["ecr:ListImages", "ecr:DescribeImages"]}]},
    )
    before = repositories.writes()

    repositories.reconcile_now("web", "1")
    repositories.reconcile_now("web", "2")

    assert repositories.writes() == before
    assert repositories.calls()["GetRepositoryPolicy"] == 2


def test_services_act_for_the_account_of_the_registry_only(repositories: Repositories, aws: FakeAws) -> None:
    obj = repositories.created("web", access={"pull": {"services": ["codebuild.amazonaws.com"]}})
    found = statements(aws, repositories.name("web"))["EcrOperatorPullServices"]
    assert found["Condition"] == {"StringEquals": {"aws:SourceAccount": obj["status"]["registryId"]}}


def test_a_grant_that_leaves_the_spec_leaves_aws_and_foreign_statements_stay(
    repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.created(
        "web", access=PULL | {"push": {"accounts": [OTHER]}}, repositoryPolicy={"statements": [AUDIT]}
    )
    aws.put_policy(name, policy(*statements(aws, name).values(), LAMBDA))

    repositories.patch("web", access={"push": None})
    obj = repositories.ready("web")
    assert sorted(statements(aws, name)) == ["Audit", "EcrOperatorPull", LAMBDA["Sid"]]
    assert obj["status"]["foreignStatements"] == [LAMBDA["Sid"]]

    repositories.patch("web", access=None, repositoryPolicy=None)
    obj = repositories.ready("web")
    assert list(statements(aws, name)) == [LAMBDA["Sid"]]
    assert statements(aws, name)[LAMBDA["Sid"]]["Condition"] == LAMBDA["Condition"]
    # Nobody asks for the policy any more, so nobody reads it.
    assert obj["status"]["managed"] == ["repository"]
    assert "foreignStatements" not in obj["status"]


def test_the_policy_is_deleted_with_its_last_statement(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("web", access=PULL)
    repositories.patch("web", access=None)
    repositories.ready("web")
    assert aws.policy(repositories.name("web")) is None
    assert repositories.writes()[-1] == "DeleteRepositoryPolicy"


def test_foreign_statements_of_any_shape_are_kept(repositories: Repositories, aws: FakeAws) -> None:
    name = repositories.name("web")
    strange = [
        {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"},
        {"Sid": "Twice", "Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "Action": "ecr:PutImage"},
        {
            "Sid": "Twice",
            "Effect": "Allow",
            "Principal": {"AWS": OTHER},
            "NotAction": ["ecr:DeleteRepository"],
            "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-a/*"]}},
        },
    ]
    repositories.created("web")
    aws.put_policy(name, policy(*strange, Version="2008-10-17", Id="by hand"))

    repositories.patch("web", access=PULL)
    obj = repositories.ready("web")
    repositories.patch("web", access=None)
    repositories.ready("web")

    found = aws.policy(name)
    assert obj["status"]["foreignStatements"] == ["#1", "Twice"]
    assert found["Version"] == "2008-10-17"
    assert found["Id"] == "by hand"
    assert [one["Effect"] for one in found["Statement"]] == ["Allow", "Deny", "Allow"]
    assert found["Statement"][1]["NotPrincipal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}
    assert found["Statement"][2]["NotAction"] == "ecr:DeleteRepository"
    assert found["Statement"][2]["Condition"] == {
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}
    }


def test_foreign_statements_are_removed_where_the_spec_says_so(
    repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.created("web", access=PULL)
    aws.put_policy(name, policy(*statements(aws, name).values(), LAMBDA))

    repositories.patch("web", foreignStatements="Remove")
    repositories.ready("web")

    assert list(statements(aws, name)) == ["EcrOperatorPull"]
    event = repositories.event(repositories.get("web"), "RepositoryUpdated")
    assert f"remove {LAMBDA['Sid']}" in event["note"]


def test_a_statement_that_somebody_changed_is_set_right(repositories: Repositories, aws: FakeAws) -> None:
    name = repositories.name("web")
    repositories.created("web", access=PULL)
    widened = statements(aws, name)["EcrOperatorPull"] | {"Principal": "*"}
    aws.put_policy(name, policy(widened))

    repositories.reconcile_now("web", "now")

    found = statements(aws, name)["EcrOperatorPull"]
    assert found["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}


def test_what_is_not_managed_is_not_read(repositories: Repositories) -> None:
    repositories.created("web", tags={"a": "1"})
    repositories.patch("web", tags={"a": "2"})
    repositories.ready("web")
    assert not {"GetRepositoryPolicy", "GetLifecyclePolicy"} & repositories.calls().keys()


def test_our_statements_from_an_earlier_life_of_the_object_are_not_left_behind(
    repositories: Repositories, aws: FakeAws
) -> None:
    """With `Retain` the repository outlives the object, and its policy with it."""
    name = repositories.name("web")
    repositories.created("web", access=PULL)
    aws.put_policy(name, policy(*statements(aws, name).values(), LAMBDA))
    repositories.delete("web")
    repositories.wait_gone("web")

    repositories.created("web")

    assert list(statements(aws, name)) == [LAMBDA["Sid"]]


def test_an_unreadable_policy_is_kept_and_said(repositories: Repositories, aws: FakeAws) -> None:
    name = repositories.name("web")
    repositories.created("web")
    aws.put_policy(name, "no JSON at all")

    repositories.patch("web", access=PULL)
    obj = repositories.stalled("web", "InvalidPolicy")
    assert "foreignStatements: Remove" in message(obj)
    assert aws.policy(name) == "no JSON at all"

    # What does not need the policy goes on.
    repositories.patch("web", access=None)
    repositories.ready("web")
    assert aws.policy(name) == "no JSON at all"

    repositories.patch("web", access=PULL, foreignStatements="Remove")
    repositories.ready("web")
    assert list(statements(aws, name)) == ["EcrOperatorPull"]


def test_a_policy_that_is_too_large_is_not_sent(repositories: Repositories, aws: FakeAws) -> None:
    name = repositories.name("web")
    repositories.created("web")
    foreign = [LAMBDA | {"Sid": f"Foreign{number}"} for number in range(35)]
    aws.put_policy(name, policy(*foreign))
    before = aws.policy(name)

    accounts = [f"{number:012}" for number in range(100)]
    repositories.patch("web", access={"pull": {"accounts": accounts}}, tags={"a": "1"})
    obj = repositories.stalled("web", "PolicyTooLarge")

    assert "10,240" in message(obj)
    assert "35 foreign" in message(obj)
    assert aws.policy(name) == before
    assert repositories.writes() == ["CreateRepository"]
