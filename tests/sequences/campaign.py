"""Many sequences side by side, each by a seed of its own, and what came of them."""

import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.sequences.driver import Driver
from tests.sequences.steps import sequence
from tests.sequences.world import Divergence

AT_ONCE = 8


@dataclass(frozen=True)
class Failure:
    """A sequence that went wrong, and how."""

    seed: str
    problem: str
    steps: tuple[Any, ...]

    def __str__(self) -> str:
        lines = [f"sequence {self.seed}: {self.problem}"]
        return "\n".join([*lines, *(f"  {number}: {step}" for number, step in enumerate(self.steps))])


class Campaign:
    """Runs the sequences `<seed>:<number>`."""

    def __init__(
        self,
        world: Any,
        seed: int,
        draw: Callable[[Random], list[Any]] = sequence,
        driver: Callable[[Any], Any] = Driver,
    ) -> None:
        self._world = world
        self._seed = seed
        self._draw = draw
        self._driver = driver
        self.failures: list[Failure] = []
        self.sequences = 0
        self.steps = 0

    def run(self, numbers: Iterable[int]) -> None:
        """Run these; failures are collected."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(self._run, numbers))
        self.sequences += len(found)
        self.failures += [failure for failure in found if failure is not None]

    def _run(self, number: int) -> Failure | None:
        seed = f"{self._seed}:{number}"
        steps = self._draw(Random(seed))
        # One writer of a number that is for people: a lost step or two does no harm.
        self.steps += len(steps)
        problem = self.problem_of(steps)
        return None if problem is None else Failure(seed, problem, tuple(steps))

    def problem_of(self, steps: list[Any]) -> str | None:
        """What goes wrong with these steps; None: nothing."""
        try:
            self._driver(self._world).run(steps)
        except Divergence as error:
            return str(error)
        except Exception:
            return traceback.format_exc()
        return None
