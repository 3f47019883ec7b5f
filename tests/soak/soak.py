"""The soak: sequences and faults in turn until the time is over."""

import time
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.crashes import faults, views
from tests.crashes.lifecycle import scenarios as lifecycle
from tests.crashes.lifecycle.cases import Case as LifecycleCase
from tests.crashes.points import hooked
from tests.crashes.pull.cases import Case
from tests.crashes.pull.scenarios import CHANGES, SCENARIOS, is_certain
from tests.crashes.rounds import Fault, Rounds, Trace
from tests.crashes.stale import Deafness, deafness
from tests.crashes.views import StaleView, Unseen
from tests.sequences.campaign import Campaign, Failure
from tests.sequences.lifecycle.driver import Driver as LifecycleDriver
from tests.sequences.lifecycle.specs import sequence as lifecycle_sequence
from tests.sequences.lifecycle.world import LifecycleWorld
from tests.sequences.pull.driver import Driver
from tests.sequences.pull.specs import sequence
from tests.sequences.pull.world import PullWorld
from tests.sequences.shrinking import shrunk
from tests.sequences.world import World

SEQUENCES, CRASHES, CHANGED, REPEATED, STALE, UNSEEN = 24, 30, 30, 10, 16, 12
"""How many of each in a round: small enough that a round ends within a minute or two."""


class Soak:
    """Its numbers are for the summary, of all kinds together."""

    def __init__(self, world: World, seed: int) -> None:
        pulls = PullWorld(world.cluster, world.aws, "pull")
        policies = LifecycleWorld(world.cluster, world.aws, "policies")
        self._worlds: tuple[Any, ...] = (world, pulls, policies)
        self._campaigns = (
            Campaign(world, seed),
            Campaign(pulls, seed, sequence, Driver),
            Campaign(policies, seed, lifecycle_sequence, LifecycleDriver),
        )
        self._random = Random(seed)
        self.divergences = 0
        self.crashes = self.stale = self.unseen = 0

    @property
    def sequences(self) -> int:
        """How many sequences have run."""
        return sum(campaign.sequences for campaign in self._campaigns)

    @property
    def steps(self) -> int:
        """How many steps they had."""
        return sum(campaign.steps for campaign in self._campaigns)

    def run(self, minutes: float) -> None:
        """Rounds until the time is over; at least one."""
        deadline = time.monotonic() + 60 * minutes
        while True:
            begin = self._campaigns[0].sequences
            self._sequences(range(begin, begin + SEQUENCES))
            for faults_of in (self._faults, self._pull_faults, self._lifecycle_faults):
                if time.monotonic() < deadline:
                    faults_of()
            if time.monotonic() >= deadline:
                return

    def again(self, number: int) -> None:
        """One sequence of the seed, alone, of each kind."""
        self._sequences(range(number, number + 1))

    def _sequences(self, numbers: range) -> None:
        for world, campaign in zip(self._worlds, self._campaigns, strict=True):
            with world.running():
                campaign.run(numbers)
                for failure in campaign.failures:
                    self._tell(str(self._shrunk(campaign, failure)))
                campaign.failures.clear()

    def _shrunk(self, campaign: Campaign, failure: Failure) -> Failure:
        self._worlds[0].forget()
        steps = shrunk(list(failure.steps), lambda steps: campaign.problem_of(steps) is not None)
        problem = campaign.problem_of(steps)
        return Failure(failure.seed, problem or f"{failure.problem} (not every time)", tuple(steps))

    def _faults(self) -> None:
        with hooked() as points, deafness() as deaf:
            rounds = Rounds(self._worlds[0], points)
            traces = rounds.traces()
            self._crashes(rounds, traces, faults.crashes_and_changes(traces))
            self._stale(rounds, traces)
            self._unseen(rounds, faults.unseen_changes(traces), deaf)

    def _pull_faults(self) -> None:
        with hooked() as points, deafness() as deaf:
            rounds = Rounds(self._worlds[1], points, SCENARIOS, Case)
            traces = rounds.traces()
            self._crashes(rounds, traces, faults.crashes_and_changes(traces, CHANGES, is_certain))
            self._stale(rounds, traces)
            self._unseen(rounds, faults.unseen_changes(traces, CHANGES, is_certain), deaf)

    def _lifecycle_faults(self) -> None:
        changes, is_certain = lifecycle.CHANGES, lifecycle.is_certain
        with hooked() as points, deafness() as deaf:
            rounds = Rounds(self._worlds[2], points, lifecycle.SCENARIOS, LifecycleCase)
            traces = rounds.traces()
            self._crashes(rounds, traces, faults.crashes_and_changes(traces, changes, is_certain))
            self._stale(rounds, traces)
            self._unseen(rounds, faults.unseen_changes(traces, changes, is_certain), deaf)

    def _crashes(self, rounds: Rounds, traces: dict[str, Trace], changed: list[Fault]) -> None:
        chosen = self._random.sample(faults.crashes(traces), CRASHES) + self._random.sample(changed, CHANGED)
        chosen += faults.repeated_crashes(traces, self._random, REPEATED)
        self._tell_all(rounds.crashes(chosen, traces))
        self.crashes += self._reached(rounds)

    def _stale(self, rounds: Rounds, traces: dict[str, Trace]) -> None:
        chosen: Sequence[StaleView] = self._random.sample(faults.stale_views(traces), STALE)
        self._tell_all(views.stale_views(rounds, chosen, traces))
        self.stale += self._reached(rounds)

    def _unseen(self, rounds: Rounds, changes: list[Unseen], deaf: Deafness) -> None:
        self._tell_all(views.unseen_changes(rounds, self._random.sample(changes, UNSEEN), deaf))
        self.unseen += self._reached(rounds)

    @staticmethod
    def _reached(rounds: Rounds) -> int:
        """The points met since it was last asked: those alone were faults."""
        reached, rounds.reached = rounds.reached, 0
        return reached

    def _tell_all(self, divergences: list[str]) -> None:
        for divergence in divergences:
            self._tell(divergence)

    def _tell(self, divergence: str) -> None:
        self.divergences += 1
        print(f"DIVERGENCE {divergence}\n", flush=True)
