"""After random specs, mistakes and meddling AWS holds what a fresh object with the last spec gives.

A few sequences by a fixed seed; `make soak` runs them without end, and shrinks what fails.
"""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.sequences.campaign import Campaign
from tests.sequences.world import World

SEED = 20261125
COUNT = 12


def test_any_sequence_ends_where_a_fresh_object_would_be(
    cluster: Cluster, aws: FakeAws, namespace: str
) -> None:
    world = World(cluster, aws, namespace)
    with world.running():
        campaign = Campaign(world, SEED)
        campaign.run(range(COUNT))

    assert campaign.failures == []
    assert campaign.steps >= 3 * COUNT
