"""How fast an operation may be called: as AWS takes it.

AWS does not publish the rates of ECR's control plane ("each API operation has rate throttles": ECR API
Reference, common errors), so they are found out: halved at a throttle, and slowly raised again. Own code,
because the limiters on PyPI have a fixed rate, and botocore's adaptive mode blocks the thread and knows no
operations.
"""

import asyncio
from collections.abc import Callable

CEILING = 200.0
"""Calls per second of one operation, before AWS has ever throttled it."""
FLOOR = 1.0
DOUBLING_SECONDS = 20.0
"""How long it takes to come back from a halving; relative, so that a low rate is not overrun at once."""
SETTLING_SECONDS = 0.25
"""Throttles within this time after a halving are of calls that were sent at the old rate."""

_HAIR = 1e-9
"""What a sum of many small numbers may lack of a whole token."""


class Rate:
    """A token bucket that holds at most one second's tokens. `monotonic` is a clock in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._rate = self._tokens = CEILING
        self._seen = monotonic()
        self._halved = float("-inf")
        self._order = asyncio.Lock()

    @property
    def per_second(self) -> float:
        """The present rate."""
        self._refill()
        return self._rate

    async def turn(self) -> None:
        """Wait until one more call may be sent; askers go in the order in which they ask."""
        async with self._order:
            self._refill()
            while self._tokens < 1 - _HAIR:
                # The rate may have fallen meanwhile.
                await asyncio.sleep((1 - self._tokens) / self._rate)
                self._refill()
            self._tokens -= 1

    def throttled(self) -> None:
        """AWS has refused a call for its rate."""
        self._refill()
        if self._seen - self._halved < SETTLING_SECONDS:
            return
        self._halved = self._seen
        self._rate = max(FLOOR, self._rate / 2)
        self._tokens = min(self._tokens, 0.0)

    def _refill(self) -> None:
        now = self._monotonic()
        elapsed, self._seen = now - self._seen, now
        # The power is bounded: an operation may not have been called for days.
        doublings = min(elapsed / DOUBLING_SECONDS, 10.0)
        self._rate = min(CEILING, self._rate * 2.0**doublings)
        self._tokens = min(max(self._rate, 1.0), self._tokens + elapsed * self._rate)
