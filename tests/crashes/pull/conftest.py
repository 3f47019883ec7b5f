"""Rounds of EcrPullSecrets in the place of those of repositories."""

import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.crashes.points import hooked
from tests.crashes.pull.cases import Case
from tests.crashes.pull.scenarios import SCENARIOS
from tests.crashes.rounds import Rounds
from tests.fake_aws.client import FakeAws
from tests.sequences.pull.world import PullWorld


@pytest.fixture(scope="module")
def rounds(cluster: Cluster, aws: FakeAws) -> Iterator[Rounds]:
    """Rounds of objects whose names nobody else uses."""
    with hooked() as points:
        yield Rounds(PullWorld(cluster, aws, f"crashes-{uuid.uuid4().hex[:8]}"), points, SCENARIOS, Case)
