"""When the images of each repository are counted again: one after the other, within a budget of calls.

More repositories than the budget has calls for make the interval longer, for all of them alike: the one that
has waited longest is next. AWS is never asked faster, and so has no reason to throttle.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from random import Random
from typing import Generic, TypeVar

from prometheus_client import Gauge

from ecr_operator.aws.errors import AwsError, CircuitOpen
from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.engine.schedule import Schedule

log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)

JITTER = 0.1
"""Of the interval by which it is longer or shorter each time."""
QUIET_START_SECONDS = 60.0
"""No inventory sooner than this after a start, unless the interval itself is shorter."""
OUTAGE_SECONDS = 5.0
"""How often it is tried whether AWS is asked again after an outage; that takes no call."""
LOG_SECONDS = 60.0
"""The same failure is logged once in this time, however many repositories it meets."""


class InventoryPace(Generic[K]):
    """Of the repositories of one registry: `run` for ever.

    `read` takes the inventory of a key and returns how many calls to AWS that took; None: the key is gone. It
    is never called twice at a time. All times are those of the event loop, and all methods are called in it.
    """

    def __init__(
        self,
        read: Callable[[K], Awaitable[int | None]],
        *,
        interval: float,
        budget: CallBudget,
        chance: Random,
        gauge: Gauge | None = None,
    ) -> None:
        self._read = read
        self._interval = interval
        self._budget = budget
        self._gauge = gauge
        self._chance = chance
        self._later: Schedule[K] = Schedule(lambda key, _fresh: self._fall_due(key))
        # The keys that are due, by the time since when, in its order.
        self._due: OrderedDict[K, float] = OrderedDict()
        self._some_due = asyncio.Event()
        self._reading: K | None = None
        # Whether somebody has said something about that key meanwhile, which counts then.
        self._overtaken = False
        self._said: dict[tuple[str, str], float] = {}

    def __len__(self) -> int:
        return len(self._later) + len(self._due)

    def __contains__(self, key: K) -> bool:
        return key in self._later or key in self._due

    def add(self, key: K, first: float | None = None) -> None:
        """Take inventories of a key from now on, the first in `first` seconds; a known key stays as it is.

        None: anywhere within one interval that begins in a minute, so that all keys of a start are spread.
        """
        if key in self:
            return
        if first is None:
            quiet = min(QUIET_START_SECONDS, self._interval / 2)
            first = self._chance.uniform(quiet, quiet + self._interval)
        self._later.after(key, first, False)

    def discard(self, key: K) -> None:
        """Take no more inventories of a key."""
        if key == self._reading:
            self._overtaken = True
        self._later.cancel(key)
        self._due.pop(key, None)

    def seen(self, key: K, calls: int) -> None:
        """Somebody else has just taken an inventory, by so many calls (0: it is known without any).

        The next one is due in an interval, whether or not the key was known. The calls count in the budget.
        """
        self._budget.spend(calls, asyncio.get_running_loop().time())
        self.discard(key)
        self._schedule(key)

    def again_in(self, key: K, seconds: float) -> None:
        """Look at a key in so many seconds, in place of what was planned; also at one that is not known yet.

        One that is due stays so.
        """
        if key not in self._due:
            if key == self._reading:
                self._overtaken = True
            self._later.after(key, seconds, False)

    async def run(self) -> None:
        """Take inventories as they fall due. Ends when cancelled."""
        loop = asyncio.get_running_loop()
        self._show(self._interval)
        while True:
            while not self._due:
                self._some_due.clear()
                await self._some_due.wait()
            pause = self._budget.pause()
            if pause > 0:
                # Who is first may change meanwhile.
                await asyncio.sleep(pause)
                continue
            key, since = self._due.popitem(last=False)
            self._show(self._interval + max(0.0, loop.time() - since))
            if not await self._take(key, since):
                await asyncio.sleep(OUTAGE_SECONDS)

    async def _take(self, key: K, since: float) -> bool:
        """Read one inventory; False: AWS does not answer anybody, and all have to wait."""
        begin = asyncio.get_running_loop().time()
        # Counted from here, so that the key is known as long as this lasts.
        self._schedule(key)
        self._reading, self._overtaken = key, False
        try:
            calls = await self._read(key)
        except CircuitOpen:
            # Known to those who watch AWS: each key would say the same.
            if not self._overtaken:
                self._later.cancel(key)
                self._put_first(key, since)
            return False
        except Exception as error:
            self._budget.spend(1, begin)
            self._log(key, error)
        else:
            self._budget.spend(1 if calls is None else calls, begin)
            if calls is None and not self._overtaken:
                self.discard(key)
        finally:
            self._reading = None
        return True

    def _schedule(self, key: K) -> None:
        self._later.after(key, self._interval * self._chance.uniform(1 - JITTER, 1 + JITTER), False)

    def _fall_due(self, key: K) -> None:
        self._due[key] = asyncio.get_running_loop().time()
        self._some_due.set()

    def _put_first(self, key: K, since: float) -> None:
        self._due[key] = since
        self._due.move_to_end(key, last=False)
        self._some_due.set()

    def _show(self, interval: float) -> None:
        if self._gauge is not None:
            self._gauge.set(interval)

    def _log(self, key: K, error: Exception) -> None:
        """Once a minute for all that fails in the same way: AWS's sentence names each repository."""
        now = asyncio.get_running_loop().time()
        self._said = {what: at for what, at in self._said.items() if now - at < LOG_SECONDS}
        if isinstance(error, AwsError):
            kind = (error.operation, error.code)
        else:
            kind = (type(error).__name__, str(error))
        if kind in self._said:
            return
        self._said[kind] = now
        text = "Failed to look at the images of %s, and perhaps of others: %s"
        log.warning(text, key, error, exc_info=None if isinstance(error, AwsError) else error)
