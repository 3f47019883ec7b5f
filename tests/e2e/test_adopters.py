"""Two operators of two clusters adopt the same repository at once: one wins."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, Object
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories, condition
from tests.running import RunningOperator


@pytest.fixture
def rivals(cluster: Cluster, aws: FakeAws, namespace: str) -> Iterator[dict[str, Repositories]]:
    """The objects of two clusters, each a namespace with an operator of its own, by cluster name."""
    other = f"{namespace}-b"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    spaces = {"first": namespace, "second": other}
    operators = [
        RunningOperator(
            cluster.operator_kubeconfig, cluster_name=name, watch_namespaces=(space,), adoption="Everywhere"
        )
        for name, space in spaces.items()
    ]
    with operators[0], operators[1]:
        yield {name: Repositories(cluster, aws, space) for name, space in spaces.items()}
    cluster.delete("Namespace", None, other)


def test_one_of_two_adopters_wins_and_the_other_writes_nothing_but_its_tag(
    rivals: dict[str, Repositories], aws: FakeAws, namespace: str
) -> None:
    name = rivals["first"].name("both")
    rivals["first"].by_hand("both")
    for cluster, repositories in rivals.items():
        repositories.create("both", repositoryName=name, adoptionPolicy="Adopt", tags={cluster: "1"})

    ended = {cluster: _ended(repositories) for cluster, repositories in rivals.items()}

    ready = [cluster for cluster, obj in ended.items() if condition(obj, "Ready")["status"] == "True"]
    assert len(ready) == 1
    (winner,) = ready
    found = rivals["first"].in_aws("both")
    assert found is not None
    owner = f"{winner}/{rivals[winner].namespace}/both"
    assert found["tags"] == {winner: "1", "ecr-operator.dev/owner": owner}
    (loser,) = ended.keys() - {winner}
    assert condition(ended[loser], "Stalled")["reason"] == "RepositoryOwnedByAnother"
    assert "managed" not in ended[loser]["status"]


def _ended(repositories: Repositories) -> Object:
    """The object once its adoption has ended, one way or the other."""

    def ended(obj: Object) -> bool:
        ready = condition(obj, "Ready")
        stalled = condition(obj, "Stalled")
        return ready["status"] == "True" or stalled is not None

    return repositories.cluster.wait_for(
        KIND, repositories.namespace, "both", ended, what="the end of the adoption"
    )
