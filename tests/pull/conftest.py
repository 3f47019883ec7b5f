"""AWS for one test: an account that nobody else uses, and no fault that outlives the test."""

import random
from collections.abc import Iterator

import pytest

from tests.controlplane import assets
from tests.controlplane.registry import Registry
from tests.fake_aws.client import REGION, FakeAws


@pytest.fixture
def account() -> str:
    """An AWS account that nobody else uses."""
    return str(random.randrange(3 * 10**11, 9 * 10**11))


@pytest.fixture(autouse=True)
def calm(aws: FakeAws) -> Iterator[None]:
    """As at start: no fault of a test meets the next one."""
    yield
    aws.clear()
    aws.set_outage(None)
    aws.set_token_life(None)
    aws.set_session_life(None)
    aws.set_clock(0.0)


@pytest.fixture(scope="session")
def registry(request: pytest.FixtureRequest, aws: FakeAws) -> Iterator[Registry]:
    """The registries of all accounts in the Region of the tests; they take what `aws` lets in."""
    # As for `cluster`: where another one is used, this is the first to build.
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        assets.built()
    with Registry(aws.url, [f"*.dkr.ecr.{REGION}.amazonaws.com"]) as registry:
        yield registry
