"""Keys that become due at a later time: one heap and one timer for all of them."""

import asyncio
import heapq
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

# A heap this small is not worth rebuilding, however many of its entries are stale.
_SMALL_HEAP = 64


class Schedule(Generic[K]):
    """At most one time per key, in seconds of ``loop.time()``; the earliest wins.

    Entries are deleted lazily: a replaced or cancelled one stays in the heap and is recognised there,
    because it is not the one that ``_entries`` holds. When stale entries outnumber the live ones the heap
    is rebuilt, so that keys that run often with a far next time (every status change schedules the next
    resync anew) cost no more memory than the others.

    ``due(key, fresh)`` is called from the event loop for each key whose time has come.
    """

    def __init__(self, due: Callable[[K, bool], None]) -> None:
        self._due = due
        # (time, sequence number, key, fresh); the number keeps the heap from ever comparing keys.
        self._heap: list[tuple[float, int, K, bool]] = []
        self._entries: dict[K, tuple[float, int, K, bool]] = {}
        self._sequence = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def after(self, key: K, seconds: float, fresh: bool) -> None:
        """Make ``key`` due in ``seconds``, or earlier where that is already scheduled."""
        when = asyncio.get_running_loop().time() + seconds
        scheduled = self._entries.get(key)
        if scheduled is not None:
            if scheduled[0] <= when and scheduled[3] >= fresh:
                return
            when = min(when, scheduled[0])
            fresh = fresh or scheduled[3]
        self._sequence += 1
        entry = (when, self._sequence, key, fresh)
        self._entries[key] = entry
        heapq.heappush(self._heap, entry)
        if len(self._heap) > _SMALL_HEAP and len(self._heap) > 2 * len(self._entries):
            self._heap = list(self._entries.values())
            heapq.heapify(self._heap)
        if self._heap[0] is entry:
            self._arm()

    def cancel(self, key: K) -> None:
        """Forget the time of ``key``, if it has one."""
        # The timer is left alone: it fires once for nothing, which is cheaper than a new one per key.
        self._entries.pop(key, None)

    def close(self) -> None:
        """Forget everything; nothing becomes due any more."""
        self._entries.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._fire)

    def _fire(self) -> None:
        now = asyncio.get_running_loop().time()
        heap, entries = self._heap, self._entries
        while heap:
            entry = heap[0]
            if entries.get(entry[2]) is not entry:
                heapq.heappop(heap)
            elif entry[0] <= now:
                heapq.heappop(heap)
                del entries[entry[2]]
                self._due(entry[2], entry[3])
            else:
                break
        self._arm()
