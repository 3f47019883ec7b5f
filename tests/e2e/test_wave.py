"""1,000 objects at once, one of them failing: the others do not wait for it."""

from concurrent.futures import ThreadPoolExecutor

from tests.cluster import Cluster
from tests.e2e.test_registry_changed import wait_all
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator

COUNT = 1000


def test_one_failing_object_does_not_delay_a_thousand_others(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    rule = aws.inject("CreateRepository", "ServerException", prefix=repositories.name("r500x"))
    aws.reset_calls()
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        names = [f"r{number}" for number in range(COUNT)] + ["r500x"]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(repositories.create, names))

        wait_all(repositories, "InSync", COUNT, timeout=120)

        repositories.reconciling("r500x", "AWSUnavailable")
        aws.clear(rule)
        repositories.ready("r500x")

    calls = aws.calls()
    failed = aws.writes(prefix=repositories.name("r500x"))
    assert calls["CreateRepository"] == COUNT + len(failed)
    # One listing for a wave, not one look-up for each.
    assert calls["DescribeRepositories"] <= COUNT // 20
    assert "ListTagsForResource" not in aws.calls(prefix=repositories.name("r1"))
