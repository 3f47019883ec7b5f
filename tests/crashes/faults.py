"""Which faults there are, and the order in which a seed takes them."""

from collections.abc import Callable
from random import Random

from tests.crashes.points import Point
from tests.crashes.rounds import Change, Fault, Trace
from tests.crashes.scenarios import CHANGED, SCENARIOS
from tests.crashes.views import StaleView, Unseen
from tests.sequences.specs import Spec

KEPT: Spec = {
    "deletionPolicy": "Delete",
    "imageTagMutability": "MUTABLE",
    "imageScanningConfiguration": {"scanOnPush": False},
}
"""What would else keep the value of a spec that was perhaps carried out, and perhaps not."""
CHANGES = (Change(KEPT), Change({**CHANGED, "tags": {"c": "next"}}), Change(None))
"""All parts are taken back; all are changed; the object is deleted."""

Changes = tuple[Change, ...]
Certain = Callable[[str, int, Spec | None], bool]
"""Whether how far a scenario got, by its title, before a spec was applied, may make no difference."""


def crashes(traces: dict[str, Trace]) -> list[Fault]:
    """A crash right before and right after each write."""
    return [
        Fault(title, (Point(number, when),))
        for title, trace in traces.items()
        for number in range(len(trace.writes))
        for when in ("before", "after")
    ]


def crashes_and_changes(
    traces: dict[str, Trace], changes: Changes = CHANGES, certain: Certain | None = None
) -> list[Fault]:
    """A crash right before each write but the first, and a change before the next start."""
    return [
        Fault(title, (Point(number),), change)
        for title, trace in traces.items()
        for number in range(1, len(trace.writes))
        for change in changes
        if (certain or _is_certain)(title, number, change.spec)
    ]


def repeated_crashes(traces: dict[str, Trace], random: Random, count: int) -> list[Fault]:
    """Two or three crashes in a row, anywhere."""
    titles = [title for title, trace in traces.items() if trace.writes]
    found = []
    for _ in range(count):
        title = random.choice(titles)
        numbers = range(len(traces[title].writes))
        points = (
            Point(random.choice(numbers), random.choice(("before", "after")))
            for _ in range(random.randint(2, 3))
        )
        found.append(Fault(title, tuple(points)))
    return found


def stale_views(traces: dict[str, Trace]) -> list[StaleView]:
    """A stale view right before each write."""
    return [
        StaleView(title, number) for title, trace in traces.items() for number in range(len(trace.writes))
    ]


def unseen_changes(
    traces: dict[str, Trace], changes: Changes = CHANGES, certain: Certain | None = None
) -> list[Unseen]:
    """A change that no event tells of right before each write."""
    return [
        Unseen(title, number, change)
        for title, trace in traces.items()
        for number in range(len(trace.writes))
        for change in changes
        if (certain or _is_certain)(title, number, change.spec)
    ]


def _is_certain(title: str, number: int, spec: Spec | None) -> bool:
    """Whether how far the scenario got before the change may make no difference.

    It may where a spec that was overtaken meets what others have put there, and where a deletion overtakes
    the finalizer that was to hold it.
    """
    scenario = SCENARIOS[title]
    if scenario.by_hand or scenario.again or scenario.after is None:
        return False
    held = bool(scenario.before and scenario.before.get("deletionPolicy") == "Delete")
    deletes = scenario.after.get("deletionPolicy", "Retain") != "Retain"
    return spec is not None or (
        deletes and not (scenario.before or {}).get("suspend") and (held or number > 0)
    )
