"""Rounds of many cases side by side, each with its own fault, and the undisturbed run that judges them.

One operator is killed while each case is held at another point: the state that a case is left in is the same
as if its own operator had been killed there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

from tests.crashes.cases import Case, Ending
from tests.crashes.points import Killed, Point, Points
from tests.crashes.scenarios import SCENARIOS
from tests.running import RunningOperator
from tests.sequences.specs import Spec
from tests.sequences.world import Divergence

NEVER = Point(10**6)
REACH_SECONDS = 180.0
AT_ONCE = 8
"""How many cases are set up and looked at in parallel."""
WORKERS = 200
"""Each held case holds a worker."""


@dataclass(frozen=True)
class Trace:
    """A scenario without faults."""

    writes: tuple[str, ...]
    ending: Ending


@dataclass(frozen=True)
class Change:
    """What the user does next: apply a spec, or with None delete the object."""

    spec: Spec | None

    def make(self, case: Case) -> None:
        """Do it."""
        if self.spec is None:
            case.delete()
        else:
            case.apply(self.spec)

    def __str__(self) -> str:
        return "deleted" if self.spec is None else f"changed to {self.spec}"


@dataclass(frozen=True)
class Fault:
    """A case in which the operator is killed at these points, one after the other.

    `then` is what the user does before the last start: it shows whether what was begun was recorded.
    """

    title: str
    points: tuple[Point, ...]
    then: Change | None = None

    def __str__(self) -> str:
        then = f", then {self.then}" if self.then else ""
        return f"{self.title}: killed {', '.join(map(str, self.points))}{then}"


class Rounds:
    """Faults for the scenarios of a world, whose kind has a `case` of its own."""

    def __init__(
        self,
        world: Any,
        points: Points,
        scenarios: Mapping[str, Any] = SCENARIOS,
        case: Callable[[Any, Any], Any] = Case,
    ) -> None:
        self.world = world
        self.points = points
        self.scenarios = scenarios
        self._case = case
        self._changed: dict[tuple[str, str], Ending] = {}
        self.reached = 0
        """At how many points the operator was killed."""

    def case(self, title: str) -> Case:
        """A new object for a scenario."""
        found: Case = self._case(self.world, self.scenarios[title])
        return found

    def traces(self) -> dict[str, Trace]:
        """What each scenario writes, and where it ends, when nothing goes wrong."""
        cases = {title: self.case(title) for title in self.scenarios}
        with running(self.world):
            self.ready(cases.values())
            for case in cases.values():
                self.points.arm(case.name, NEVER)
            each(methodcaller("act"), cases.values())
            endings = each(methodcaller("ending"), cases.values())
        found = {
            title: Trace(tuple(self.points.trace[case.name]), ending)
            for (title, case), ending in zip(cases.items(), endings, strict=True)
        }
        self.close(cases.values())
        return found

    def crashes(self, faults: Sequence[Fault], traces: dict[str, Trace]) -> list[str]:
        """Kill the operator at each fault's points in turn; what ends otherwise than its trace."""
        self.learn((fault.title, fault.then) for fault in faults if fault.then is not None)
        cases = [self.case(fault.title) for fault in faults]
        depth = max(len(fault.points) for fault in faults)
        with doomed(self.world, self.points) as operator:
            self.ready(cases)
            self._arm(faults, cases, 0)
            each(methodcaller("act"), cases)
            self._held(operator, cases)
        each(methodcaller("killed"), cases)
        for number in range(1, depth + 1):
            # In the last run nothing is armed.
            self._arm(faults, cases, number)
            if number < depth:
                with doomed(self.world, self.points) as operator:
                    self._held(operator, cases)
                each(methodcaller("killed"), cases)
        for fault, case in zip(faults, cases, strict=True):
            if fault.then is not None:
                fault.then.make(case)
        with running(self.world):
            return self.judged(faults, cases, [self.expected(fault, traces) for fault in faults])

    def expected(self, fault: Fault, traces: dict[str, Trace]) -> Ending:
        """How a case ends without the fault."""
        if fault.then is None:
            return traces[fault.title].ending
        return self._changed[fault.title, str(fault.then)]

    def learn(self, changes: Iterable[tuple[str, Change]]) -> None:
        """Find out how scenarios end that are followed by a change, each in its turn and in peace."""
        new = {(title, str(change)): (title, change) for title, change in changes}
        todo = [new[key] for key in new if key not in self._changed]
        cases = [self.case(title) for title, _ in todo]
        with running(self.world):
            self.ready(cases)
            each(methodcaller("act"), cases)
            each(methodcaller("ending"), cases)
            for (_, change), case in zip(todo, cases, strict=True):
                change.make(case)
            for (title, change), ending in zip(todo, each(methodcaller("ending"), cases), strict=True):
                self._changed[title, str(change)] = ending
            self.close(cases)

    def changed(self, title: str, change: Change) -> Ending:
        """What `learn` has found out."""
        return self._changed[title, str(change)]

    def ready(self, cases: Iterable[Case]) -> None:
        """Set the cases up."""
        cases = list(cases)
        each(methodcaller("begin"), cases)
        each(methodcaller("prepare"), cases)

    def judged(self, faults: Sequence[object], cases: list[Case], expected: list[Ending]) -> list[str]:
        """What has ended otherwise than expected."""
        endings = each(_ending, cases)
        self._count_reached(cases)
        self.close(cases)
        return [
            f"{fault}: {ending}\nexpected {wanted}"
            for fault, ending, wanted in zip(faults, endings, expected, strict=True)
            if ending != wanted
        ]

    def _arm(self, faults: Sequence[Fault], cases: Sequence[Case], number: int) -> None:
        for fault, case in zip(faults, cases, strict=True):
            self.points.arm(case.name, fault.points[number] if number < len(fault.points) else NEVER)

    def _held(self, operator: RunningOperator, cases: list[Case]) -> None:
        """Wait until each case is held at its point, or has passed it by and ended."""
        waiting = list(cases)

        def all_held() -> bool:
            waiting[:] = [
                case for case in waiting if not self.points.reached(case.name) and not case.has_ended()
            ]
            return not waiting

        operator.wait(all_held, REACH_SECONDS, "arrival at the points")
        self._count_reached(cases)

    def _count_reached(self, cases: Iterable[Case]) -> None:
        """Add to `reached` the cases whose point was met."""
        self.reached += sum(self.points.reached(case.name) for case in cases)

    def close(self, cases: Iterable[Case]) -> None:
        """Leave nothing behind of the cases, and disarm all points."""
        each(methodcaller("clean"), cases)
        self.points.forget()


def each(do: Callable[[Case], Any], cases: Iterable[Case]) -> list[Any]:
    """Do it for all cases, some at once, in any order; the results in the order of the cases."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(do, cases))


def _ending(case: Case) -> Ending | str:
    try:
        return case.ending()
    except Divergence as error:
        return str(error)


def running(world: Any, **settings: Any) -> AbstractContextManager[RunningOperator]:
    """The operator, with a worker for every case."""
    found: AbstractContextManager[RunningOperator] = world.running(workers=WORKERS, **settings)
    return found


@contextmanager
def doomed(world: Any, points: Points):  # type: ignore[no-untyped-def]
    """An operator that is killed in the end."""
    operator = world.operator(workers=WORKERS)
    try:
        yield operator.start().wait_ready()
    finally:
        with suppress(Killed):
            points.kill(operator)
