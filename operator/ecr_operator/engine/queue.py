"""The level-triggered work queue: which key a worker takes next."""

import asyncio
import contextlib
import random as _random
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ecr_operator.engine.backoff import Backoff
from ecr_operator.engine.schedule import Schedule

K = TypeVar("K", bound=Hashable)


class Closed(Exception):
    """The queue was closed and hands out nothing any more: the way in which its workers end, no error."""


class WorkQueue(Generic[K]):
    """Keys that have to be looked at; a key says nothing of what happened to it.

    - A key is ready at most once, however often it is added.
    - It is never handed to two workers: one that is added while it is being worked on becomes ready when
      that run ends.
    - Fresh keys (a user changed something) go before the others (resyncs), else a restart would let users
      wait behind 10,000 keys.
    - It has at most one time at which it becomes ready by itself, the earliest that was asked for. A worker
      that takes the key cancels that time, because its run decides anew.

    - One that cannot go on is parked: it has no back-off, and waits for ``unpark`` or to be added again.

    A worker calls ``get``, and then exactly one of ``done``, ``retry`` and ``park``. All times are seconds on
    the event loop's clock; everything is called from that loop.

    ``resyncs`` is how many keys that are not fresh are handed out at once at most: the other workers are kept
    free for users, however long a resync hangs.

    ``base`` and ``maximum`` bound the back-off of ``retry`` in seconds; ``random`` (floats in [0, 1)) jitters
    it.
    """

    def __init__(
        self,
        base: float = 1.0,
        maximum: float = 300.0,
        random: Callable[[], float] = _random.random,
        resyncs: int | None = None,
    ) -> None:
        self._fresh: OrderedDict[K, None] = OrderedDict()
        self._resync: OrderedDict[K, None] = OrderedDict()
        # Keys being worked on, and whether that run was for a fresh change.
        self._running: dict[K, bool] = {}
        # Those of them that were added meanwhile, and whether freshly.
        self._again: dict[K, bool] = {}
        # Those that cannot go on, and whether that run was for a fresh change.
        self._parked: dict[K, bool] = {}
        self._schedule: Schedule[K] = Schedule(self.add)
        self._backoff: Backoff[K] = Backoff(base, maximum, random)
        self._random = random
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._resyncs = resyncs
        self._paused = False
        self._closed = False

    def __len__(self) -> int:
        """The depth: keys that are ready and wait for a worker."""
        return len(self._fresh) + len(self._resync)

    @property
    def running(self) -> int:
        """How many keys are being worked on."""
        return len(self._running)

    @property
    def scheduled(self) -> int:
        """How many keys become ready by themselves later."""
        return len(self._schedule)

    @property
    def parked(self) -> int:
        """How many keys wait for ``unpark``."""
        return len(self._parked)

    def holds(self, key: K) -> bool:
        """Whether ``key`` is ready or being worked on (not: scheduled for later)."""
        return key in self._fresh or key in self._resync or key in self._running

    def add(self, key: K, fresh: bool = True) -> None:
        """Make ``key`` ready. A fresh add lifts an entry that waits as a resync."""
        fresh = self._parked.pop(key, False) or fresh
        if key in self._running:
            self._again[key] = fresh or self._again.get(key, False)
        elif key in self._fresh:
            return
        elif fresh:
            if key in self._resync:
                del self._resync[key]
                self._fresh[key] = None
            else:
                self._fresh[key] = None
                self._wake()
        elif key not in self._resync:
            self._resync[key] = None
            self._wake()

    def add_after(self, key: K, seconds: float, fresh: bool = False) -> None:
        """Make ``key`` ready in ``seconds``, unless it already is to be earlier."""
        if self._closed:
            return
        if seconds <= 0:
            self.add(key, fresh)
        else:
            self._schedule.after(key, seconds, fresh)

    async def get(self) -> K:
        """Wait for the next key and take it. Raises ``Closed``."""
        while True:
            if self._closed:
                raise Closed
            if not self._paused:
                if self._fresh:
                    return self._take(self._fresh, True)
                if self._resync and self._may_resync():
                    return self._take(self._resync, False)
            await self._wait()

    def done(self, key: K, after: float | None = None) -> None:
        """The run of ``key`` succeeded: its back-off starts anew.

        It is ready at once if it was added meanwhile; else it becomes ready in ``after`` seconds, or with
        None only when it is added again (or at a time that ``add_after`` set during the run).
        """
        self._backoff.forget(key)
        self._release(key)
        if after is not None and not self.holds(key):
            self.add_after(key, after)

    def retry(self, key: K) -> float:
        """The run of ``key`` failed: the seconds until the next try, growing with each failure in a row.

        0.0 if it was added meanwhile and so is ready at once. The next try is as fresh as this one was: a
        user's change does not fall behind the resyncs because AWS failed once.
        """
        fresh = self._running[key]
        delay = self._backoff.next(key)
        self._release(key)
        if self.holds(key):
            return 0.0
        self.add_after(key, delay, fresh)
        return delay

    def park(self, key: K, seconds: float | None = None) -> None:
        """The run of ``key`` cannot go on until ``unpark``; its back-off stays as it is.

        With ``seconds`` it becomes ready after them at the latest. If it was added meanwhile it is ready at
        once.
        """
        fresh = self._running[key]
        self._release(key)
        if self.holds(key):
            return
        self._parked[key] = fresh
        if seconds is not None:
            self.add_after(key, seconds)

    def unpark(self) -> None:
        """All parked keys go on, in random order: one that was first before is not first again."""
        for key in sorted(self._parked, key=lambda _: self._random()):
            self.add(key, fresh=False)

    def discard(self, key: K) -> None:
        """The object of ``key`` is gone: drop its next time and its back-off.

        A ready key stays ready, because that run may have to clean up.
        """
        self._schedule.cancel(key)
        self._parked.pop(key, None)
        self._backoff.forget(key)

    def pause(self) -> None:
        """Hand out nothing until ``resume``; keys are still added and become due."""
        self._paused = True

    def resume(self) -> None:
        """Hand out keys again."""
        self._paused = False
        for _ in range(min(len(self), len(self._waiters))):
            self._wake()

    def close(self) -> None:
        """End all getters with ``Closed``, now and later. Keys that are being worked on may still end."""
        self._closed = True
        self._schedule.close()
        while self._waiters:
            self._wake()

    def _may_resync(self) -> bool:
        if self._resyncs is None:
            return True
        return sum(not fresh for fresh in self._running.values()) < self._resyncs

    def _take(self, ready: "OrderedDict[K, None]", fresh: bool) -> K:
        key, _ = ready.popitem(last=False)
        self._schedule.cancel(key)
        self._running[key] = fresh
        return key

    def _release(self, key: K) -> None:
        fresh = self._running.pop(key)
        if not fresh and self._resyncs is not None and self._resync:
            # One that waited for a resync to end.
            self._wake()
        if key in self._again:
            self.add(key, self._again.pop(key))

    async def _wait(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # Woken for a key and cancelled before it could take it: that key is another one's to take.
                self._wake()
            else:
                with contextlib.suppress(ValueError):  # _wake skipped it already
                    self._waiters.remove(waiter)
            raise

    def _wake(self) -> None:
        """Let one waiting getter look again."""
        if self._paused and not self._closed:
            return
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
