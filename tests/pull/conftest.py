"""The test's own EcrPullSecrets, namespaces and AWS account."""

import random
import re
import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.pull_secrets import PullSecrets


@pytest.fixture
def pulls(request: pytest.FixtureRequest, cluster: Cluster, aws: FakeAws) -> Iterator[PullSecrets]:
    """Objects and namespaces of the test."""
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    aws.reset_calls()
    found = PullSecrets(cluster, aws, f"{test[:30].strip('-')}-{uuid.uuid4().hex[:8]}")
    yield found
    _calm(aws)
    found.clean()


@pytest.fixture
def account() -> str:
    """An AWS account that nobody else uses."""
    return str(random.randrange(3 * 10**11, 9 * 10**11))


def _calm(aws: FakeAws) -> None:
    """As at start: no fault of a test meets the next one."""
    aws.clear()
    aws.set_outage(None)
    aws.set_token_life(None)
    aws.set_session_life(None)
    aws.set_clock(0.0)
