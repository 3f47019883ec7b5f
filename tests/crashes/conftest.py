"""What tests with faults share."""

import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.crashes.points import hooked
from tests.crashes.rounds import Rounds, Trace
from tests.fake_aws.client import FakeAws
from tests.sequences.world import World


@pytest.fixture(scope="module")
def rounds(cluster: Cluster, aws: FakeAws) -> Iterator[Rounds]:
    """Rounds in a namespace of the module's own."""
    namespace = f"crashes-{uuid.uuid4().hex[:8]}"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    try:
        with hooked() as points:
            yield Rounds(World(cluster, aws, namespace), points)
    finally:
        cluster.delete("Namespace", None, namespace)


@pytest.fixture(scope="module")
def traces(rounds: Rounds) -> dict[str, Trace]:
    """All scenarios, undisturbed."""
    return rounds.traces()
