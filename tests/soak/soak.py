"""The soak: sequences and faults in turn until the time is over."""

import time
from collections.abc import Sequence
from random import Random

from tests.crashes import faults, views
from tests.crashes.points import hooked
from tests.crashes.rounds import Fault, Rounds, Trace
from tests.crashes.stale import deafness
from tests.crashes.views import StaleView, Unseen
from tests.sequences.campaign import Campaign, Failure, problem_of
from tests.sequences.shrinking import shrunk
from tests.sequences.world import World

SEQUENCES, CRASHES, CHANGED, REPEATED, STALE, UNSEEN = 24, 30, 30, 10, 16, 12
"""How many of each in a round: small enough that a round ends within a minute or two."""


class Soak:
    """Its numbers are for the summary."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._campaign = Campaign(world, seed)
        self._random = Random(seed)
        self.divergences = 0
        self.crashes = self.stale = self.unseen = 0

    @property
    def sequences(self) -> int:
        """How many sequences have run."""
        return self._campaign.sequences

    @property
    def steps(self) -> int:
        """How many steps they had."""
        return self._campaign.steps

    def run(self, minutes: float) -> None:
        """Rounds until the time is over; at least one."""
        deadline = time.monotonic() + 60 * minutes
        while True:
            self._sequences()
            if time.monotonic() < deadline:
                self._faults()
            if time.monotonic() >= deadline:
                return

    def again(self, number: int) -> None:
        """One sequence of the seed, alone."""
        with self._world.running():
            self._run_sequences(range(number, number + 1))

    def _sequences(self) -> None:
        begin = self._campaign.sequences
        with self._world.running():
            self._run_sequences(range(begin, begin + SEQUENCES))

    def _run_sequences(self, numbers: range) -> None:
        self._campaign.run(numbers)
        for failure in self._campaign.failures:
            self._tell(str(self._shrunk(failure)))
        self._campaign.failures.clear()

    def _shrunk(self, failure: Failure) -> Failure:
        self._world.forget()
        steps = shrunk(list(failure.steps), lambda steps: problem_of(self._world, steps) is not None)
        problem = problem_of(self._world, steps)
        return Failure(failure.seed, problem or f"{failure.problem} (not every time)", tuple(steps))

    def _faults(self) -> None:
        with hooked() as points, deafness() as deaf:
            rounds = Rounds(self._world, points)
            traces = rounds.traces()
            crashes = self._chosen_crashes(traces)
            self._tell_all(rounds.crashes(crashes, traces))
            self.crashes += self._reached(rounds)
            stale: Sequence[StaleView] = self._random.sample(faults.stale_views(traces), STALE)
            self._tell_all(views.stale_views(rounds, stale, traces))
            self.stale += self._reached(rounds)
            unseen: Sequence[Unseen] = self._random.sample(faults.unseen_changes(traces), UNSEEN)
            self._tell_all(views.unseen_changes(rounds, unseen, deaf))
            self.unseen += self._reached(rounds)

    @staticmethod
    def _reached(rounds: Rounds) -> int:
        """The points met since it was last asked: those alone were faults."""
        reached, rounds.reached = rounds.reached, 0
        return reached

    def _chosen_crashes(self, traces: dict[str, Trace]) -> list[Fault]:
        single = self._random.sample(faults.crashes(traces), CRASHES)
        single += self._random.sample(faults.crashes_and_changes(traces), CHANGED)
        return single + faults.repeated_crashes(traces, self._random, REPEATED)

    def _tell_all(self, divergences: list[str]) -> None:
        for divergence in divergences:
            self._tell(divergence)

    def _tell(self, divergence: str) -> None:
        self.divergences += 1
        print(f"DIVERGENCE {divergence}\n", flush=True)
