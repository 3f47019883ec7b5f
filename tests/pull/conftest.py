"""The test's own EcrPullSecrets and namespaces."""

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
    found.clean()
