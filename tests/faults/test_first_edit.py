"""A restart with many objects to look at: who edits one of them does not wait for the others.

The order is what is tested here; how long it takes with 10,000 objects is measured by the benchmark.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories
from tests.running import RunningOperator
from tests.waiting import until

COUNT = 400
EDITED = f"r{COUNT - 1}"


@pytest.fixture
def slow(aws: FakeAws) -> Iterator[None]:
    aws.set_latency(0.05)
    yield
    aws.set_latency(0.0)


@pytest.mark.usefixtures("slow")
def test_an_edit_is_done_before_what_the_start_has_queued(
    cluster: Cluster, aws: FakeAws, repositories: Repositories
) -> None:
    names = [f"r{number:03}" for number in range(COUNT)]

    def known(name: str) -> None:
        # As a former process has left it: seen at this generation, and not in sync.
        repositories.create(name)
        repositories.cluster.status_patch(KIND, repositories.namespace, name, {"observedGeneration": 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(known, names))
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, workers=2, **scope):
        until(cluster, lambda: "CreateRepository" in repositories.writes(), "work")
        # Lists are in the order of names: this one is the last in the queue.
        repositories.patch(EDITED, tags={"team": "a"})
        repositories.ready(EDITED, timeout=60)
        done = len(repositories.writes())

    writes = aws.writes(prefix=f"{repositories.namespace}/")
    place = [write["repository"] for write in writes].index(repositories.name(EDITED))
    assert place < done < COUNT / 2
