"""After whatever has happened, Secrets, service accounts and status are as API.md says.

A few sequences by a fixed seed; `make soak` runs them without end, and shrinks what fails.
"""

import json
import uuid
from random import Random

import pytest

from ecr_operator.api.admission import problems
from ecr_operator.api.names import API_VERSION
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.pull_secrets import KIND
from tests.sequences.campaign import Campaign
from tests.sequences.pull.driver import Driver
from tests.sequences.pull.specs import WRONG, sequence, valid_spec
from tests.sequences.pull.steps import CASE, ROLE, Spec
from tests.sequences.pull.world import PullWorld

SEED = 20261128
COUNT = 10


# An operator that ends while it opens a connection leaves that to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_any_sequence_ends_where_the_api_says(cluster: Cluster, aws: FakeAws) -> None:
    world = PullWorld(cluster, aws, f"sequences-{uuid.uuid4().hex[:8]}")
    with world.running():
        campaign = Campaign(world, SEED, sequence, Driver)
        campaign.run(range(COUNT))

    assert campaign.failures == []
    assert campaign.steps >= 8 * COUNT


def test_valid_specs_are_taken_and_invalid_ones_refused() -> None:
    def refused(spec: Spec) -> tuple[str, ...]:
        text = json.dumps(spec).replace(CASE, "web").replace(ROLE, "arn:aws:iam::123456789012:role/pull")
        metadata = {"name": "web"}
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": json.loads(text)}
        return problems(body)

    specs = [valid_spec(Random(number), {"secretName": "ecr"}) for number in range(50)]
    assert [spec for spec in specs if refused(spec)] == []
    assert [wrong for wrong in WRONG if not refused({**specs[0], **wrong})] == []


def test_a_seed_is_a_sequence() -> None:
    assert sequence(Random("7:1")) == sequence(Random("7:1"))
