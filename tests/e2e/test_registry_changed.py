"""The operator's account, region or role changes while objects are in sync: nothing is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster import Cluster, Object
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.repositories import KIND, Repositories, condition, message
from tests.running import Identity, RunningOperator

OTHER = "222222222222"
COUNT = 500
DELETION = {f"r{number}": "Delete" for number in range(10)}
"""The others keep their repositories, or the operators of later tests would delete 500 of them first."""


def reason(obj: Object) -> str | None:
    ready = condition(obj, "Ready")
    return ready["reason"] if ready else None


def wait_all(repositories: Repositories, expected: str, count: int, timeout: float = 90) -> None:
    found: list[str | None] = []
    for _ in repositories.cluster.polls(timeout, 0.3):
        found = [reason(obj) for obj in repositories.cluster.list(KIND, repositories.namespace)]
        if found.count(expected) == count:
            return
    raise AssertionError(f"{found.count(expected)} of {count} are {expected} within {timeout} s")


def test_another_account_changes_nothing_for_500_objects_and_heals(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    names = [f"r{number}" for number in range(COUNT)]
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda name: repositories.create(name, deletionPolicy=DELETION.get(name, "Retain")), names
                )
            )
        wait_all(repositories, "InSync", COUNT)
    before = {obj["metadata"]["name"]: obj for obj in cluster.list(KIND, repositories.namespace)}
    aws.reset_calls()

    with RunningOperator(cluster.operator_kubeconfig, Identity(OTHER), resync_seconds=2.0, **scope):
        # The one that is deleted, and the one that is changed, meanwhile.
        repositories.delete("r0")
        repositories.patch("r1", tags={"a": "1"})
        wait_all(repositories, "RegistryChanged", COUNT)
        obj = repositories.stalled("r1", "RegistryChanged")
        assert f"account {ACCOUNT}" in message(obj)
        assert f"account {OTHER}" in message(obj)
        assert repositories.get("r0")["metadata"]["finalizers"] == ["ecr-operator.dev/finalizer"]
    assert aws.writes(account=OTHER) == []
    assert aws.writes(account=ACCOUNT) == []
    for obj in cluster.list(KIND, repositories.namespace):
        assert obj["status"]["managed"] == before[obj["metadata"]["name"]]["status"]["managed"]

    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.wait_gone("r0")
        wait_all(repositories, "InSync", COUNT - 1)
    written = {write["operation"] for write in aws.writes(account=ACCOUNT)}
    assert written == {"DeleteRepository", "TagResource"}


@pytest.mark.parametrize(
    ("identity", "settings"),
    [
        (Identity(region="us-east-1"), {}),
        (Identity(), {"role_arn": f"arn:aws:iam::{OTHER}:role/ecr-operator"}),
    ],
    ids=["region", "role"],
)
def test_another_region_or_role_is_seen_too(
    cluster: Cluster,
    aws: FakeAws,
    repositories: Repositories,
    identity: Identity,
    settings: dict[str, str],
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.created("web", deletionPolicy="DeleteWithImages")
        repositories.created("app")
    aws.reset_calls()

    with RunningOperator(cluster.operator_kubeconfig, identity, resync_seconds=1.0, **settings, **scope):
        repositories.stalled("web", "RegistryChanged")
        repositories.stalled("app", "RegistryChanged")
        repositories.delete("web")
        # Retain lets an object go without any registry.
        repositories.delete("app")
        repositories.wait_gone("app")
        assert repositories.stalled("web", "RegistryChanged")["metadata"]["finalizers"]
        assert "`deletionPolicy: Retain`" in message(repositories.get("web"))
    assert repositories.in_aws("web") is not None
    assert repositories.writes() == []

    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.wait_gone("web")
    assert repositories.in_aws("web") is None


def test_a_new_object_is_created_where_the_operator_works_now(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    with RunningOperator(
        cluster.operator_kubeconfig, Identity(OTHER), watch_namespaces=(repositories.namespace,)
    ):
        obj = repositories.created("web")

    assert obj["status"]["registryId"] == OTHER
