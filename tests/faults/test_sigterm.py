"""SIGTERM while 50 reconciles wait for AWS."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.faults.observed import until
from tests.installation import NAMESPACE
from tests.operator_process import OperatorProcess
from tests.repositories import KIND, Repositories, condition
from tests.running import CLUSTER

COUNT = 50
MORE = 10
"""Objects that no worker is free for."""
DRAIN_SECONDS = 20


def test_50_reconciles_end_and_the_next_process_does_the_rest_and_nothing_twice(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, tmp_path: Path
) -> None:
    settings = {
        "KUBECONFIG": str(cluster.operator_kubeconfig),
        "POD_NAMESPACE": NAMESPACE,
        "ECR_OPERATOR_CLUSTER_NAME": CLUSTER,
        "ECR_OPERATOR_WATCH_NAMESPACES": repositories.namespace,
        "ECR_OPERATOR_WORKERS": str(COUNT),
        **aws.environment(),
    }
    names = [f"r{number}" for number in range(COUNT + MORE)]
    with OperatorProcess(settings, tmp_path) as operator, ThreadPoolExecutor(8) as pool:
        operator.wait_ready()
        aws.set_latency(2.0)
        try:
            list(pool.map(lambda name: repositories.create(name, deletionPolicy="Delete"), names))
            creating = lambda: aws.attempts(operation="CreateRepository", prefix=repositories.name("r"))  # noqa: E731
            until(cluster, lambda: len(creating()) >= COUNT, "calls")
            operator.terminate()
            assert operator.wait(DRAIN_SECONDS + 10) == 0
        finally:
            aws.set_latency(0.0)
        assert "Stopped" in operator.log_tail(1)
        assert not cluster.get("Lease", NAMESPACE, "ecr-operator")["spec"].get("holderIdentity")
        # What was begun has been ended, down to the status, and nothing else was begun.
        made = len(repositories.writes())
        ready = [obj for obj in cluster.list(KIND, repositories.namespace) if is_ready(obj)]
        assert COUNT <= made == len(ready) < COUNT + MORE

        operator.start()
        operator.wait_ready()
        for name in names:
            repositories.ready(name, timeout=60)

    assert repositories.writes() == ["CreateRepository"] * (COUNT + MORE)
    assert [write for write in aws.writes(prefix=repositories.name("r")) if write["error"]] == []


def is_ready(obj: dict[str, object]) -> bool:
    ready = condition(obj, "Ready")
    return ready is not None and ready["status"] == "True"
