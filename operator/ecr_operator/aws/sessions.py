"""All sessions of a process: one for each identity and region, shared by all who call as it there.

The only place that knows whom and where AWS is called as. Roles are assumed by the operator's own identity in
its own region: credentials of a regional STS are good in every region of the partition (IAM User Guide,
"Manage AWS STS in an AWS Region"), and the operator's network may reach no other.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from time import monotonic as system_monotonic

from ecr_operator.aws.assumed_role import AssumedRole
from ecr_operator.aws.identity import DEFAULT_IDENTITY, Identity, Role, home_region, partition_of
from ecr_operator.aws.session import TOKEN_PROBES, Session
from ecr_operator.aws.surroundings import Surroundings
from ecr_operator.clock import Clock
from ecr_operator.metrics import Metrics

LAST_CALLS_SECONDS = 6.0
"""How long reconciles may go on to send calls at the end; with the last call's 13 s it is 19 s in all."""


class Sessions:
    """Makes sessions when they are asked for; all in one event loop.

    `role_arn` is a role that the operator itself works as; other roles are assumed by the identity below it.
    `region` None is the configured one. The rest is as `Surroundings` has it. Raises `ConfigurationError`.
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
        clock: Clock | None = None,
        monotonic: Callable[[], float] = system_monotonic,
        identity: Identity = DEFAULT_IDENTITY,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self._surroundings = Surroundings(
            executor,
            metrics,
            identity,
            clock or Clock(),
            monotonic=monotonic,
            connections=connections,
            probe_seconds=probe_seconds,
            may_write=may_write,
        )
        self._core = identity()
        self.region = home_region(self._core, region)
        self._surroundings.loader = self._core.get_component("data_loader")
        self.partition = partition_of(self._core, self.region)
        self._assuming = Session(self._surroundings, self.region, self.partition)
        self._own_role = AssumedRole(Role(role_arn), self._assuming, self._surroundings) if role_arn else None
        self.own = self._assuming if self._own_role is None else self._made(None, self.region)
        """The operator's own, in its region: that of the repositories."""
        self._roles: dict[Role, AssumedRole] = {}
        self._sessions: dict[tuple[Role | None, str], Session] = {}

    @property
    def clock(self) -> Clock:
        """Told the time by all sessions."""
        return self._surroundings.clock

    @property
    def monotonic(self) -> Callable[[], float]:
        """A clock in seconds, for pauses."""
        return self._surroundings.monotonic

    def partition_of(self, region: str) -> str:
        """``aws``, ``aws-cn`` and so on."""
        return partition_of(self._core, region)

    def of(self, role: Role | None, region: str) -> Session:
        """The session of a role, or (None) of the operator itself, in a region."""
        if role is None and region == self.region:
            return self.own
        session = self._sessions.get((role, region))
        if session is None:
            session = self._sessions[role, region] = self._made(role, region)
        return session

    def keep(self, wanted: Collection[tuple[Role | None, str]]) -> None:
        """Close and forget all other sessions, but for the operator's own in its region."""
        for unused in self._sessions.keys() - set(wanted):
            self._sessions.pop(unused).close()
        for role in self._roles.keys() - {role for role, _ in self._sessions}:
            del self._roles[role]

    def when_answering(self, call: Callable[[], None]) -> None:
        """Have `call` called whenever AWS answers again after `CircuitOpen` errors."""
        self._surroundings.on_answering = call

    def end(self) -> None:
        """Send no call again, and after `LAST_CALLS_SECONDS` none at all."""
        self._surroundings.ends_at = self.monotonic() + LAST_CALLS_SECONDS

    async def stop(self) -> None:
        """Wait for the calls that are under way, for good; what has not been sent is not."""
        self._each(lambda session: session.stop())
        await asyncio.to_thread(self._surroundings.executor.shutdown, cancel_futures=True)
        self.close()

    def close(self) -> None:
        """Close all connections, for good."""
        self._each(lambda session: session.close())

    def _each(self, do: Callable[[Session], None]) -> None:
        for session in {self._assuming, self.own, *self._sessions.values()}:
            do(session)

    def _made(self, role: Role | None, region: str) -> Session:
        partition = self.partition_of(region)
        if role is None:
            return Session(self._surroundings, region, partition, self._own_role)
        assumed = self._roles.get(role)
        if assumed is None:
            assumed = self._roles[role] = AssumedRole(role, self._assuming, self._surroundings)
        return Session(self._surroundings, region, partition, assumed, TOKEN_PROBES)
