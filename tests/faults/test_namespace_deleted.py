"""A namespace is deleted with all its objects: each finalizer goes, and no call too many is made for it.

1,000 objects are the benchmark's; what could go wrong with them goes wrong with 100.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster import Cluster
from tests.e2e.test_registry_changed import wait_all
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator

COUNT = 100
CALLS = 3.1
"""For each repository: fresh tags, whether it is empty, the deletion."""


def test_all_finalizers_go_with_few_calls_and_without_a_word_of_refused_events(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"r{number}" for number in range(COUNT)]
    # No `watch_namespaces`: the Namespace itself is watched, and seen to go.
    with RunningOperator(cluster.operator_kubeconfig) as running:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: repositories.create(name, deletionPolicy="Delete"), names))
        wait_all(repositories, "InSync", COUNT, timeout=120)
        aws.reset_calls()

        cluster.delete("Namespace", None, repositories.namespace)
        cluster.wait_gone("Namespace", None, repositories.namespace, timeout=120)
        running.wait_ready()

    assert repositories.writes() == ["DeleteRepository"] * COUNT
    # This operator also meets what other tests have left in the cluster.
    assert sum(repositories.calls().values()) <= CALLS * COUNT
    found = repositories.ecr.get_paginator("describe_repositories").paginate().build_full_result()
    own = [
        one for one in found["repositories"] if one["repositoryName"].startswith(f"{repositories.namespace}/")
    ]
    assert own == []
    # The API server takes no events in a namespace that goes.
    said = [entry.getMessage() for entry in caplog.records]
    assert [text for text in said if "post event" in text] == []
