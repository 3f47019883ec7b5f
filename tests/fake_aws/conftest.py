"""One fake AWS for all tests of this folder; each test finds it empty and well-behaved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config

from tests.fake_aws.client import FakeAws


@pytest.fixture(scope="session")
def process() -> Iterator[FakeAws]:
    """The process."""
    with FakeAws() as fake:
        yield fake


@pytest.fixture
def fake(process: FakeAws) -> FakeAws:
    """The fake, emptied."""
    process.reset()
    return process


@pytest.fixture
def ecr(fake: FakeAws) -> Any:
    """A client of ECR."""
    return fake.client("ecr")


@pytest.fixture(scope="session")
def unchecked(process: FakeAws) -> Iterator[Any]:
    """A client of ECR that checks nothing itself."""
    client = process.session().client("ecr", config=Config(parameter_validation=False))
    yield client
    client.close()


@pytest.fixture
def raw(fake: FakeAws, unchecked: Any) -> Any:
    """A client of ECR whose mistakes are for AWS to refuse."""
    return unchecked


@pytest.fixture
def kms(fake: FakeAws) -> Any:
    """A client of KMS."""
    return fake.client("kms")


@pytest.fixture
def tagging(fake: FakeAws) -> Any:
    """A client of the Resource Groups Tagging API."""
    return fake.client("resourcegroupstaggingapi")
