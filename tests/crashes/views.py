"""Faults of what the operator sees: a stale view, and a change of which no event comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import methodcaller

from tests.crashes.cases import Case
from tests.crashes.points import Point
from tests.crashes.rounds import REACH_SECONDS, Change, Rounds, Trace, each, running
from tests.crashes.stale import Deafness, show_old_lists

LIST_SECONDS = 1.0
"""How soon a list shows what the watch has missed."""


@dataclass(frozen=True)
class Unseen:
    """At a point the object is changed, or with None deleted, and no watch shows anything of it any more."""

    title: str
    number: int
    change: Change

    def __str__(self) -> str:
        return f"{self.title}: before write {self.number} it is {self.change}, unseen"


@dataclass(frozen=True)
class StaleView:
    """Right before a write lists show everything of the object as it was before the scenario's change."""

    title: str
    number: int

    def __str__(self) -> str:
        return f"{self.title}: stale view before write {self.number}"


def stale_views(rounds: Rounds, faults: Sequence[StaleView], traces: dict[str, Trace]) -> list[str]:
    """What ends otherwise than its trace after a stale view."""
    cases = [rounds.case(fault.title) for fault in faults]
    with running(rounds.world, list_seconds=LIST_SECONDS) as operator:
        rounds.ready(cases)
        store = operator._operator._store
        assert store is not None
        for fault, case in zip(faults, cases, strict=True):
            at = partial(show_old_lists, store, case.older)
            rounds.points.arm(case.name, Point(fault.number), at)
        each(methodcaller("act"), cases)
        return rounds.judged(faults, cases, [traces[fault.title].ending for fault in faults])


def unseen_changes(rounds: Rounds, faults: Sequence[Unseen], deaf: Deafness) -> list[str]:
    """What ends otherwise after an unseen change than after the same change that was seen in peace."""
    rounds.learn((fault.title, fault.change) for fault in faults)
    expected = [rounds.changed(fault.title, fault.change) for fault in faults]
    cases = [rounds.case(fault.title) for fault in faults]
    with running(rounds.world, list_seconds=LIST_SECONDS) as operator:
        rounds.ready(cases)
        for fault, case in zip(faults, cases, strict=True):
            rounds.points.arm(case.name, Point(fault.number), partial(_change, deaf, case, fault.change))
        each(methodcaller("act"), cases)
        waiting = list(cases)

        def all_changed() -> bool:
            waiting[:] = [
                case for case in waiting if not rounds.points.reached(case.name) and not case.has_ended()
            ]
            return not waiting

        operator.wait(all_changed, REACH_SECONDS, "arrival at the points")
        for fault, case in zip(faults, cases, strict=True):
            if not rounds.points.reached(case.name):
                # It has got by with fewer writes; the change is made all the same, and seen.
                fault.change.make(case)
        try:
            return rounds.judged(faults, cases, expected)
        finally:
            deaf.end()


def _change(deaf: Deafness, case: Case, change: Change) -> None:
    deaf.add(case.name)
    change.make(case)
