"""When tokens are refreshed, how a refresh that failed is repeated, and when to warn of the end.

A token is refreshed at half of its life, so that an outage of AWS has the other half to end in. All times are
aware and the operator's best knowledge of the real time; jitter is a number in [0, 1) that the caller draws,
delays are seconds.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

LONGEST: Final = timedelta(hours=12, minutes=15)
"""No token of ECR lives longer than 12 h; the rest is for clocks that differ."""

REFRESH_SHARE: Final = 0.5
"""Of its life that a token is used before the next is asked for."""
REFRESH_JITTER: Final = 0.1
"""The refresh is earlier or later by at most this share of the time until it."""
WARNING_SHARE: Final = 0.25
"""Of its life that is left when `ExpiringSoon` becomes true."""
REFRESH_FLOOR: Final = timedelta(seconds=5)
"""A token that AWS gives with hardly any life is not asked for more often than this."""

RETRY_FLOOR: Final = 5.0
"""Seconds between two tries at least: AWS is asked for a token at most once per 5 s, whatever happens."""
RETRY_MAXIMUM: Final = 300.0
NEARNESS: Final = 16.0
"""A try is followed by the next after at most this part of the time to (or since) the expiry."""
_LARGEST_EXPONENT: Final = 40


@dataclass(frozen=True, slots=True)
class Life:
    """The life of one token, or of a Secret that holds several. In whole seconds, as a status keeps times."""

    issued: datetime
    expires: datetime
    refresh: datetime
    """When the next one is asked for. Drawn once, so that it moves only when the token does."""

    @classmethod
    def of_token(cls, issued: datetime, expires: datetime, jitter: float) -> Self:
        """The life of a token that was issued just now."""
        until_refresh = (expires - issued) * REFRESH_SHARE * (1 + REFRESH_JITTER * (2 * jitter - 1))
        refresh = issued + max(until_refresh, REFRESH_FLOOR)
        return cls(*(time.replace(microsecond=0) for time in (issued, expires, refresh)))

    @classmethod
    def of_status(cls, expires: datetime, refresh: datetime) -> Self:
        """The life behind `expiresAt` and `nextRefreshAt`, exact to the jitter: for after a restart."""
        return cls(refresh - (expires - refresh) / (1 - REFRESH_SHARE) * REFRESH_SHARE, expires, refresh)

    def is_credible(self, now: datetime) -> bool:
        """Whether AWS can have given such a token: what a status says, anybody may have written."""
        begun = self.issued <= now + LONGEST * REFRESH_JITTER
        return begun and self.issued < self.refresh < self.expires <= now + LONGEST

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to ask for the next."""
        return now >= self.refresh

    def is_expired(self, now: datetime) -> bool:
        """Whether registries refuse it by now."""
        return now >= self.expires

    @property
    def warning(self) -> datetime:
        """From when on less than a quarter of the life is left: `ExpiringSoon`."""
        return self.expires - (self.expires - self.issued) * WARNING_SHARE

    def is_expiring_soon(self, now: datetime) -> bool:
        """Whether less than a quarter of the life is left."""
        return now > self.warning


def public_expiry(expires: datetime, session_expires: datetime | None) -> datetime:
    """When a public token ends: not after the session that asked for it (None: it does not end)."""
    return expires if session_expires is None else min(expires, session_expires)


def shortest(lives: Collection[Life]) -> Life:
    """The life of a Secret that holds tokens of these lives: it lasts as long as its shortest."""
    first_to_end = min(lives, key=lambda life: (life.expires, life.issued))
    return Life(first_to_end.issued, first_to_end.expires, min(life.refresh for life in lives))


def retry_after(failures: int, jitter: float, now: datetime, expires: datetime | None = None) -> float:
    """Seconds until the next try after `failures` (1 or more) in a row.

    They grow with the failures, shorten as the expiry nears and grow again with the time since it: what has
    been broken for long is not mended by asking often. `expires` None: there never was a token.
    """
    delay = min(RETRY_MAXIMUM, RETRY_FLOOR * 2.0 ** min(failures - 1, _LARGEST_EXPONENT))
    if expires is not None:
        delay = min(delay, abs((expires - now).total_seconds()) / NEARNESS)
    # Jitter only adds, so that the floor is one.
    return max(RETRY_FLOOR, delay) * (1 + jitter / 2)
