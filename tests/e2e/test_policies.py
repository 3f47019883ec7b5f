"""`managementPolicy: Observe` and `suspend`: the operator keeps its hands off."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories


@pytest.mark.usefixtures("operator")
def test_observe_shows_the_repository_and_never_writes(repositories: Repositories) -> None:
    repositories.by_hand("theirs", owner="prod/web/shop", imageTagMutability="MUTABLE")

    repositories.create(
        "theirs",
        managementPolicy="Observe",
        imageTagMutability="IMMUTABLE",
        tags={"a": "1"},
        deletionPolicy="DeleteWithImages",
    )
    obj = repositories.wait("theirs", "Ready", "True", "Observed")

    assert obj["status"]["owner"] == "prod/web/shop"
    assert obj["status"]["repositoryUri"].endswith(repositories.name("theirs"))
    assert "managed" not in obj["status"]
    assert "finalizers" not in obj["metadata"]
    assert repositories.writes() == []
    repositories.delete("theirs")
    repositories.wait_gone("theirs")
    assert repositories.in_aws("theirs") is not None


@pytest.mark.usefixtures("operator")
def test_observe_waits_for_a_repository_that_is_not_there(repositories: Repositories) -> None:
    repositories.create("late", managementPolicy="Observe")
    repositories.reconciling("late", "RepositoryNotFound")

    repositories.by_hand("late")

    repositories.wait("late", "Ready", "True", "Observed")


@pytest.mark.usefixtures("operator")
def test_a_suspended_object_gets_one_write_and_is_left_alone(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    repositories.created("asleep", tags={"a": "1"})
    calls = repositories.calls()

    patched = repositories.patch("asleep", suspend=True, tags={"a": "2"})
    obj = repositories.wait("asleep", "Ready", "True", "Suspended")
    assert obj["status"]["observedGeneration"] == obj["metadata"]["generation"]
    since = patched["metadata"]["resourceVersion"]
    repositories.annotate("asleep", "ecr-operator.dev/reconcile", "1")
    repositories.tag_by_hand("asleep", a="3")
    repositories.created("other")
    states = cluster.history(KIND, repositories.namespace, "asleep", since)
    assert len([s for s in states if s["status"] != patched["status"]]) == len(states)
    assert repositories.aws.calls(prefix=repositories.name("asleep")) == calls

    repositories.patch("asleep", suspend=None)
    repositories.wait("asleep", "Ready", "True", "InSync")
    found = repositories.in_aws("asleep")
    assert found is not None
    assert found["tags"]["a"] == "2"


@pytest.mark.usefixtures("operator")
def test_a_new_suspended_object_creates_nothing(repositories: Repositories) -> None:
    repositories.create("asleep", suspend=True)

    repositories.wait("asleep", "Ready", "Unknown", "Suspended")

    assert repositories.in_aws("asleep") is None
