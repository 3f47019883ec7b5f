"""How many calls to AWS may be spent on looking at images, whoever looks."""

import asyncio


class CallBudget:
    """Of one registry: who wants to look waits for `pause` to be over, and says what it took with `spend`.

    All times are those of the event loop, in seconds.
    """

    def __init__(self, calls_per_minute: int) -> None:
        self._seconds_per_call = 60.0 / calls_per_minute
        self._within = 0.0

    def pause(self) -> float:
        """Seconds until the next call is within the budget; 0 or less: it is."""
        return self._within - asyncio.get_running_loop().time()

    def spend(self, calls: int, since: float) -> None:
        """So many calls were sent since then."""
        self._within = max(self._within, since) + calls * self._seconds_per_call
