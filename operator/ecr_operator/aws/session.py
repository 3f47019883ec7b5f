"""An identity of AWS in one region: calls it in a bounded thread pool.

A call passes the limits before it takes a thread, and no call waits in a thread for credentials that another
one fetches already.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from botocore.exceptions import ClientError

from ecr_operator.aws.assumed_role import AssumedRole
from ecr_operator.aws.clients import LACK_SECONDS, Clients
from ecr_operator.aws.errors import EXPIRED, AwsError, CutShort, NotSent, translate
from ecr_operator.aws.limits import Limits
from ecr_operator.aws.surroundings import Surroundings
from ecr_operator.clock import Source
from ecr_operator.reasons import Reason

SENDS = 6
"""How often a call is sent that AWS throttles, which does nothing; the limits say when it goes again."""

Probes = Mapping[str, tuple[str, dict[str, Any]]]
"""By service, the operation and its parameters by which it is asked whether it answers again."""

PROBES: Probes = {
    "ecr": ("describe_repositories", {"maxResults": 1}),
    "ecr-public": ("get_authorization_token", {}),
    "resourcegroupstaggingapi": (
        "get_resources",
        {"ResourcesPerPage": 1, "ResourceTypeFilters": ["ecr:repository"]},
    ),
    # Needs no permission (API reference of GetCallerIdentity).
    "sts": ("get_caller_identity", {}),
}
TOKEN_PROBES: Probes = {**PROBES, "ecr": ("get_authorization_token", {})}
"""Of an identity that may do nothing but fetch tokens: a refusal at each probe would alarm its owner."""
PACED = frozenset({"get_authorization_token"})
"""Who asks for these repeats a throttled call at a pace of its own: nothing waits for it."""
READ_FROM = frozenset({"create_repository"})
"""Writes whose answer is needed; of the others it is enough that they were carried out."""


class Session:
    """Calls AWS as one identity in one region, for many tasks of one event loop.

    `role` None is the operator's own identity. `Sessions` makes them.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        region: str,
        partition: str,
        role: AssumedRole | None = None,
        probes: Probes = PROBES,
    ) -> None:
        self.region = region
        self.partition = partition
        self._surroundings = surroundings
        self._role = role
        self._probes = probes
        self._clients = Clients(
            lambda: surroundings.core(region),
            surroundings.connections,
            role.credentials if role else None,
            surroundings.monotonic,
        )
        self._limits = Limits(
            self._probe,
            self._changed,
            probe_seconds=surroundings.probe_seconds,
            monotonic=surroundings.monotonic,
        )
        self._lack: tuple[float, AwsError] | None = None
        self._closed = False

    async def ready(self) -> None:
        """Have credentials to sign with, where they come from a role. Raises `AwsError`."""
        if self._role is not None:
            await self._role.ready()

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
        """Whether ECR is asked at all, as `answers` has it."""
        return self.answers("ecr")

    def answers(self, service: str) -> bool:
        """Whether a service is asked at all; False while it, or the STS that it needs, does not answer."""
        return not self._limits.is_open(service) and (self._role is None or self._role.is_answering)

    @property
    def arn(self) -> str | None:
        """The ARN of the role's session; None where it is not known without a call for it."""
        return self._role.arn if self._role else None

    @property
    def ends(self) -> datetime | None:
        """When the session of the present credentials ends; None: they do not end, or it is not known."""
        return self._role.ends if self._role else self._clients.session_ends

    async def _call(
        self, service: str, operation: str, parameters: dict[str, Any], *, reads: bool
    ) -> dict[str, Any]:
        for sent in range(1, SENDS + 1):
            if self._lack is not None and self._surroundings.monotonic() - self._lack[0] < LACK_SECONDS:
                # A new one: each time that an exception is raised it keeps the frames that it passes.
                raise self._lack[1].copy()
            # What STS refuses or does not answer says nothing about this service.
            await self.ready()
            await self._limits.turn(service, operation)
            ends_at = self._surroundings.ends_at
            if ends_at is not None and self._surroundings.monotonic() > ends_at:
                raise NotSent(operation_name(operation), "This process is ending")
            try:
                answer = await self._answered(service, operation, parameters, reads)
            except AwsError as error:
                self._limits.failed(service, operation, error)
                # A connection that was closed while idle fails the first read on it.
                throttled = error.reason == Reason.THROTTLED and operation not in PACED
                again = throttled or (reads and sent == 1 and error.outage)
                if not again or sent == SENDS or ends_at is not None:
                    raise
            else:
                self._limits.answered(service)
                self._lack = None
                return answer
        raise AssertionError("unreachable")

    async def _answered(
        self, service: str, operation: str, parameters: dict[str, Any], reads: bool
    ) -> dict[str, Any]:
        """The answer, asked for with new credentials where the old ones have ended."""
        used = self._role.generation if self._role else self._clients.generation
        try:
            return await self._once(service, operation, parameters, reads)
        except AwsError as error:
            if error.reason != Reason.CREDENTIALS_MISSING:
                raise
            await self._drop(used)
            if error.code not in EXPIRED:
                self._lack = (self._surroundings.monotonic(), error)
                raise
        # The session ended between its refreshes: a new one may be had at once.
        await self.ready()
        return await self._once(service, operation, parameters, reads)

    async def _drop(self, used: int) -> None:
        """Forget the credentials that AWS does not accept, unless somebody else has done so meanwhile."""
        if self._role is not None:
            self._role.drop(used)
        elif used == self._clients.generation:
            # A client keeps the credentials, or the lack of them, that it was made with. In a thread: another
            # one may be about to fetch credentials, which takes a minute where nobody answers.
            await asyncio.to_thread(self._clients.close)

    async def _once(
        self, service: str, operation: str, parameters: dict[str, Any], reads: bool
    ) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._surroundings.executor, self._send, service, operation, parameters, reads
        )

    async def _probe(self, service: str) -> object:
        operation, parameters = self._probes[service]
        await self.ready()
        return await self._once(service, operation, parameters, reads=True)

    def _changed(self, service: str, is_open: bool) -> None:
        if self._closed:
            return
        # Of several identities each counts.
        self._surroundings.metrics.circuit_open.labels(service, self.region).inc(1 if is_open else -1)
        # Those who wait do so for ECR, and would only begin to wait anew.
        if not is_open and self.is_answering:
            self._surroundings.on_answering()

    def _send(self, service: str, operation: str, parameters: dict[str, Any], reads: bool) -> dict[str, Any]:
        """In a thread of the pool."""
        name = operation_name(operation)
        clock, metrics = self._surroundings.clock, self._surroundings.metrics
        begin, asked, code = perf_counter(), clock.uptime(), "OK"
        try:
            if not reads and not self._surroundings.may_write():
                raise NotSent(name)
            answer: dict[str, Any] = getattr(self._clients.of(service), operation)(**parameters)
            clock.learn(_date(answer), asked, Source.AWS)
            if len(answer) <= 1 and (reads or operation in READ_FROM):
                # botocore takes half an answer for an empty one.
                raise CutShort(name)
            return answer
        except Exception as error:
            if isinstance(error, ClientError):
                clock.learn(_date(error.response), asked, Source.AWS)
            translated = error if isinstance(error, AwsError) else translate(error, name, clock.machine())
            code = translated.code
            # The cause is not chained: its text and frames may hold what was sent.
            raise translated from None
        finally:
            metrics.aws_requests.labels(name, code).inc()
            metrics.aws_seconds.labels(name).observe(perf_counter() - begin)

    def stop(self) -> None:
        """Send no more probes, for good."""
        self._limits.stop()

    def close(self) -> None:
        """Close all connections too: nobody calls as this identity any more."""
        if not self._closed:
            self._closed = True
            for service in self._probes:
                if self._limits.is_open(service):
                    self._surroundings.metrics.circuit_open.labels(service, self.region).dec()
        self.stop()
        self._clients.close()


def operation_name(operation: str) -> str:
    """boto3's name of an operation as AWS writes it."""
    return "".join(word.capitalize() for word in operation.split("_"))


def _date(answer: Mapping[str, Any]) -> str | None:
    """The ``Date`` header of an answer."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return None if date is None else str(date)
