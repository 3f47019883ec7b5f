"""One leader among several processes, by a Lease (coordination.k8s.io/v1) as in client-go's leader election.

The leader stops at `deadline`, before others may take the Lease at `duration`; both are counted by monotonic
clocks. It is no fence: a request that the leader sent before may still be under way then.
"""

import asyncio
import logging
import math
import random as _random
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from ecr_operator.kube.client import Json, KubeClient
from ecr_operator.kube.errors import KubeError, KubeUnavailable
from ecr_operator.kube.lease_record import Sighting, held, released, seen
from ecr_operator.kube.paths import resource_path

log = logging.getLogger(__name__)

T = TypeVar("T")

API_VERSION = "coordination.k8s.io/v1"
JITTER_FACTOR = 1.2
"""Tries to take the Lease are `retry` to `retry * (1 + JITTER_FACTOR)` seconds apart."""

_SAY_AGAIN_SECONDS = 60.0
# Timers may end a little early, and a request needs some time.
_MOMENT = 0.001
_NEVER = -math.inf
_NOT_FOUND = 404
_CONFLICT = 409


class LeaseLost(Exception):
    """This process leads no longer: whatever it does for others has to stop at once."""


class Lease:
    """The Lease `namespace`/`name` for the process that calls itself `identity`, unique among those that run.

    Times are in seconds: another process takes the Lease when it has not seen it renewed for `duration`; the
    leader ceases to lead when it has not renewed it for `deadline`; each request gets `request_timeout`.
    `monotonic` measures them all, `now` is only written into the Lease, for people.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        name: str,
        identity: str,
        *,
        duration: float = 15.0,
        deadline: float = 10.0,
        retry: float = 1.0,
        request_timeout: float = 3.0,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[], float] = _random.random,
    ) -> None:
        if not identity:
            raise ValueError("an empty identity means that nobody holds the Lease")
        if not duration > deadline > retry * JITTER_FACTOR > 0 or request_timeout <= 0:
            raise ValueError(
                f"a Lease needs duration > deadline > {JITTER_FACTOR} * retry > 0 and request_timeout > 0"
            )
        self._client = client
        self._collection = resource_path(API_VERSION, "leases", namespace)
        self._path = resource_path(API_VERSION, "leases", namespace, name)
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._duration = duration
        self._deadline = deadline
        self._retry = retry
        self._request_timeout = request_timeout
        self._monotonic = monotonic
        self._now = now
        self._random = random
        self._until = _NEVER
        self._sighting: Sighting | None = None
        # As it was last written by us; None where that is not certain.
        self._written: Json | None = None
        self._failure = ""
        self._said: dict[str, float] = {}

    @property
    def holds(self) -> bool:
        """Whether this process leads, now; False from the deadline on. Cheap, from any thread."""
        return self._monotonic() < self._until

    @property
    def holder(self) -> str:
        """The identity in the Lease as it was last seen; empty for nobody, and before it was seen."""
        return "" if self._sighting is None else self._sighting.holder

    @property
    def failure(self) -> str:
        """Why the last try failed; empty where it did not, be it that somebody else holds the Lease."""
        return self._failure

    async def acquire(self) -> None:
        """Return when this process leads. ``keep`` has to be called at once then."""
        while True:
            begin = await self._attempt("acquire", self._take(), None)
            if begin is not None and self._monotonic() < begin + self._deadline:
                self._until = begin + self._deadline
                log.info("Acquired Lease %s as %s", self, self._identity)
                return
            await asyncio.sleep(self._pause())

    async def keep(self) -> NoReturn:
        """Renew the Lease for as long as that goes; raises ``LeaseLost``, never anything else.

        Raised at the deadline at the latest, which counts from the begin of the last request that renewed the
        Lease, whatever the present one does; earlier when somebody else is seen in the Lease.
        """
        while True:
            await asyncio.sleep(min(self._retry, self._left()))
            begin = None
            if self._left() > _MOMENT:
                begin = await self._attempt("renew", self._renew(), self._left())
            if self._left() <= _MOMENT:
                # Also when it was renewed in the end: work may have been refused already, so this is final.
                because = f": {self._failure}" if self._failure else ""
                raise self._lost(f"not renewed for {self._deadline:g} s{because}")
            if self.holder != self._identity:
                raise self._lost(f"it names {self.holder or 'nobody'}")
            if begin is not None:
                self._until = begin + self._deadline

    async def release(self) -> None:
        """Leave the Lease to others at once, if it names us; takes ``request_timeout`` at most, never raises.

        After ``keep`` has ended, and when nothing of what the leader does is under way.
        """
        self._until = _NEVER
        if await self._attempt("release", self._clear(), self._request_timeout):
            log.info("Released Lease %s", self)

    async def _take(self) -> float | None:
        """Make ourselves the holder unless somebody else is; when the request that did it began."""
        lease = await self._read()
        # A Lease that was deleted does not end the time of its holder, who may not know.
        if self._free_at() > self._monotonic():
            self._say(logging.INFO, self.holder, f"Waiting for {self.holder}, which holds Lease {self}")
            return None
        return await self._hold(lease)

    async def _renew(self) -> float | None:
        lease = self._written or await self._read()
        return await self._hold(lease) if self.holder == self._identity else None

    async def _clear(self) -> bool:
        """Whether a record that named us names nobody now."""
        lease = self._written or await self._read()
        while lease is not None and self.holder == self._identity:
            try:
                await self._write({**lease, "spec": released(lease.get("spec") or {}, self._now())})
            except KubeError as error:
                if error.status != _CONFLICT:
                    raise
                # A renewal that was cut off may have been carried out all the same.
                lease = await self._read()
            else:
                return True
        return False

    async def _hold(self, lease: Json | None) -> float:
        record = None if lease is None else lease.get("spec") or {}
        wanted = held(record, self._identity, self._duration, self._now())
        begin = self._monotonic()
        if lease is None:
            metadata = {"namespace": self._namespace, "name": self._name}
            await self._write(
                {"apiVersion": API_VERSION, "kind": "Lease", "metadata": metadata, "spec": wanted}
            )
        else:
            await self._write({**lease, "spec": wanted})
        return begin

    async def _read(self) -> Json | None:
        """The Lease; None where there is none."""
        self._written = None
        try:
            lease = _checked(await self._request(self._client.get(self._path, timeout=self._request_timeout)))
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        self._see(lease)
        return lease

    async def _write(self, lease: Json) -> None:
        """Create the Lease, or replace the very state of it that was read."""
        self._written = None
        fresh = "resourceVersion" not in lease["metadata"]
        call, path = (self._client.post, self._collection) if fresh else (self._client.put, self._path)
        answer = _checked(await self._request(call(path, lease, timeout=self._request_timeout)))
        self._see(answer)
        if self.holder != lease["spec"]["holderIdentity"]:
            raise KubeUnavailable("the answer is not the Lease that was written")
        self._written = answer

    def _see(self, lease: Json) -> None:
        # The time after the answer: the record may have been renewed right before.
        self._sighting = seen(self._sighting, lease.get("spec") or {}, self._monotonic())

    async def _request(self, request: Coroutine[Any, Any, Json]) -> Json:
        """The answer; in time, also where the request does not let itself be cancelled."""
        task = asyncio.create_task(request)
        task.add_done_callback(_ignore)
        try:
            await asyncio.wait({task}, timeout=self._request_timeout)
            if task.done():
                return task.result()
            raise KubeUnavailable(f"no answer within {self._request_timeout:.1f} s")
        finally:
            task.cancel()

    async def _attempt(self, verb: str, step: Coroutine[Any, Any, T], seconds: float | None) -> T | None:
        """What `step` returns; None where that failed or took longer."""
        try:
            async with asyncio.timeout(seconds):
                result = await step
            self._failure = ""
            return result
        except KubeError as error:
            # Somebody else wrote in between; the next try reads what.
            level = logging.DEBUG if error.status == _CONFLICT else logging.WARNING
            self._failed(level, verb, str(error))
        except TimeoutError:
            self._failed(logging.WARNING, verb, "no answer in time")
        except Exception as error:
            self._failed(logging.WARNING, verb, type(error).__name__, error)
        return None

    def _free_at(self) -> float:
        if self._sighting is None:
            return _NEVER
        return self._sighting.free_at(self._identity, self._duration)

    def _left(self) -> float:
        return self._until - self._monotonic()

    def _pause(self) -> float:
        """Seconds until the next try: early where the holder's time ends before, if it is not renewed."""
        pause = self._retry * (1 + JITTER_FACTOR * self._random())
        left = self._free_at() - self._monotonic()
        return min(pause, left + _MOMENT) if left > 0 else pause

    def _lost(self, why: str) -> LeaseLost:
        self._until = _NEVER
        log.error("Lost Lease %s: %s", self, why)
        return LeaseLost(f"Lease {self}: {why}")

    def _failed(self, level: int, verb: str, why: str, error: Exception | None = None) -> None:
        self._failure = why
        self._say(level, "", f"Failed to {verb} Lease {self}: {why}", error)

    def _say(self, level: int, subject: str, text: str, error: Exception | None = None) -> None:
        """Log `text`; at debug when something was said of the same subject within the minute."""
        now = self._monotonic()
        self._said = {key: at for key, at in self._said.items() if now - at < _SAY_AGAIN_SECONDS}
        if subject in self._said:
            level = logging.DEBUG
        elif level > logging.DEBUG:
            self._said[subject] = now
        log.log(level, "%s", text, exc_info=error)

    def __str__(self) -> str:
        return f"{self._namespace}/{self._name}"


def _checked(lease: Json) -> Json:
    """`lease`, if it is one: without a resourceVersion the next write would not be conditional."""
    if lease.get("kind") != "Lease" or not lease["metadata"].get("resourceVersion"):
        raise KubeUnavailable("the answer is not a Lease (a proxy?)")
    return lease


def _ignore(task: "asyncio.Task[Json]") -> None:
    """Take the exception of a request that nobody waits for any more; asyncio would log it."""
    if not task.cancelled():
        task.exception()
