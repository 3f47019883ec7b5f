"""How long a key that failed has to wait."""

import random as _random
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

# 2**40 s is beyond every maximum; the bound keeps the power a cheap float after weeks of failures.
_LARGEST_EXPONENT = 40


class Backoff(Generic[K]):
    """Counts the failures of each key since its last success and turns them into seconds.

    The n-th failure in a row waits between half and the whole of ``base * 2**(n-1)`` seconds, at most
    ``maximum``. The random part spreads keys that failed together (an outage fails all of them in the
    same second); the lower half is kept so that a failing key never comes back at once.

    ``random`` returns floats in [0, 1); tests pass their own.
    """

    def __init__(
        self, base: float = 1.0, maximum: float = 300.0, random: Callable[[], float] = _random.random
    ) -> None:
        self._base = base
        self._maximum = maximum
        self._random = random
        self._failures: dict[K, int] = {}

    def next(self, key: K) -> float:
        """Count one more failure of ``key``; the seconds until it should be tried again."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay: float = min(self._maximum, self._base * 2.0 ** min(failures, _LARGEST_EXPONENT))
        return delay * (0.5 + 0.5 * self._random())

    def failures(self, key: K) -> int:
        """How often ``key`` failed in a row."""
        return self._failures.get(key, 0)

    def forget(self, key: K) -> None:
        """``key`` succeeded, or is gone: its next failure is a first one."""
        self._failures.pop(key, None)
