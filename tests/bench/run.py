"""One case to run: its name says what, with how many repositories, and how slow AWS is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.bench import profile
from tests.bench.result import Result
from tests.bench.world import World
from tests.operator_process import OperatorProcess

NAME = re.compile(r"([a-z]+)-([1-9][0-9]*)(?:-([0-9]+)ms)?")


@dataclass(frozen=True)
class Options:
    """How to run all cases."""

    outage_seconds: float = 60.0
    restart_seconds: float = 10.0
    silence_seconds: float = 3.0
    """In which nothing is to happen."""
    profiles: Path | None = None
    """Where profiles are written; None: nothing is profiled."""


@dataclass(frozen=True)
class Run:
    """`kind` is what is measured, `latency` how long AWS takes to answer, in seconds."""

    case: str
    kind: str
    size: int
    latency: float
    options: Options

    @classmethod
    def of(cls, case: str, options: Options) -> Self:
        """`create-200-25ms`, understood. Raises `ValueError`."""
        found = NAME.fullmatch(case)
        if found is None:
            raise ValueError(f"{case!r} is no case: write <what>-<repositories>[-<latency>ms]")
        kind, size, milliseconds = found.groups()
        return cls(case, kind, int(size), int(milliseconds or 0) / 1000, options)

    def result(self, kind: str | None = None) -> Result:
        """An empty result, of this case or of a part of it."""
        case = self.case.replace(self.kind, kind, 1) if kind else self.case
        return Result(case, self.size, self.latency)

    @contextmanager
    def measured(self, world: World, operator: OperatorProcess) -> Iterator[None]:
        """What happens inside is under AWS's latency, and profiled where that was asked for."""
        world.aws.set_latency(self.latency)
        try:
            with profile.recorded(operator.pid, self.options.profiles, self.case):
                yield
        finally:
            world.aws.set_latency(0)
