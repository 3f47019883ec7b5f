"""Errors, lags and other writers between two effects: what is ours in AWS stays recorded until it is gone."""

from typing import Any

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, LAMBDA, OTHER, RULE, policy, statements
from tests.repositories import Repositories, condition, message
from tests.running import RunningOperator

PULL = {"pull": {"accounts": [OTHER]}}
FORMER = {"Sid": "EcrOperatorPush", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:PutImage"}
"""A grant that an object of an operator had made."""


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("SetRepositoryPolicy", "ThrottlingException"),
        ("SetRepositoryPolicy", "ServerException"),
        ("GetRepositoryPolicy", "ServerException"),
        ("PutImageTagMutability", "ThrottlingException"),
    ],
)
def test_what_was_done_before_an_error_is_taken_back_with_the_spec(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws, operation: str, code: str
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web")
        fault = aws.inject(operation, code, status=400 if "Throttl" in code else 500, prefix=name)
        repositories.patch(
            "web",
            access=PULL,
            lifecyclePolicy={"rules": [RULE]},
            tags={"a": "1"},
            imageTagMutability="IMMUTABLE",
        )
        repositories.reconciling("web", "Throttled" if "Throttl" in code else "AWSUnavailable")
        repositories.patch("web", access=None, lifecyclePolicy=None, tags=None, imageTagMutability=None)
        aws.clear(fault)
        obj = repositories.ready("web")

    found = repositories.in_aws("web")
    assert found is not None
    assert "a" not in found["tags"]
    assert aws.lifecycle_policy(name) is None
    assert aws.policy(name) is None
    assert obj["status"]["managed"] == ["repository"]


def test_an_error_of_the_read_before_the_write_records_nothing(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    """Nothing was sent: the foreign statement of the same Sid is not ours to remove later."""
    name = repositories.name("web")
    with own_operator:
        repositories.created("web", foreignStatements="Keep")
        aws.put_policy(name, policy(AUDIT | {"Action": "ecr:ListImages"}))
        fault = aws.inject("GetRepositoryPolicy", "ServerException", status=500, prefix=name)
        repositories.patch("web", repositoryPolicy={"statements": [AUDIT]})
        obj = repositories.reconciling("web", "AWSUnavailable")
        assert obj["status"]["managed"] == ["repository"]
        repositories.patch("web", repositoryPolicy=None)
        aws.clear(fault)
        repositories.ready("web")

    assert list(statements(aws, name)) == ["Audit"]


@pytest.mark.parametrize("back", [(), (LAMBDA,)], ids=["as it was", "with a statement of theirs"])
@pytest.mark.parametrize("left", [{}, PULL], ids=["nothing of ours is left", "something of ours is left"])
def test_a_statement_that_another_writer_puts_back_is_taken_out_again(
    own_operator: RunningOperator,
    repositories: Repositories,
    aws: FakeAws,
    left: dict[str, Any],
    back: tuple[dict[str, Any], ...],
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web", access=left or None, repositoryPolicy={"statements": [AUDIT]})
        again = policy(*statements(aws, name).values(), *back)
        after = "SetRepositoryPolicy" if left else "DeleteRepositoryPolicy"
        aws.intercept_policy(name, again, after=after, nth=1)
        repositories.patch("web", repositoryPolicy=None)
        obj = repositories.ready("web")

    ours = ["EcrOperatorPull"] if left else []
    assert sorted(statements(aws, name)) == [*ours, *(one["Sid"] for one in back)]
    assert obj["status"]["managed"] == ["repository", *(f"statements/{sid}" for sid in ours)]


def test_a_grant_that_leaves_while_aws_does_not_show_it_yet_is_taken_back_when_it_does(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web")
        aws.set_policy_propagation(1.0)
        try:
            repositories.patch("web", access=PULL)
            repositories.reconciling("web", "Progressing")
            repositories.patch("web", access=None)
            obj = repositories.ready("web")
        finally:
            aws.set_policy_propagation(0.0)

    assert aws.policy(name) is None
    assert obj["status"]["managed"] == ["repository"]


def test_a_predecessors_grants_go_also_when_the_first_look_after_the_adoption_fails(
    own_operator: RunningOperator, cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.by_hand("web", owner="stage/team-a/web")
    aws.put_policy(name, policy(FORMER, LAMBDA))
    fault = aws.inject("PutImageTagMutability", "AccessDeniedException", prefix=name)
    with own_operator:
        repositories.create("web", adoptFrom="stage/team-a/web", imageTagMutability="IMMUTABLE")
        repositories.stalled("web", "AccessDenied")
    aws.clear(fault)
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), adoption="Everywhere"
    ):
        repositories.ready("web")

    assert list(statements(aws, name)) == [LAMBDA["Sid"]]


def test_an_owner_tag_that_comes_back_brings_what_is_recorded_back(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created(
            "web",
            repositoryPolicy={"statements": [AUDIT]},
            lifecyclePolicy={"rules": [RULE]},
            tags={"a": "1"},
        )
        repositories.ecr.untag_resource(
            resourceArn=repositories.arn("web"), tagKeys=["ecr-operator.dev/owner"]
        )
        repositories.annotate("web", "ecr-operator.dev/reconcile", "now")
        repositories.stalled("web", "RepositoryNotOurs")
        repositories.patch("web", repositoryPolicy=None, lifecyclePolicy=None, tags=None)
        repositories.stalled("web", "RepositoryNotOurs")
        repositories.tag_by_hand("web", **{"ecr-operator.dev/owner": repositories.owner("web")})
        repositories.ready("web")

    found = repositories.in_aws("web")
    assert found is not None
    assert "a" not in found["tags"]
    assert aws.policy(name) is None
    assert aws.lifecycle_policy(name) is None


def test_a_policy_that_nobody_foresaw_does_not_end_the_operator(
    cluster: Cluster, repositories: Repositories, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any error of ours in the comparison of one object leaves the others alone."""
    from ecr_operator.controllers import sweep

    name = repositories.name("odd")
    whole = sweep.plan_repository

    def fails(desired: Any, *arguments: Any, **named: Any) -> Any:
        if desired.name == name:
            raise TypeError("nobody foresaw this")
        return whole(desired, *arguments, **named)

    scope = {"watch_namespaces": (repositories.namespace,), "resync_seconds": 2.0}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.created("odd")
        repositories.created("web", access=PULL)
        monkeypatch.setattr(sweep, "plan_repository", fails)
        aws.put_policy(repositories.name("web"), None)
        for _ in repositories.cluster.polls(20):
            if aws.policy(repositories.name("web")) is not None:
                break
        else:
            raise AssertionError("the sweep has not healed the other object")


def test_odd_members_of_a_foreign_statement_are_carried_along(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    odd = LAMBDA | {"Condition": {"StringEquals": {"aws:a": "x", "AWS:a": "y"}}}
    with own_operator:
        repositories.created("web")
        aws.put_policy(name, policy(odd))
        repositories.patch("web", access=PULL)
        repositories.ready("web")
    assert statements(aws, name)[LAMBDA["Sid"]]["Condition"] == odd["Condition"]


def test_a_writer_that_never_rests_is_said_and_costs_few_writes(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web")
        # Whatever is written is changed at once.
        aws.intercept_policy(name, policy(LAMBDA), after="SetRepositoryPolicy", nth=None)
        repositories.patch("web", access=PULL)
        # At first it may be AWS itself that answers late.
        repositories.cluster.wait_for(
            "EcrRepository",
            repositories.namespace,
            "web",
            lambda obj: "Somebody else keeps changing" in message(obj),
        )
        assert repositories.writes().count("SetRepositoryPolicy") <= 6
        aws.clear_intercepts()
        repositories.ready("web")
    assert sorted(statements(aws, name)) == ["EcrOperatorPull", LAMBDA["Sid"]]


def test_a_restart_does_not_wait_again_for_a_principal_that_was_said_to_be_missing(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    role = f"arn:aws:iam::{OTHER}:role/{repositories.namespace}"
    aws.delete_principal(role)
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.create("web", access={"pull": {"principals": [role]}})
        before = repositories.stalled("web", "PrincipalNotFound")
    looks = aws.calls(prefix=repositories.name("web"))["SetRepositoryPolicy"]
    with RunningOperator(cluster.operator_kubeconfig, propagation_seconds=600.0, **scope):
        for _ in repositories.cluster.polls(20):
            if aws.calls(prefix=repositories.name("web"))["SetRepositoryPolicy"] > looks + 1:
                break
        after = repositories.stalled("web", "PrincipalNotFound")
    since = [(condition(obj, "Stalled") or {})["lastTransitionTime"] for obj in (before, after)]
    assert since[0] == since[1]
