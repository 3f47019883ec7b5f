"""When somebody else keeps undoing what the operator wrote: how often, how long to keep off, and who.

A strike is a write of ours that somebody undid: a Secret that no longer holds the data that we last wrote,
or is gone; a recorded entry of a service account that is gone. Both are pure state machines; times are
seconds of one clock that only goes forward.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ecr_operator.api.names import FIELD_MANAGER

WINDOW: Final = 600.0
"""Strikes further apart do not belong together."""
CONTESTED: Final = 3
"""Strikes from which on it is a contention, and is reported."""
FIRST_DELAY, LONGEST_DELAY = 5.0, 600.0
"""Between which the delay of a contested Secret's restoration doubles."""
LEFT_ALONE: Final = 3600.0
"""How long a contested entry of a service account is left alone."""
_LARGEST_EXPONENT: Final = 40
SOMEBODY: Final = "somebody"


@dataclass(frozen=True, slots=True)
class SecretStrikes:
    """The strikes against one Secret; a Secret has them until it was left in peace for `WINDOW` seconds."""

    count: int = 0
    until: float = 0.0
    """Before this it is not restored."""
    manager: str = SOMEBODY
    """The field manager of the last strike."""

    def struck(self, now: float, manager: str = SOMEBODY) -> "SecretStrikes":
        """One strike more: the first ones are restored at once, later ones after a growing delay."""
        count = 1 if self.is_over(now) else self.count + 1
        doublings = min(count - CONTESTED, _LARGEST_EXPONENT)
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0**doublings) if count >= CONTESTED else 0.0
        return SecretStrikes(count, now + delay, manager)

    def is_contested(self, now: float) -> bool:
        """Whether it is reported: `SecretContested`."""
        return self.count >= CONTESTED and not self.is_over(now)

    def is_held(self, now: float) -> bool:
        """Whether the Secret is not restored yet."""
        return now < self.until

    def is_over(self, now: float) -> bool:
        """Whether nothing has happened for so long that the strikes can be forgotten."""
        return self.count == 0 or now - self.until > WINDOW


@dataclass(frozen=True, slots=True)
class EntryStrikes:
    """The strikes against one Secret's entry in one service account (by uid)."""

    times: tuple[float, ...] = ()
    """Those within the window before the last, fewer than `CONTESTED`."""
    until: float = 0.0
    """Before this the entry is left alone."""
    generation: int = 0
    """The EcrPullSecret's that the entry was left alone for: a new one tries again."""
    manager: str = SOMEBODY

    def struck(self, now: float, generation: int, manager: str = SOMEBODY) -> "EntryStrikes":
        """One strike more; the third within the window ends the tries."""
        times = (*(time for time in self.times if now - time < WINDOW), now)
        if len(times) < CONTESTED:
            return EntryStrikes(times, 0.0, generation, manager)
        return EntryStrikes((), now + LEFT_ALONE, generation, manager)

    def is_held(self, now: float, generation: int) -> bool:
        """Whether the entry is left alone: `ServiceAccountContested`."""
        return now < self.until and generation == self.generation

    def is_over(self, now: float) -> bool:
        """Whether the strikes can be forgotten."""
        return now >= self.until and not any(now - time < WINDOW for time in self.times)


def last_manager(managed_fields: Iterable[Mapping[str, Any]], field: str) -> str:
    """The manager other than us that wrote `field` of an object (``data``, ``imagePullSecrets``) last.

    `managed_fields` is the object's ``metadata.managedFields``. Who removed a list or an object is not to be
    seen there; then it is whoever changed the object last.
    """
    others = [
        entry
        for entry in managed_fields
        if entry.get("manager", FIELD_MANAGER) != FIELD_MANAGER and not entry.get("subresource")
    ]
    others.sort(key=lambda entry: (f"f:{field}" in (entry.get("fieldsV1") or {}), str(entry.get("time", ""))))
    return str(others[-1]["manager"]) if others else SOMEBODY
