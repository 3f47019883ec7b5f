"""An identity of AWS in one region: makes boto3 clients and calls them in a bounded thread pool.

The only place that knows where a call goes and with which credentials. Rate limits and the circuit
breaker have their place in `Session.call`, before a thread is taken.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, UnknownRegionError

from ecr_operator.aws.errors import EXPIRED, AwsError, translate
from ecr_operator.metrics import Metrics
from ecr_operator.reasons import Reason

READ_ATTEMPTS = 2
"""One repetition at once, for a connection that was closed while idle; longer waits are the queue's."""
WRITE_ATTEMPTS = 1
"""botocore would repeat LimitExceededException, which is an answer, and a create whose answer was lost."""


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

    `identity` is asked again when its credentials have expired.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        metrics: Metrics,
        role_arn: str | None = None,
        region: str | None = None,
        connections: int = 20,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        identity: Identity = DEFAULT_IDENTITY,
    ) -> None:
        self._executor = executor
        self._metrics = metrics
        self._role_arn = role_arn
        self._connections = connections
        self._now = now
        self._identity = identity
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, int], Any] = {}
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
        return await self._call(service, operation, READ_ATTEMPTS, parameters)

    async def write(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation that changes something; it is sent once. Raises `AwsError`."""
        return await self._call(service, operation, WRITE_ATTEMPTS, parameters)

    async def _call(
        self, service: str, operation: str, attempts: int, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        if self._lack is not None and perf_counter() - self._lack[0] < LACK_SECONDS:
            raise self._lack[1]
        try:
            return await self._once(service, operation, attempts, parameters)
        except AwsError as error:
            if error.reason != Reason.CREDENTIALS_MISSING:
                raise
            # A client keeps the credentials, or the lack of them, that it was made with.
            self.close()
            if error.code not in EXPIRED:
                self._lack = (perf_counter(), error)
                raise
            # The session ended between its refreshes: a new one may be had at once.
            return await self._once(service, operation, attempts, parameters)

    async def _once(
        self, service: str, operation: str, attempts: int, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._executor, self._send, service, operation, attempts, parameters
        )

    def _send(
        self, service: str, operation: str, attempts: int, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """In a thread of the pool."""
        name = "".join(word.capitalize() for word in operation.split("_"))
        begin, code = perf_counter(), "OK"
        try:
            answer: dict[str, Any] = getattr(self._client(service, attempts), operation)(**parameters)
            return answer
        except Exception as error:
            translated = translate(error, name, self._now())
            code = translated.code
            # The cause is not chained: its text and frames may hold what was sent.
            raise translated from None
        finally:
            self._metrics.aws_requests.labels(name, code).inc()
            self._metrics.aws_seconds.labels(name).observe(perf_counter() - begin)

    def _client(self, service: str, attempts: int) -> Any:
        with self._lock:
            client = self._clients.get((service, attempts))
            if client is None:
                client = self._session().client(  # type: ignore[call-overload]
                    service,
                    config=Config(
                        connect_timeout=3,
                        read_timeout=10,
                        retries={"mode": "standard", "total_max_attempts": attempts},
                        max_pool_connections=self._connections,
                        user_agent_extra="ecr-operator",
                    ),
                )
                self._clients[service, attempts] = client
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
