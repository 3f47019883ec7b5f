"""The time of day as AWS has it, whatever the machine's clock says.

What expires, expires by AWS's clock. A clock that is wrong, or is set while the process runs, must neither
delay a refresh nor ask for one at each look: the present is what AWS's last answers said, carried on by a
clock that nobody sets.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import IntEnum

RESOLUTION = 1.0
"""Seconds: a ``Date`` header has whole ones, the rest cut off (RFC 9110, 5.6.7)."""


class Source(IntEnum):
    """Who tells the time; whoever is above is believed alone."""

    API_SERVER = 1
    """Kubernetes' API server, which may stand on the same wrong clock as the operator."""
    AWS = 2


def uptime() -> float:
    """Seconds on a clock that nobody sets and that, on Linux, goes on while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock:
    """Learns the time from ``Date`` headers; from any thread.

    `machine` is the machine's clock, which is believed until the first header; `uptime` one in seconds that
    nobody sets.
    """

    def __init__(
        self,
        machine: Callable[[], datetime] = lambda: datetime.now(UTC),
        uptime: Callable[[], float] = uptime,
    ) -> None:
        self.machine = machine
        """The machine's own time: what requests are signed with."""
        self.uptime = uptime
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._offset = 0.0
        """From `uptime` to seconds since the epoch; of no meaning without a source."""
        self._earliest = self._latest = 0.0
        """What it may be by all answers that agree."""

    def now(self) -> datetime:
        """The time in UTC, right to about a second once an answer has told it."""
        if self._source is None:
            return self.machine()
        return datetime.fromtimestamp(self.uptime() + self._offset, UTC)

    def learn(self, date: str | None, asked: float, source: Source) -> None:
        """Take the time from the ``Date`` header of an answer that has just come.

        `asked` is `uptime()` when the request was sent. A header that is missing or no date tells nothing.
        """
        answered = self.uptime()
        try:
            told = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        # The header was written between the two moments, and up to a second of it is cut off.
        earliest, latest = told - answered, told + RESOLUTION - asked
        with self._lock:
            if self._source is not None and source < self._source:
                return
            if source != self._source:
                # A slow answer leaves a wide choice, and most machines' clocks are right.
                machine = self.machine().timestamp() - answered
                fits = earliest <= machine <= latest
                self._source, self._offset = source, machine if fits else (earliest + latest) / 2
            elif earliest <= self._latest and latest >= self._earliest:
                # All answers together are right to less than a second.
                earliest, latest = max(earliest, self._earliest), min(latest, self._latest)
            self._earliest, self._latest = earliest, latest
            # No further than the answer asks for: the time does not jump to and fro.
            self._offset = min(max(self._offset, earliest), latest)
