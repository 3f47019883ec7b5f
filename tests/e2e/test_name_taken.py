"""Two objects of one cluster that name one repository."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, message

pytestmark = pytest.mark.usefixtures("operator")


def test_the_older_wins_and_the_other_is_told_without_asking_aws(
    repositories: Repositories, aws: FakeAws
) -> None:
    repositories.created("first")
    aws.reset_calls()

    repositories.create("second", repositoryName=repositories.name("first"))
    obj = repositories.stalled("second", "RepositoryNameTaken")

    assert "EcrRepository 'first'" in message(obj)
    assert repositories.calls() == {}


def test_the_name_of_another_namespaces_object_is_not_shown(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    repositories.created("first")
    other = f"{repositories.namespace}-other"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    second = Repositories(cluster, aws, other)

    second.create("second", repositoryName=repositories.name("first"))
    obj = second.stalled("second", "RepositoryNameTaken")
    cluster.delete("Namespace", None, other)

    assert "another namespace" in message(obj)
    assert repositories.namespace not in message(obj).replace(repositories.name("first"), "")


def test_the_other_goes_on_when_the_first_observes_or_is_gone(repositories: Repositories) -> None:
    repositories.created("first")
    name = repositories.name("first")
    repositories.create("second", repositoryName=name)
    repositories.stalled("second", "RepositoryNameTaken")

    repositories.delete("first")

    # It may have the name now; the repository still carries the first one's tag.
    repositories.stalled("second", "RepositoryOwnedByAnother")


def test_one_that_observes_claims_nothing(repositories: Repositories) -> None:
    name = repositories.name("shared")
    repositories.create("watcher", repositoryName=name, managementPolicy="Observe")
    repositories.reconciling("watcher", "RepositoryNotFound")

    repositories.create("owner", repositoryName=name)

    repositories.ready("owner")
    seen = repositories.ready("watcher")
    assert seen["status"]["owner"] == repositories.owner("owner")
    assert message(seen).endswith("nothing is written to AWS")
