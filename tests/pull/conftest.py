"""AWS for one test: an account that nobody else uses, and no fault that outlives the test."""

import random
from collections.abc import Iterator

import pytest

from tests.fake_aws.client import FakeAws


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
