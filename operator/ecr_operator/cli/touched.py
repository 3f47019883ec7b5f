"""What an EcrPullSecret's plan does in the namespaces of a cluster, told row by row and in numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What becomes of a namespace, or of a service account in it; in the order in which they are shown."""

    GAIN = "gain"
    """The namespace gets the Secret."""
    CHANGE = "change"
    """The Secret that it has is written."""
    LOSE = "lose"
    """The Secret is deleted."""
    ACCOUNT = "serviceAccount"
    """Entries of a service account come or go."""
    REFUSED = "refused"
    """The namespace cannot have the Secret, and others can."""


@dataclass(frozen=True, slots=True)
class Row:
    """One of them. `text` is a line for people."""

    effect: Effect
    namespace: str
    text: str
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members for programs."""
    adds: bool = False
    """Of a service account: it gets the entry."""
    removes: bool = False

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "effect": self.effect.value,
            "namespace": self.namespace,
            "description": self.text,
            **self.more,
        }


@dataclass(frozen=True, slots=True)
class Touched:
    """All rows of one EcrPullSecret, sorted by effect and namespace."""

    secret: str
    selected: int
    """How many namespaces are to hold the Secret then."""
    rows: tuple[Row, ...] = ()

    def of(self, effect: Effect) -> list[Row]:
        """The rows of one effect."""
        return [row for row in self.rows if row.effect == effect]

    @property
    def refused(self) -> int:
        """How many namespaces cannot have the Secret."""
        return len(self.of(Effect.REFUSED))

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return any(row.effect != Effect.REFUSED for row in self.rows)

    def counts(self) -> dict[str, int]:
        """The numbers, for programs."""
        found = Counter(row.effect for row in self.rows)
        return {
            "selected": self.selected,
            "gain": found[Effect.GAIN],
            "change": found[Effect.CHANGE],
            "lose": found[Effect.LOSE],
            "refused": found[Effect.REFUSED],
            "serviceAccountsGain": sum(row.adds for row in self.rows),
            "serviceAccountsLose": sum(row.removes for row in self.rows),
        }

    def headline(self) -> str:
        """The numbers, for people."""
        counts = self.counts()
        secrets = _joined(
            (counts["gain"], "to get it"),
            (counts["change"], "to be changed"),
            (counts["lose"], "to be deleted"),
            (counts["refused"], "refused"),
        )
        accounts = _joined(
            (counts["serviceAccountsGain"], "to name it"),
            (counts["serviceAccountsLose"], "to name it no longer"),
        )
        selected = f"{self.selected} namespace{'' if self.selected == 1 else 's'} selected"
        parts = [selected, f"Secret {self.secret}: {secrets}" if secrets else ""]
        parts.append(f"service accounts: {accounts}" if accounts else "")
        return "; ".join(filter(None, parts))


def _joined(*counted: tuple[int, str]) -> str:
    return ", ".join(f"{number} {words}" for number, words in counted if number)
