"""The machine's clock is hours off: AWS refuses every signature. Nothing is lost; it heals with the clock."""

from collections.abc import Iterator

import pytest

from ecr_operator.api.names import FINALIZER
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, message
from tests.running import RunningOperator
from tests.waiting import until

HOURS = 3600.0


@pytest.fixture
def clock(aws: FakeAws) -> Iterator[None]:
    yield
    aws.set_clock(0.0)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("offset", [4 * HOURS, -4 * HOURS], ids=["behind", "ahead"])
def test_a_clock_that_is_hours_off_is_named_and_loses_nothing(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, offset: float
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, resync_seconds=1.0, **scope):
        repositories.create("calm", deletionPolicy="Delete", tags={"team": "a"})
        repositories.create("gone", deletionPolicy="Delete")
        calm, gone = repositories.ready("calm"), repositories.ready("gone")
        aws.reset_calls()

        aws.set_clock(offset)
        repositories.delete("gone")
        repositories.create("new", deletionPolicy="Delete")
        for name in ("calm", "gone", "new"):
            # `calm` learns it from the sweep.
            obj = repositories.stalled(name, "ClockSkew", timeout=60)
            assert "clock" in message(obj)
        assert repositories.get("gone")["metadata"]["finalizers"] == [FINALIZER]
        kept = repositories.get("calm")["status"]
        assert {name: kept[name] for name in ("managed", "owner", "repositoryArn")} == {
            name: calm["status"][name] for name in ("managed", "owner", "repositoryArn")
        }
        assert repositories.writes() == []

        aws.set_clock(0.0)
        repositories.wait_gone("gone", timeout=60)
        for name in ("calm", "new"):
            repositories.ready(name, timeout=60)

    assert gone["status"]["repositoryArn"] == repositories.arn("gone")
    assert sorted(repositories.writes()) == ["CreateRepository", "DeleteRepository"]
    until(cluster, lambda: repositories.in_aws("gone") is None, "deletion")
