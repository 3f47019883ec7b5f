"""Rounds of lifecycle policies in the place of those of repositories."""

import uuid
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.crashes.lifecycle.cases import Case
from tests.crashes.lifecycle.scenarios import SCENARIOS
from tests.crashes.points import hooked
from tests.crashes.rounds import Rounds
from tests.fake_aws.client import FakeAws
from tests.sequences.lifecycle.world import LifecycleWorld

TESTED = (
    "a policy is created that would take an image in use",
    "rules are changed",
    "a policy is deleted",
    "a repository goes from one policy to another",
    "images come that endanger one in use",
    "a policy is put back",
    "a repository with images in use is deleted",
)
"""To set all of them up takes a minute; `make soak` does."""


@pytest.fixture(scope="module")
def rounds(cluster: Cluster, aws: FakeAws) -> Iterator[Rounds]:
    """Rounds in namespaces that nobody else uses."""
    with hooked() as points:
        world = LifecycleWorld(cluster, aws, f"crashes-{uuid.uuid4().hex[:8]}")
        yield Rounds(world, points, {title: SCENARIOS[title] for title in TESTED}, Case)
