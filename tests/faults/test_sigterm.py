"""SIGTERM while reconciles wait for AWS, which is slow or silent."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.installation import NAMESPACE
from tests.operator_process import OperatorProcess
from tests.repositories import KIND, Repositories, condition
from tests.running import CLUSTER
from tests.waiting import until

COUNT = 50
MORE = 10
"""Objects that no worker is free for."""
DRAIN_SECONDS = 20


@pytest.fixture
def settings(cluster: Cluster, aws: FakeAws, repositories: Repositories) -> dict[str, str]:
    """The operator's environment."""
    return {
        "KUBECONFIG": str(cluster.operator_kubeconfig),
        "POD_NAMESPACE": NAMESPACE,
        "ECR_OPERATOR_CLUSTER_NAME": CLUSTER,
        "ECR_OPERATOR_WATCH_NAMESPACES": repositories.namespace,
        "ECR_OPERATOR_WORKERS": str(COUNT),
        **aws.environment(),
    }


def test_50_reconciles_end_and_the_next_process_does_the_rest_and_nothing_twice(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, settings: dict[str, str], tmp_path: Path
) -> None:
    names = [f"r{number}" for number in range(COUNT + MORE)]
    with OperatorProcess(settings, tmp_path) as operator, ThreadPoolExecutor(8) as pool:
        operator.wait_ready()
        aws.set_latency(2.0)
        try:
            list(pool.map(lambda name: repositories.create(name, deletionPolicy="Delete"), names))
            creating = lambda: aws.attempts(operation="CreateRepository", prefix=repositories.name("r"))  # noqa: E731
            until(cluster, lambda: len(creating()) >= COUNT, "calls")
            operator.terminate()
            assert operator.wait(DRAIN_SECONDS) == 0
        finally:
            aws.set_latency(0.0)
        assert_released(operator, cluster)
        # What was begun has been ended, down to the status, and nothing else was begun.
        made = len(repositories.writes())
        ready = [obj for obj in cluster.list(KIND, repositories.namespace) if is_ready(obj)]
        assert COUNT <= made == len(ready) < COUNT + MORE

        operator.start()
        operator.wait_ready()
        for name in names:
            repositories.ready(name, timeout=60)
        operator.terminate()
        assert operator.wait(DRAIN_SECONDS) == 0

    assert repositories.writes() == ["CreateRepository"] * (COUNT + MORE)
    assert [write for write in aws.writes(prefix=repositories.name("r")) if write["error"]] == []


def test_nobody_waits_for_a_silent_aws_twice(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, settings: dict[str, str], tmp_path: Path
) -> None:
    """Too few calls for the breaker: each ends by its own time-out, and is not sent again."""
    with OperatorProcess(settings, tmp_path) as operator:
        operator.wait_ready()
        aws.reset_calls()
        aws.set_outage("hang")
        try:
            repositories.create("web")
            until(cluster, lambda: aws.attempts(), "a call")
            operator.terminate()
            assert operator.wait(DRAIN_SECONDS) == 0
        finally:
            aws.set_outage(None)
        assert_released(operator, cluster)
        assert "Stopped 1" not in operator.log()


def assert_released(operator: OperatorProcess, cluster: Cluster) -> None:
    """The process has ended in order, and another one may act at once."""
    assert "Stopped" in operator.log_tail(1)
    assert not cluster.get("Lease", NAMESPACE, "ecr-operator")["spec"].get("holderIdentity")


def is_ready(obj: dict[str, object]) -> bool:
    ready = condition(obj, "Ready")
    return ready is not None and ready["status"] == "True"
