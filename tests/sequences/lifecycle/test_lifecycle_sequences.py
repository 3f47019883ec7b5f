"""After whatever has happened, AWS holds the lifecycle policies, and the statuses say, what API.md says.

A few sequences by a fixed seed; `make soak` runs them without end, and shrinks what fails.
"""

import uuid
from random import Random
from typing import Any

import pytest

from ecr_operator.api.admission import problems
from ecr_operator.api.names import API_VERSION
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.lifecycle import KIND as POLICY
from tests.repositories import KIND
from tests.sequences.campaign import Campaign
from tests.sequences.lifecycle.driver import Driver
from tests.sequences.lifecycle.specs import BOTH, WRONG, policy_spec, repository_spec, sequence
from tests.sequences.lifecycle.world import LifecycleWorld

SEED = 53
"""Of its first sequences some come to each state, by a label, and out of it again."""
COUNT = 8


# An operator that ends while it opens a connection leaves that to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_any_sequence_ends_where_the_api_says(cluster: Cluster, aws: FakeAws) -> None:
    world = LifecycleWorld(cluster, aws, f"sequences-{uuid.uuid4().hex[:8]}")
    with world.running():
        campaign = Campaign(world, SEED, sequence, Driver)
        campaign.run(range(COUNT))

    assert campaign.failures == []
    assert campaign.steps >= 8 * COUNT


def test_valid_specs_are_taken_and_invalid_ones_refused() -> None:
    def refused(kind: str, spec: dict[str, Any]) -> tuple[str, ...]:
        body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": "web"}, "spec": spec}
        return problems(body)

    policies = [policy_spec(Random(number)) for number in range(50)]
    repositories = [repository_spec(Random(number)) for number in range(50)]
    assert [spec for spec in policies if refused(POLICY, spec)] == []
    assert [spec for spec in repositories if refused(KIND, spec)] == []
    assert [wrong for wrong in WRONG if not refused(POLICY, wrong)] == []
    assert refused(KIND, BOTH)


def test_a_seed_is_a_sequence() -> None:
    assert sequence(Random("7:1")) == sequence(Random("7:1"))
