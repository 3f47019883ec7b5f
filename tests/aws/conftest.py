"""A fake AWS for the tests that call it; each finds it empty and well-behaved."""

import os
from collections.abc import Iterator

import pytest

from tests.fake_aws.client import FakeAws


@pytest.fixture(scope="session")
def process() -> Iterator[FakeAws]:
    """The process, where everybody may do everything."""
    with FakeAws() as fake:
        yield fake


@pytest.fixture
def fake(process: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """The fake, emptied; who calls AWS in this process finds it, and no other configuration."""
    process.reset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", process.url)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return process
