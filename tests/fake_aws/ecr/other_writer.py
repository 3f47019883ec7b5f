"""Another writer, who changes a repository's policy between two calls of whoever is tested.

Source: SetRepositoryPolicy has no version and no If-Match (botocore's ecr model): the last writer wins.
"""

from __future__ import annotations

from dataclasses import dataclass

OPERATIONS = ("GetRepositoryPolicy", "SetRepositoryPolicy", "DeleteRepositoryPolicy")

Home = tuple[str, str, str]
"""Account, region and name of a repository."""


@dataclass(slots=True)
class Interception:
    """A text that is written right after the `nth` call of an operation, or after every one (None)."""

    home: Home
    after: str
    nth: int | None
    policy: str | None
    calls: int = 0


class OtherWriter:
    """The interceptions in force."""

    def __init__(self) -> None:
        self._interceptions: list[Interception] = []

    def clear(self) -> None:
        """Leave policies alone."""
        self._interceptions.clear()

    def intercept(self, home: Home, after: str, nth: int | None, policy: str | None) -> None:
        """Write `policy` (None: delete it) after a call; calls are counted from now on."""
        if after not in OPERATIONS:
            raise ValueError(f"after is one of {', '.join(OPERATIONS)}")
        if nth is not None and nth < 1:
            raise ValueError("nth is at least 1, or null for every call")
        self._interceptions.append(Interception(home, after, nth, policy))

    def turns(self, home: Home, operation: str) -> list[str | None]:
        """What the other writer writes now that an operation has been answered."""
        found: list[str | None] = []
        for one in list(self._interceptions):
            if (one.home, one.after) != (home, operation):
                continue
            one.calls += 1
            if one.nth is None or one.calls == one.nth:
                found.append(one.policy)
            if one.calls == one.nth:
                self._interceptions.remove(one)
        return found


OTHER_WRITER = OtherWriter()
"""The one other writer of the process."""
