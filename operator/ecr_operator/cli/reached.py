"""Which EcrRepositories an EcrLifecyclePolicy reaches, told repository by repository and in one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SHOWN: Final = 10
"""How many names a line holds of each sort."""


class Reach(StrEnum):
    """What an apply of the policy means for an EcrRepository."""

    PLANNED = "planned"
    """It is among the manifests and gets the policy: what that changes is in its own plan."""
    KEEP = "keep"
    """It has the policy as it is, by its status. This and the following are of the cluster alone."""
    GAIN = "gain"
    """It gets the policy."""
    CHANGE = "change"
    """It has the policy, and gets other rules or another protection."""
    LOSE = "lose"
    """The policy is taken off, or gives way to another one."""
    RETAIN = "retain"
    """The policy does not reach it any more, and stays in AWS."""
    CONFLICT = "conflict"
    """It is selected, and has another policy; it may be among the manifests."""


REACHED: Final = frozenset({Reach.PLANNED, Reach.KEEP, Reach.GAIN, Reach.CHANGE})
WRITTEN: Final = frozenset({Reach.GAIN, Reach.CHANGE, Reach.LOSE})
_WORDS: Final = {
    Reach.GAIN: "to get it",
    Reach.CHANGE: "to be changed",
    Reach.LOSE: "to lose it",
    Reach.RETAIN: "left with it in AWS",
    Reach.CONFLICT: "with another policy",
}


@dataclass(frozen=True, slots=True)
class ReachedRepository:
    """One of them."""

    name: str
    reach: Reach
    policy: str | None = None
    """The source of the policy that it has, or gets, instead."""

    def document(self) -> dict[str, str]:
        """For programs."""
        found = {"name": self.name, "effect": self.reach.value}
        return found if self.policy is None else {**found, "policy": self.policy}

    def __str__(self) -> str:
        return self.name if self.policy is None else f"{self.name} ({self.policy})"


@dataclass(frozen=True, slots=True)
class Reached:
    """All of one EcrLifecyclePolicy, by name."""

    rows: tuple[ReachedRepository, ...] = ()
    is_whole: bool = False
    """Those of the cluster are among them."""

    @property
    def changes(self) -> bool:
        """Whether anything would be written for an EcrRepository that is not among the manifests."""
        return any(row.reach in WRITTEN for row in self.rows)

    def line(self) -> str:
        """For people."""
        reached = [row for row in self.rows if row.reach in REACHED]
        where = "" if self.is_whole else " of these manifests"
        if not reached:
            head = f"reaches no EcrRepository{where}"
        elif len(reached) == 1:
            head = f"reaches 1 EcrRepository{where}: {_listed(reached)}"
        else:
            head = f"reaches {len(reached)} EcrRepositories{where}: {_listed(reached)}"
        parts = [head]
        for reach, words in _WORDS.items():
            rows = [row for row in self.rows if row.reach == reach]
            if rows:
                parts.append(f"{words}: {_listed(rows)}")
        return "; ".join(parts)


def _listed(rows: Iterable[ReachedRepository]) -> str:
    names = [str(row) for row in rows]
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
