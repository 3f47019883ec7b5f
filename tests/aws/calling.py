"""Sessions and tokens on a fake AWS, for the length of a test's coroutine."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, TypeVar

import botocore.session
import pytest

from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.identity import Role
from ecr_operator.aws.sessions import Sessions
from ecr_operator.aws.tokens import Tokens
from ecr_operator.metrics import Metrics
from tests.fake_aws.client import REGION, FakeAws
from tests.running import Identity

T = TypeVar("T")

PROBE_SECONDS = 0.2

OTHER, THIRD = "222222222222", "333333333333"
"""Accounts that the operator's identity is not of."""
ARN = f"arn:aws:iam::{OTHER}:role/puller"
ROLE = Role(ARN)


class Calling:
    """What a test calls AWS with. `pause` counts for `monotonic` only, and takes no time."""

    def __init__(self, executor: ThreadPoolExecutor, **settings: Any) -> None:
        self.paused = 0.0
        self.answering = 0
        self.metrics = Metrics()
        self.sessions = Sessions(
            executor=executor,
            metrics=self.metrics,
            monotonic=lambda: monotonic() + self.paused,
            probe_seconds=PROBE_SECONDS,
            **{"identity": Identity(), **settings},
        )
        self.sessions.when_answering(self._count)
        self.tokens = Tokens(self.sessions)

    async def account(self, role: Role | None = None, region: str = REGION) -> str:
        """The account that a call goes to."""
        answer = await self.sessions.of(role, region).read("ecr", "describe_registry")
        return str(answer["registryId"])

    def pause(self, seconds: float) -> None:
        """Let so much time pass for what counts pauses."""
        self.paused += seconds

    def open(self, service: str, region: str = REGION) -> float | None:
        """How many identities wait for a service, as the metric says."""
        labels = {"service": service, "region": region}
        return self.metrics.registry.get_sample_value("ecr_operator_aws_circuit_open", labels)

    def _count(self) -> None:
        self.answering += 1


def call(main: Callable[[Calling], Coroutine[Any, Any, T]], **settings: Any) -> T:
    """What `main` returns; settings are those of `Sessions`."""

    async def whole() -> T:
        with ThreadPoolExecutor(20) as executor:
            calling = Calling(executor, **settings)
            try:
                return await main(calling)
            finally:
                await calling.sessions.stop()

    return asyncio.run(whole())


async def error_of(asking: Awaitable[Any]) -> AwsError:
    """The error that it ends with."""
    with pytest.raises(AwsError) as raised:
        await asking
    return raised.value


async def errors_of(asking: Iterable[Awaitable[Any]]) -> list[AwsError]:
    """The errors that all of them end with, asked at the same time."""
    return list(await asyncio.gather(*(error_of(one) for one in asking)))


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until `holds()`, for 10 s at most."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"no {what}")


class TemporaryIdentity:
    """A Pod's identity whose sessions end: each time it is asked it has the credentials given last."""

    def __init__(self, credentials: dict[str, Any]) -> None:
        self.credentials = credentials
        self.asked = 0

    def __call__(self) -> botocore.session.Session:
        self.asked += 1
        session = botocore.session.Session()
        session.set_config_variable("region", REGION)
        given = self.credentials
        session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return session


def assumed(fake: FakeAws) -> int:
    """How often AssumeRole was called."""
    return fake.calls().get("AssumeRole", 0)
