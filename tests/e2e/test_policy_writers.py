"""Others write to the same policy: nothing of theirs is lost, and nothing of ours is forgotten."""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.policies import AUDIT, LAMBDA, OTHER, policy, statements
from tests.repositories import Repositories
from tests.running import RunningOperator

PULL = {"pull": {"accounts": [OTHER]}}


def test_a_statement_written_between_our_read_and_our_write_survives(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web")
        # The first read plans, the second one is the guard's.
        aws.intercept_policy(name, policy(LAMBDA), after="GetRepositoryPolicy", nth=1)
        repositories.patch("web", access=PULL)
        obj = repositories.ready("web")

    assert sorted(statements(aws, name)) == ["EcrOperatorPull", LAMBDA["Sid"]]
    assert obj["status"]["foreignStatements"] == [LAMBDA["Sid"]]
    assert repositories.writes() == ["CreateRepository", "SetRepositoryPolicy"]


def test_a_policy_written_over_ours_is_seen_at_once(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web")
        aws.intercept_policy(name, policy(LAMBDA), after="SetRepositoryPolicy", nth=1)
        repositories.patch("web", access=PULL)
        repositories.ready("web")

    assert sorted(statements(aws, name)) == ["EcrOperatorPull", LAMBDA["Sid"]]
    assert repositories.writes().count("SetRepositoryPolicy") == 2


def test_a_statement_that_comes_while_the_policy_is_being_deleted_survives(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web", access=PULL)
        ours = statements(aws, name)["EcrOperatorPull"]
        aws.intercept_policy(name, policy(ours, LAMBDA), after="GetRepositoryPolicy", nth=1)
        repositories.patch("web", access=None)
        repositories.ready("web")

    assert list(statements(aws, name)) == [LAMBDA["Sid"]]
    assert "DeleteRepositoryPolicy" not in repositories.writes()


def test_a_read_that_lags_behind_our_write_is_waited_for(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    with own_operator:
        repositories.created("web")
        aws.set_policy_propagation(1.0)
        try:
            repositories.patch("web", access=PULL)
            repositories.reconciling("web", "Progressing")
            repositories.ready("web")
        finally:
            aws.set_policy_propagation(0.0)
    assert repositories.writes() == ["CreateRepository", "SetRepositoryPolicy"]


def test_a_crash_after_the_write_and_a_spec_without_the_grant_orphan_nothing(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    """The closing status write never came; the record of the fence tells what is ours."""
    name = repositories.name("web")
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.created("web")
    # What the operator has done when it is killed between SetRepositoryPolicy and the status.
    fenced = repositories.get("web")
    fenced["status"]["managed"] = ["repository", "statements/Audit", "statements/EcrOperatorPull"]
    cluster.apply_status(fenced, "ecr-operator")
    ours = {"Sid": "EcrOperatorPull", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    aws.put_policy(name, policy(ours, AUDIT, LAMBDA))
    repositories.patch("web", tags={"a": "1"})

    with RunningOperator(cluster.operator_kubeconfig, **scope):
        obj = repositories.ready("web")

    assert list(statements(aws, name)) == [LAMBDA["Sid"]]
    assert obj["status"]["managed"] == ["repository", "tags/a"]


def test_the_sweep_finds_what_others_did_and_costs_two_reads_a_repository(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), resync_seconds=2.0
    ):
        repositories.created("web", access=PULL)
        repositories.created("plain")
        aws.put_policy(name, policy(LAMBDA))
        for _ in repositories.cluster.polls(20):
            if sorted(statements(aws, name)) == ["EcrOperatorPull", LAMBDA["Sid"]]:
                break
        else:
            raise AssertionError(f"the sweep left {statements(aws, name)}")
        # A foreign statement that comes later is no change of ours, but a fact for the status.
        aws.put_policy(name, policy(*statements(aws, name).values(), AUDIT))
        repositories.cluster.wait_for(
            "EcrRepository",
            repositories.namespace,
            "web",
            lambda obj: obj["status"].get("foreignStatements") == [LAMBDA["Sid"], "Audit"],
        )
    assert "GetRepositoryPolicy" not in aws.calls(prefix=repositories.name("plain"))


def test_what_others_wrote_to_a_repository_that_was_deleted_is_not_shown_of_the_new_one(
    own_operator: RunningOperator, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with own_operator:
        repositories.created("web", access=PULL)
        aws.put_policy(name, policy(*statements(aws, name).values(), LAMBDA))
        obj = repositories.reconcile_now("web", "1")
        assert obj["status"]["foreignStatements"] == [LAMBDA["Sid"]]

        repositories.ecr.delete_repository(repositoryName=name)
        repositories.annotate("web", "ecr-operator.dev/reconcile", "2")
        repositories.event(obj, "RepositoryRecreated")
        obj = repositories.ready("web")

    assert list(statements(aws, name)) == ["EcrOperatorPull"]
    assert "foreignStatements" not in obj["status"]
