"""Nothing acts without the Lease: not with an event loop that hangs, and not beside a call under way."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.process import operator as process
from ecr_operator.process.leadership import Leadership
from ecr_operator.settings import Settings
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.installation import NAMESPACE
from tests.repositories import Repositories
from tests.running import RunningOperator
from tests.waiting import until

HANG_SECONDS = 4.0


@pytest.fixture(autouse=True)
def lease(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The Lease of the shipped roles, and nobody in it."""
    monkeypatch.setenv("POD_NAMESPACE", NAMESPACE)
    if cluster.find("Lease", NAMESPACE, "ecr-operator"):
        cluster.delete("Lease", NAMESPACE, "ecr-operator")
    yield
    if cluster.find("Lease", NAMESPACE, "ecr-operator"):
        cluster.delete("Lease", NAMESPACE, "ecr-operator")


def test_an_event_loop_that_hangs_is_noticed_at_the_deadline(cluster: Cluster) -> None:
    lost = threading.Event()

    async def main() -> bool:
        async with await KubeClient.connect(str(cluster.operator_kubeconfig)) as client:
            leadership = Leadership(Settings(lease_seconds=1.5), client, lost.set)
            await leadership.acquire()
            assert leadership.holds
            # The loop stands still here: it is told from outside of it.
            return lost.wait(20) and not leadership.holds

    assert asyncio.run(main())


def test_another_replica_does_not_act_beside_a_call_that_is_under_way(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reconcile is cut short, the call to AWS in its thread cannot be."""
    monkeypatch.setattr(process, "DRAIN_SECONDS", 0.2)
    name = repositories.name("web")
    aws.inject("CreateRepository", hang=HANG_SECONDS, prefix=name, times=1)
    scope = {"watch_namespaces": (repositories.namespace,), "lease_seconds": 120.0}
    running = RunningOperator(cluster.operator_kubeconfig, leader_elect=True, **scope).start().wait_ready()
    repositories.create("web")
    until(cluster, lambda: aws.attempts(operation="CreateRepository", prefix=name), "call")
    assert holder(cluster)

    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(running.stop)
        until(cluster, lambda: not holder(cluster), "release", interval=0.02)
        # By then AWS has answered it, or cut it off.
        assert aws.refusals(prefix=name)["CreateRepository"] == {"Severed": 1}
        stopping.result()


def holder(cluster: Cluster) -> str:
    lease = cluster.find("Lease", NAMESPACE, "ecr-operator")
    return str((lease or {}).get("spec", {}).get("holderIdentity") or "")
