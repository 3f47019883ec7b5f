"""Nothing is done for an object that has changed, or is gone, since it was planned for.

AWS is slow here, so that a change comes between the look and the effect.
"""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories
from tests.running import RunningOperator

SLOW = 0.5


@pytest.fixture
def running(cluster: Cluster, repositories: Repositories) -> Iterator[RunningOperator]:
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)) as running:
        yield running


@pytest.fixture
def slow(aws: FakeAws) -> Iterator[None]:
    yield aws.set_latency(SLOW)
    aws.set_latency(0.0)


def called(repositories: Repositories, operation: str) -> None:
    """Wait until the operation was called."""
    for _ in repositories.cluster.polls(20, 0.02):
        if operation in repositories.calls():
            return
    raise AssertionError(f"no {operation} within 20 s")


@pytest.mark.usefixtures("running")
def test_a_repair_is_not_done_for_a_spec_that_has_changed(
    repositories: Repositories, aws: FakeAws, request: pytest.FixtureRequest
) -> None:
    """The repair starts to manage nothing new, so a live read before it is all that can tell."""
    repositories.created("web", tags={"a": "1"})
    repositories.tag_by_hand("web", a="by hand")
    aws.reset_calls()
    request.getfixturevalue("slow")

    repositories.annotate("web", "ecr-operator.dev/reconcile", "now")
    called(repositories, "DescribeRepositories")
    repositories.patch("web", suspend=True)
    repositories.wait("web", "Ready", "True", "Suspended")

    assert repositories.writes() == []


@pytest.mark.usefixtures("running")
def test_a_new_part_is_not_written_for_a_spec_that_has_changed(
    repositories: Repositories, aws: FakeAws, request: pytest.FixtureRequest
) -> None:
    repositories.created("web")
    aws.reset_calls()
    request.getfixturevalue("slow")

    repositories.patch("web", tags={"a": "wrong"})
    called(repositories, "DescribeRepositories")
    repositories.patch("web", tags={"a": "right"})
    repositories.ready("web")

    values = [
        tag["Value"]
        for write in aws.writes(prefix=repositories.name("web"))
        for tag in write["parameters"]["tags"]
    ]
    assert values == ["right"]


@pytest.mark.usefixtures("running")
def test_images_are_kept_when_the_policy_changes_between_the_look_and_the_delete(
    repositories: Repositories, aws: FakeAws, request: pytest.FixtureRequest
) -> None:
    repositories.created("web", deletionPolicy="DeleteWithImages")
    repositories.annotate("web", "ecr-operator.dev/confirm-delete", repositories.name("web"))
    aws.put_image(repositories.name("web"), ["v1"])
    aws.reset_calls()
    request.getfixturevalue("slow")

    repositories.delete("web")
    called(repositories, "ListImages")
    repositories.patch("web", deletionPolicy="Retain")
    repositories.wait_gone("web")

    assert repositories.in_aws("web") is not None
    assert "DeleteRepository" not in repositories.calls()


def test_a_ghost_in_the_store_creates_nothing(repositories: Repositories, running: RunningOperator) -> None:
    """kopf reports no deletion that happened while its watch was cut."""
    obj = repositories.created("web")
    repositories.delete("web")
    repositories.wait_gone("web")
    repositories.ecr.delete_repository(repositoryName=repositories.name("web"))
    ghost = {**obj, "metadata": {**obj["metadata"], "uid": "a-ghost", "generation": 2}}
    del ghost["status"]
    before = repositories.calls()["CreateRepository"]

    running.show("ecrrepositories", ghost)
    repositories.created("after")

    assert repositories.in_aws("web") is None
    assert repositories.aws.calls(prefix=repositories.name("web"))["CreateRepository"] == before
    assert repositories.cluster.find(KIND, repositories.namespace, "web") is None
