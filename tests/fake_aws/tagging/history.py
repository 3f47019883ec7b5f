"""What GetResources may know of a repository's tags: each state, and since when.

Source: API reference of GetResources: it returns resources "that are currently tagged or ever had a tag",
those without tags now "with an empty tag set". AWS's eventual consistency is not bounded by any document:
how late a write is seen, and how long a deleted resource stays listed, are knobs (public reports say
seconds, and hours).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..behaviour import BEHAVIOUR

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """The tags of a resource from a moment on; None: the resource was deleted."""

    since: float
    tags: Tags | None


class TagHistory:
    """The states of every resource of one account and region that ever had a tag."""

    def __init__(self) -> None:
        self._states: dict[str, list[State]] = {}

    def record(self, arn: str, tags: Tags | None) -> None:
        """Note the tags that a resource has from now on (None: it is gone). Never tagged: never known."""
        if not tags and arn not in self._states:
            return
        now = time.monotonic()
        states = self._states.setdefault(arn, [])
        states.append(State(now, None if tags is None else dict(tags)))
        if len(states) > 2:
            self._forget(states, now)

    def _forget(self, states: list[State], now: float) -> None:
        """Drop the states that no reader can see any more, however the knobs are turned up to an hour."""
        while len(states) > 2 and states[1].since < now - 3600:
            states.pop(0)

    def clear_ghosts(self) -> None:
        """Forget all deleted resources."""
        for arn in [arn for arn, states in self._states.items() if states[-1].tags is None]:
            del self._states[arn]

    def visible(self) -> Iterator[tuple[str, Tags]]:
        """The resources as GetResources sees them now, in the order in which they were first tagged."""
        seen_until = time.monotonic() - BEHAVIOUR.tagging_lag
        if BEHAVIOUR.tagging_frozen_at is not None:
            seen_until = min(seen_until, BEHAVIOUR.tagging_frozen_at)
        for arn, states in list(self._states.items()):
            tags = self._tags_at(states, seen_until)
            if tags is not None:
                yield arn, tags

    @staticmethod
    def _tags_at(states: list[State], moment: float) -> Tags | None:
        """The tags that were known at `moment`, a ghost's too."""
        known = [state for state in states if state.since <= moment]
        if not known:
            return None
        last = known[-1]
        if last.tags is not None:
            return last.tags
        ghosts = BEHAVIOUR.ghosts_seconds
        if ghosts is None or moment < last.since + ghosts:
            return known[-2].tags if len(known) > 1 else None
        return None
