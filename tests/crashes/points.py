"""The operator's writes as points at which it can be held: a hook around each of its calls.

A held operator is killed by `Points.kill`: from then on no call of it leaves the process, which is what
kill -9 means to everybody else.
"""

import asyncio
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from ecr_operator.aws.session import Session
from ecr_operator.kube.client import KubeClient
from ecr_operator.process import operator as process
from ecr_operator.process import pull_secrets
from tests.kinds import KINDS
from tests.lifecycle import KIND as POLICY_KIND
from tests.pull_secrets import KIND as PULL_KIND
from tests.repositories import KIND
from tests.running import RunningOperator
from tests.sequences.lifecycle.world import NAMESPACE

When = Literal["before", "after"]
Call = Callable[[], Awaitable[Any]]

READS = ("describe_", "list_", "get_", "batch_get_")
_OBJECT = re.compile(
    rf"/namespaces/([^/]+-{NAMESPACE})/(?:{KINDS[KIND].plural}|{KINDS[POLICY_KIND].plural})/"
    rf"|/(?:{KINDS[KIND].plural}|{KINDS[PULL_KIND].plural})/([^/?]+)"
    r"|/namespaces/([^/]+)-[a-z]/(?:secrets|serviceaccounts)(?:/|$)"
)
"""Of an EcrPullSecret the namespaces are named `<object>-<letter>`: what is written there is for it. Where
lifecycle policies are at work, all that is written in a namespace is for one case, which has its name."""


class Killed(BaseException):
    """The operator is dead: nothing of it goes on, and nothing may catch this."""


@dataclass(frozen=True)
class Point:
    """The nth write (from 0) for an object, and the side of it."""

    number: int
    when: When = "before"

    def __str__(self) -> str:
        return f"{self.when} write {self.number}"


class Points:
    """Watches the writes for objects by their name, of all operators of this process.

    `at` is called in the operator's event loop when an object reaches its point, and may do anything; without
    it the operator is held there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: dict[str, Point] = {}
        self._at: dict[str, Callable[[], None]] = {}
        self._counts: Counter[str] = Counter()
        self._reached: dict[str, threading.Event] = defaultdict(threading.Event)
        self._held: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._dead: set[asyncio.AbstractEventLoop] = set()
        self.trace: dict[str, list[str]] = defaultdict(list)
        """The writes for each object since it was armed or forgotten, in their order."""

    def forget(self) -> None:
        """Begin to count anew, with nothing armed. No operator may be held."""
        with self._lock:
            assert not self._held, "an operator is held"
            self._armed.clear()
            self._at.clear()
            self._counts.clear()
            self._reached.clear()
            self.trace.clear()

    def arm(self, name: str, point: Point, at: Callable[[], None] | None = None) -> None:
        """Let the object's next writes, counted from now, stop at the point."""
        with self._lock:
            self._counts[name] = 0
            self.trace[name] = []
            self._armed[name] = point
            self._reached[name].clear()
            if at is not None:
                self._at[name] = at

    def reached(self, name: str) -> bool:
        """Whether the object is, or has been, at its point."""
        return self._reached[name].is_set()

    def kill(self, running: RunningOperator) -> None:
        """Kill the operator, which may be held: no further call of it is sent. Returns when it has ended."""
        loop = running._loop
        with self._lock:
            self._dead.add(loop)
            mine = [future for other, future in self._held if other is loop]
            self._held = [(other, future) for other, future in self._held if other is not loop]
        for future in mine:
            loop.call_soon_threadsafe(_wake, future)
        try:
            running.stop()
        except Killed:
            return

    async def through(self, name: str | None, what: str, call: Call, writes: bool) -> Any:
        """Send a call, unless the operator is dead or its point is here."""
        loop = asyncio.get_running_loop()
        self._check(loop)
        if name is None or not writes:
            answer = await call()
            self._check(loop)
            return answer
        with self._lock:
            number = self._counts[name]
            self._counts[name] += 1
            self.trace[name].append(what)
            point = self._armed.get(name)
        if point == Point(number, "before"):
            await self._hold(name, loop)
        try:
            return await call()
        finally:
            if point == Point(number, "after"):
                await self._hold(name, loop)
            self._check(loop)

    async def _hold(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._armed.pop(name, None)
            at = self._at.pop(name, None)
        if at is not None:
            try:
                at()
            finally:
                self._reached[name].set()
            return
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            # Killed on its way here: nobody would wake it any more.
            self._check(loop)
            self._held.append((loop, future))
        self._reached[name].set()
        await future

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop in self._dead:
            raise Killed


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(Killed())


@contextmanager
def hooked() -> Iterator[Points]:
    """The points of all operators that run meanwhile."""
    points = Points()
    send, once = KubeClient._send, Session._once

    async def kube(self: KubeClient, method: str, url: Any, *rest: Any) -> Any:
        found = _OBJECT.search(url.path)
        writes = method != "GET"
        what = f"{method} {url.path.rpartition('/')[2]}"
        return await points.through(
            found[found.lastindex or 0] if found else None,
            what,
            lambda: send(self, method, url, *rest),
            writes,
        )

    async def aws(self: Session, service: str, operation: str, *rest: Any, **named: Any) -> Any:
        parameters = next(given for given in (*rest, *named.values()) if isinstance(given, dict))
        return await points.through(
            _name_of(parameters),
            operation,
            lambda: once(self, service, operation, *rest, **named),
            writes=not operation.startswith(READS),
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KubeClient, "_send", kube)
        patch.setattr(Session, "_once", aws)
        # What is dead posts no events.
        patch.setattr(process, "EVENTS_SECONDS", 0.0)
        # Each case that is held holds a worker, and the others go on.
        patch.setattr(process, "POLICIES_AT_ONCE", 200)
        for limit in ("NAMESPACES_AT_ONCE", "REFRESHED_AT_ONCE", "PULL_SECRETS_AT_ONCE"):
            patch.setattr(pull_secrets, limit, 200)
        yield points


def _name_of(parameters: dict[str, Any]) -> str | None:
    """The object, or the namespace, whose repository a call names; repositories are `<namespace>/<name>`."""
    named = parameters.get("repositoryName") or parameters.get("resourceArn")
    if not named:
        return None
    namespace, _, name = str(named).rpartition("/")
    return namespace.rpartition("/")[2] if namespace.endswith(f"-{NAMESPACE}") else name
