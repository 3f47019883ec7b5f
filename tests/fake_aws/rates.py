"""Rates: token buckets per account and Region, and the refusal of a call that finds its bucket empty.

Source: ECR User Guide, "Troubleshooting common errors" (ThrottlingException: "calls to Amazon ECR APIs are
throttled", by token buckets, "Rate exceeded") and "Amazon ECR service quotas" (rates are per account and
Region); the models of the tagging API (ThrottledException) and common errors of STS (Throttling). Which rates
ECR's control plane has is not published: they are set. Inferred: that a refused call takes no token, and that
a call is throttled before it is authorised.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .aws_error import AwsError
from .call import Call

CODES = {"tagging": "ThrottledException", "sts": "Throttling", "iam": "Throttling"}
"""The code of a refusal, where it is not ThrottlingException."""

ROUNDING = 1e-9

Rate = tuple[float, float]
"""Tokens per second, and the most that a bucket holds."""


def rate_of(value: object) -> Rate:
    """A rate as it is set: a number (that also is the burst, at least 1), or rate and burst."""
    rate, burst = value if isinstance(value, list | tuple) else (value, None)
    if not isinstance(rate, int | float) or rate < 0:
        raise ValueError("a rate is a number of calls per second")
    if burst is None:
        burst = max(1, rate)
    if not isinstance(burst, int | float) or burst < 1:
        raise ValueError("a burst is at least 1")
    return float(rate), float(burst)


@dataclass(slots=True)
class Bucket:
    """Full at first; a call takes one token."""

    rate: float
    burst: float
    tokens: float
    seen: float

    def fill(self, now: float) -> None:
        """Add what has come since it was last looked at."""
        self.tokens = min(self.burst, self.tokens + (now - self.seen) * self.rate)
        self.seen = now


class Rates:
    """The rates that are set, for an account or for all (each account has buckets of its own)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rates: dict[str | None, dict[str, Rate]] = {}
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def set(self, rates: Mapping[str, object] | None, account: str | None = None) -> None:
        """Set the rates, by operation, IAM action, or a glob of either, which is one bucket for all that it
        matches.

        Those of an account replace those of all accounts. None lifts them. Buckets are full afterwards.
        """
        parsed = None if rates is None else {key: rate_of(value) for key, value in rates.items()}
        with self._lock:
            self._rates.pop(account, None)
            if parsed is not None:
                self._rates[account] = parsed
            self._buckets.clear()

    def clear(self) -> None:
        """Lift all rates."""
        with self._lock:
            self._rates.clear()
            self._buckets.clear()

    def check(self, call: Call) -> None:
        """Take a token from every bucket of `call`, or refuse it and take none."""
        if not self._rates:
            return
        with self._lock:
            rates = self._rates.get(call.account, self._rates.get(None, {}))
            now = self._clock()
            buckets = [
                self._bucket(call, key, rate, now)
                for key, rate in rates.items()
                if fnmatchcase(call.label, key) or fnmatchcase(call.action, key)
            ]
            full = all(bucket.tokens >= 1 - ROUNDING for bucket in buckets)
            if full:
                for bucket in buckets:
                    bucket.tokens -= 1
        if not full:
            raise AwsError(CODES.get(call.service, "ThrottlingException"))

    def _bucket(self, call: Call, key: str, rate: Rate, now: float) -> Bucket:
        """The bucket of a rate in the call's account and Region, filled."""
        home = (call.account, call.region, key)
        bucket = self._buckets.get(home)
        if bucket is None:
            bucket = self._buckets[home] = Bucket(*rate, tokens=rate[1], seen=now)
        bucket.fill(now)
        return bucket
