"""AWS allows few calls a second: they go out more slowly, and users hardly notice."""

from concurrent.futures import ThreadPoolExecutor

from tests.cluster import Cluster
from tests.e2e.test_registry_changed import wait_all
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories
from tests.running import Identity, RunningOperator

ACCOUNT = "444444444403"
COUNT = 60
PER_SECOND = 20


def test_60_objects_at_20_calls_a_second(cluster: Cluster, aws: FakeAws, repositories: Repositories) -> None:
    aws.set_rates({"*": (PER_SECOND, PER_SECOND)}, account=ACCOUNT)
    names = [f"r{number}" for number in range(COUNT)]
    try:
        with RunningOperator(
            cluster.operator_kubeconfig, Identity(ACCOUNT), watch_namespaces=(repositories.namespace,)
        ):
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(repositories.create, names))
            wait_all(repositories, "InSync", COUNT)
    finally:
        aws.set_rates(None, account=ACCOUNT)

    created = [write for write in aws.writes(account=ACCOUNT) if not write.get("error")]
    assert len(created) == COUNT
    refused = sum(sum(codes.values()) for codes in aws.refusals(account=ACCOUNT).values())
    # A client without limits is refused several times for each call that goes through.
    assert refused < COUNT
    objects = cluster.list(KIND, repositories.namespace)
    assert {len(obj["status"]["conditions"]) for obj in objects} == {1}
