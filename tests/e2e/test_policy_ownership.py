"""The policies of a repository that changes hands: what its former owner's object had granted goes."""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.policies import LAMBDA, OTHER, RULE, policy, statements
from tests.repositories import Repositories
from tests.running import RunningOperator

PULL = {"pull": {"accounts": [OTHER]}}
FORMER = {"Sid": "EcrOperatorPush", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:PutImage"}
"""A grant that an object of an operator had made."""


def test_adopting_keeps_what_is_foreign_and_writes_no_policy_before_the_repository_is_ours(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.by_hand("web", owner="stage/team-a/web")
    aws.put_policy(name, policy(FORMER, LAMBDA))
    scope = {"watch_namespaces": (repositories.namespace,), "adoption": "Everywhere"}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.create(
            "web", adoptFrom="stage/team-a/web", access=PULL, lifecyclePolicy={"rules": [RULE]}
        )
        repositories.reconciling("web", "Adopting")
        assert sorted(statements(aws, name)) == [FORMER["Sid"], LAMBDA["Sid"]]
        obj = repositories.ready("web")

    assert sorted(statements(aws, name)) == ["EcrOperatorPull", LAMBDA["Sid"]]
    assert obj["status"]["foreignStatements"] == [LAMBDA["Sid"]]
    assert repositories.writes() == ["TagResource", "PutLifecyclePolicy", "SetRepositoryPolicy"]


def test_a_refused_repository_has_its_policies_neither_read_nor_written(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.by_hand("web", owner="stage/team-a/web")
    aws.put_policy(name, policy(LAMBDA))
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        repositories.create("web", access=PULL, lifecyclePolicy={"rules": [RULE]})
        obj = repositories.stalled("web", "RepositoryOwnedByAnother")

    assert list(statements(aws, name)) == [LAMBDA["Sid"]]
    assert not {"GetRepositoryPolicy", "GetLifecyclePolicy"} & repositories.calls().keys()
    assert "managed" not in obj["status"]


def test_a_cluster_with_a_new_name_keeps_the_policies_of_its_repositories(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, cluster_name="old", **scope):
        repositories.created("web", access=PULL, lifecyclePolicy={"rules": [RULE]})
    aws.put_policy(name, policy(*statements(aws, name).values(), LAMBDA))
    before = len(repositories.writes())
    with RunningOperator(cluster.operator_kubeconfig, previous_cluster_names=("old",), **scope):
        repositories.cluster.wait_for(
            "EcrRepository",
            repositories.namespace,
            "web",
            lambda obj: obj["status"]["owner"] == repositories.owner("web"),
        )
        repositories.ready("web")

    assert repositories.writes()[before:] == ["TagResource"]
    assert sorted(statements(aws, name)) == ["EcrOperatorPull", LAMBDA["Sid"]]


def test_observing_reads_and_writes_no_policy(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    repositories.by_hand("web", owner=repositories.owner("web"))
    aws.put_policy(name, policy(FORMER, LAMBDA))
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        repositories.created("web", managementPolicy="Observe", access=PULL, foreignStatements="Remove")

    assert sorted(statements(aws, name)) == [FORMER["Sid"], LAMBDA["Sid"]]
    assert "GetRepositoryPolicy" not in repositories.calls()
