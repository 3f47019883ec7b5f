"""What a scrape tells of pull credentials."""

from prometheus_client.parser import text_string_to_metric_families

from tests.cluster import Cluster
from tests.pull.seen import seconds
from tests.pull_secrets import HOST, KIND, PullSecrets
from tests.running import RunningOperator
from tests.waiting import until

EXPIRY = "ecr_operator_pull_secret_expiry_timestamp_seconds"
OBJECTS = "ecr_operator_objects"


def _series(operator: RunningOperator, name: str) -> list[tuple[dict[str, str], float]]:
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(operator.metrics())
        for sample in family.samples
        if sample.name == name
    ]


def test_the_expiry_of_each_host_and_the_state_of_each_object(
    cluster: Cluster, operator: RunningOperator, pulls: PullSecrets
) -> None:
    pulls.namespace("a")
    pulls.create(registries=[{}, {"public": True}])
    obj = pulls.ready()
    end = seconds(obj["status"]["expiresAt"])
    hosts = (HOST, "ecr-public.aws.com", "public.ecr.aws")
    expected = [({"name": pulls.name("pull"), "host": host}, end) for host in hosts]
    until(cluster, lambda: _series(operator, EXPIRY) == expected, "expiry in the metrics", 10)
    in_sync = ({"kind": KIND, "ready": "True", "reason": "InSync"}, 1.0)
    until(cluster, lambda: in_sync in _series(operator, OBJECTS), "object in sync in the metrics", 10)

    # The other kind is none of what expires; the object's series go with it.
    pulls.delete()
    until(cluster, lambda: not _series(operator, EXPIRY), "end of the series", 10)
    assert not [labels for labels, _ in _series(operator, OBJECTS) if labels["kind"] == KIND]
