"""An identity of AWS in one region: makes boto3 clients and calls them in a bounded thread pool.

The only place that knows where a call goes and with which credentials. A call passes the limits before it
takes a thread.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import UTC, datetime
from time import monotonic as system_monotonic
from time import perf_counter
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, UnknownRegionError

from ecr_operator.aws.errors import EXPIRED, AwsError, CutShort, NotSent, translate
from ecr_operator.aws.limits import Limits
from ecr_operator.metrics import Metrics
from ecr_operator.reasons import Reason

SENDS = 6
"""How often a call is sent that AWS throttles, which does nothing; the limits say when it goes again."""

PROBES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "ecr": ("describe_repositories", {"maxResults": 1}),
    "resourcegroupstaggingapi": (
        "get_resources",
        {"ResourcesPerPage": 1, "ResourceTypeFilters": ["ecr:repository"]},
    ),
}
"""The call by which each service is asked whether it answers again."""
READ_FROM = frozenset({"create_repository"})
"""Writes whose answer is needed; of the others it is enough that they were carried out."""

LACK_SECONDS = 3.0
"""How long missing credentials are not looked for again: a thousand objects ask at once."""

Identity = Callable[[], botocore.session.Session]
"""Makes the botocore session that the credentials come from."""
DEFAULT_IDENTITY: Identity = botocore.session.Session
"""botocore's own chain: environment, files, web identity, pod identity."""


class ConfigurationError(Exception):
    """AWS's configuration cannot be used: no region, no such profile, an unreadable file."""


class Session:
    """Calls AWS as one identity in one region, for many tasks of one event loop.

    `identity` is asked again when its credentials have expired. `may_write`, from any thread, is asked
    right before each call that changes something.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        metrics: Metrics,
        role_arn: str | None = None,
        region: str | None = None,
        connections: int = 20,
        probe_seconds: float = 5.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = system_monotonic,
        identity: Identity = DEFAULT_IDENTITY,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self._executor = executor
        self._metrics = metrics
        self._role_arn = role_arn
        self._connections = connections
        self._now = now
        self._identity = identity
        self._may_write = may_write
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._limits = Limits(self._probe, self._changed, probe_seconds=probe_seconds, monotonic=monotonic)
        self.ending = False
        """No call is sent again: the process ends, and waits for those that are under way."""
        self.on_answering: Callable[[], None] = lambda: None
        """Called when AWS answers again after `CircuitOpen` errors."""
        self._boto: boto3.Session | None = None
        self._lack: tuple[float, AwsError] | None = None
        # boto3 itself reads AWS_DEFAULT_REGION only; every other SDK, and EKS, says AWS_REGION.
        try:
            core = identity()
            found = region or os.environ.get("AWS_REGION") or core.get_config_variable("region")
            # Read now, that a wrong profile or file is told at the start.
            core.get_scoped_config()
        except BotoCoreError as error:
            raise ConfigurationError(str(error)) from None
        if not found:
            raise ConfigurationError("No AWS region: set AWS_REGION to the region of the repositories")
        self.region: str = found
        self.partition = _partition(core, found)

    async def read(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that changes nothing. `operation` is boto3's name. Raises `AwsError`."""
        return await self._call(service, operation, parameters, reads=True)

    async def write(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that changes something; it is not repeated when its answer is lost.

        Raises `AwsError`.
        """
        return await self._call(service, operation, parameters, reads=False)

    @property
    def is_answering(self) -> bool:
        """Whether ECR is asked at all; False while it does not answer."""
        return not self._limits.is_open("ecr")

    async def _call(
        self, service: str, operation: str, parameters: dict[str, Any], *, reads: bool
    ) -> dict[str, Any]:
        for sent in range(1, SENDS + 1):
            if self._lack is not None and perf_counter() - self._lack[0] < LACK_SECONDS:
                raise self._lack[1]
            await self._limits.turn(service, operation)
            try:
                answer = await self._answered(service, operation, parameters, reads)
            except AwsError as error:
                self._limits.failed(service, operation, error)
                # A connection that was closed while idle fails the first read on it.
                again = error.reason == Reason.THROTTLED or (reads and sent == 1 and error.outage)
                if not again or sent == SENDS or self.ending:
                    raise
            else:
                self._limits.answered(service)
                return answer
        raise AssertionError("unreachable")

    async def _answered(
        self, service: str, operation: str, parameters: dict[str, Any], reads: bool
    ) -> dict[str, Any]:
        """The answer, asked for with new credentials where the old ones have ended."""
        try:
            return await self._once(service, operation, parameters, reads)
        except AwsError as error:
            if error.reason != Reason.CREDENTIALS_MISSING:
                raise
            # A client keeps the credentials, or the lack of them, that it was made with.
            self.close()
            if error.code not in EXPIRED:
                self._lack = (perf_counter(), error)
                raise
            # The session ended between its refreshes: a new one may be had at once.
            return await self._once(service, operation, parameters, reads)

    async def _once(
        self, service: str, operation: str, parameters: dict[str, Any], reads: bool
    ) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._send, service, operation, parameters, reads)

    async def _probe(self, service: str) -> object:
        operation, parameters = PROBES[service]
        return await self._once(service, operation, parameters, reads=True)

    def _changed(self, service: str, is_open: bool) -> None:
        self._metrics.circuit_open.labels(service, self.region).set(is_open)
        if not is_open:
            self.on_answering()

    def _send(self, service: str, operation: str, parameters: dict[str, Any], reads: bool) -> dict[str, Any]:
        """In a thread of the pool."""
        name = "".join(word.capitalize() for word in operation.split("_"))
        begin, code = perf_counter(), "OK"
        try:
            if not reads and not self._may_write():
                raise NotSent(name)
            answer: dict[str, Any] = getattr(self._client(service), operation)(**parameters)
            if len(answer) <= 1 and (reads or operation in READ_FROM):
                # botocore takes half an answer for an empty one.
                raise CutShort(name)
            return answer
        except Exception as error:
            translated = error if isinstance(error, AwsError) else translate(error, name, self._now())
            code = translated.code
            # The cause is not chained: its text and frames may hold what was sent.
            raise translated from None
        finally:
            self._metrics.aws_requests.labels(name, code).inc()
            self._metrics.aws_seconds.labels(name).observe(perf_counter() - begin)

    def _client(self, service: str) -> Any:
        with self._lock:
            client = self._clients.get(service)
            if client is None:
                client = self._session().client(  # type: ignore[call-overload]
                    service,
                    config=Config(
                        connect_timeout=3,
                        read_timeout=10,
                        # What is sent again, and when, is decided here: botocore would repeat
                        # LimitExceededException, which is an answer, and a create whose answer was lost.
                        retries={"mode": "standard", "total_max_attempts": 1},
                        max_pool_connections=self._connections,
                        user_agent_extra="ecr-operator",
                    ),
                )
                self._clients[service] = client
            return client

    def _session(self) -> boto3.Session:
        if self._boto is None:
            core = self._identity()
            core.set_config_variable("region", self.region)
            if self._role_arn:
                # botocore has no public way to give a session credentials that refresh themselves.
                core._credentials = _assumed(core, self._role_arn)  # type: ignore[attr-defined]
            self._boto = boto3.Session(botocore_session=core)
        return self._boto

    async def stop(self) -> None:
        """Wait for the calls that are under way, for good; what has not been sent is not."""
        self._limits.stop()
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
        self.close()

    def close(self) -> None:
        """Close all connections and forget the credentials; the next call begins anew."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._boto = None


def _partition(core: botocore.session.Session, region: str) -> str:
    """``aws``, ``aws-cn`` and so on, by botocore's table of Regions; a Region that it lacks is in ``aws``."""
    try:
        return str(core.get_partition_for_region(region))
    except UnknownRegionError:
        return "aws"


def _assumed(core: botocore.session.Session, role_arn: str) -> DeferredRefreshableCredentials:
    """Credentials of the role, from the session's own; refreshed by botocore before they end.

    No duration: a chained role allows one hour at most, which is the default (IAM, "Role chaining").
    """
    source = core.get_credentials()
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=core.create_client,
        source_credentials=source,
        role_arn=role_arn,
        extra_args={"RoleSessionName": "ecr-operator"},
    )
    return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
