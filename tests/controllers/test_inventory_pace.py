"""When the images of repositories are counted: spread, within the budget, all alike. In virtual time."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from ecr_operator.aws.errors import AwsError, CircuitOpen, Kind
from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.controllers.inventory_pace import InventoryPace
from ecr_operator.metrics import Metrics
from ecr_operator.reasons import Reason
from tests.engine.virtual import run

INTERVAL, PER_MINUTE = 900.0, 300
LONGEST = INTERVAL * 1.1
MANY = range(1000)
Before = Callable[[int], Coroutine[Any, Any, None]]


class World:
    """A pace, and what it reads. A key takes one call unless `calls` says otherwise."""

    def __init__(self, *, interval: float = INTERVAL, per_minute: int = PER_MINUTE, seed: int = 7) -> None:
        self.metrics = Metrics()
        self.reads: list[tuple[float, int]] = []
        self.calls: dict[int, int | None] = {}
        self.failures: dict[int, Exception] = {}
        self.circuit_open = False
        self.during: Before | None = None
        self.loop = asyncio.get_running_loop()
        self.pace: InventoryPace[int] = InventoryPace(
            self._read,
            interval=interval,
            budget=CallBudget(per_minute),
            gauge=self.metrics.inventory_interval.labels("here"),
            chance=Random(seed),
        )
        self.running = asyncio.create_task(self.pace.run())

    async def _read(self, key: int) -> int | None:
        if self.during is not None:
            await self.during(key)
        if self.circuit_open:
            raise CircuitOpen("DescribeImages", "no answer")
        self.reads.append((self.loop.time(), key))
        if key in self.failures:
            raise self.failures[key]
        return self.calls.get(key, 1)

    def times(self, key: int) -> list[float]:
        """When a key was read."""
        return [when for when, other in self.reads if other == key]

    def between(self, begin: float, end: float) -> list[int]:
        """The keys that were read in that time, in order."""
        return [key for when, key in self.reads if begin <= when < end]

    @property
    def interval(self) -> float | None:
        """As the metric says."""
        return self.metrics.registry.get_sample_value(
            "ecr_operator_inventory_interval_seconds", {"region": "here"}
        )


def paced(main: Callable[[World], Coroutine[Any, Any, None]], **settings: Any) -> None:
    """Run a test's coroutine beside a pace; the time begins with 0."""

    async def whole() -> None:
        world = World(**settings)
        await main(world)
        assert not world.running.done()
        world.running.cancel()

    run(whole())


def test_after_a_start_all_are_spread_over_one_interval_that_begins_in_a_minute() -> None:
    async def main(world: World) -> None:
        for key in MANY:
            world.pace.add(key)
        await asyncio.sleep(60 + INTERVAL + 10)
        firsts = sorted(world.times(key)[0] for key in MANY)
        assert firsts[0] >= 60
        assert firsts[-1] <= 60 + INTERVAL + 2
        tenths = Counter(int((first - 60) / INTERVAL * 10) for first in firsts)
        assert all(60 <= tenths[tenth] <= 140 for tenth in range(10))

    paced(main)


def test_a_thousand_repositories_take_a_thousand_calls_an_interval() -> None:
    async def main(world: World) -> None:
        for key in MANY:
            world.pace.add(key)
        await asyncio.sleep(60 + 11 * INTERVAL)
        assert 9_800 <= len(world.between(60 + INTERVAL, 60 + 11 * INTERVAL)) <= 10_200
        for key in MANY:
            times = world.times(key)
            gaps = [later - former for former, later in pairwise(times)]
            # Seconds more where several are due at once.
            assert all(0.9 * INTERVAL <= gap <= LONGEST + 10 for gap in gaps)
        assert world.interval is not None
        assert INTERVAL <= world.interval <= INTERVAL + 10

    paced(main)


def test_intervals_differ_so_that_no_two_stay_together() -> None:
    async def main(world: World) -> None:
        for key in range(20):
            world.pace.add(key, 0)
        await asyncio.sleep(INTERVAL + 100)
        seconds = sorted(world.times(key)[1] for key in range(20))
        assert seconds[-1] - seconds[0] > 60

    paced(main)


def test_a_budget_that_does_not_suffice_lengthens_the_interval_of_all_alike() -> None:
    """A thousand calls at 60 a minute take 1,000 s, not 300."""

    async def main(world: World) -> None:
        for key in MANY:
            world.pace.add(key)
        await asyncio.sleep(10_000)
        times = [when for when, _ in world.reads]
        assert all(later - former > 0.999 for former, later in pairwise(times))
        assert len(world.between(2_000, 8_000)) == 6_000
        # Jitter lets one pass another, no more.
        assert set(Counter(world.between(2_000, 8_000)).values()) <= {5, 6, 7}
        assert world.interval == pytest.approx(1_000, abs=50)

    paced(main, interval=300.0, per_minute=60)


def test_the_interval_is_the_set_one_again_when_there_are_fewer() -> None:
    async def main(world: World) -> None:
        for key in MANY:
            world.pace.add(key)
        await asyncio.sleep(5_000)
        for key in MANY[100:]:
            world.pace.discard(key)
        await asyncio.sleep(2_000)
        assert world.interval == pytest.approx(300, abs=5)

    paced(main, interval=300.0, per_minute=60)


def test_a_large_repository_is_paid_for_by_a_pause() -> None:
    async def main(world: World) -> None:
        world.calls[0] = 100
        world.pace.add(0, 5)
        world.pace.add(1, 6)
        await asyncio.sleep(200)
        assert world.reads == [(5, 0), (105, 1)]

    paced(main, per_minute=60)


def test_what_was_read_elsewhere_counts_in_the_budget_and_is_not_read_again_soon() -> None:
    async def main(world: World) -> None:
        world.pace.add(0, 5)
        world.pace.add(1, 6)
        world.pace.seen(0, 30)
        await asyncio.sleep(0.8 * INTERVAL)
        assert world.reads == [(30, 1)]
        await asyncio.sleep(0.4 * INTERVAL)
        assert len(world.times(0)) == 1

    paced(main, per_minute=60)


def test_a_new_repository_is_known_by_its_inventory_without_a_call() -> None:
    async def main(world: World) -> None:
        world.pace.seen(0, 0)
        assert 0 in world.pace
        world.pace.add(1, 0)
        await asyncio.sleep(0.8 * INTERVAL)
        assert world.reads == [(0, 1)]
        await asyncio.sleep(0.4 * INTERVAL)
        assert len(world.times(0)) == 1

    paced(main)


def test_one_that_is_added_later_has_its_turn() -> None:
    async def main(world: World) -> None:
        await asyncio.sleep(5_000)
        world.pace.add(1, 10)
        world.pace.add(2)
        # Known already.
        world.pace.add(1, 0)
        await asyncio.sleep(60 + INTERVAL)
        assert world.times(1)[0] == 5_010
        assert 5_060 <= world.times(2)[0] <= 5_060 + INTERVAL

    paced(main)


def test_a_discarded_one_is_not_read() -> None:
    async def main(world: World) -> None:
        world.pace.add(1, 10)
        world.pace.add(2, 20)
        world.pace.discard(1)
        # Due, and waiting for the budget.
        world.pace.seen(3, 30)
        await asyncio.sleep(25)
        assert 2 in world.pace
        world.pace.discard(2)
        world.pace.discard(3)
        assert len(world.pace) == 0
        await asyncio.sleep(3 * INTERVAL)
        assert world.reads == []

    paced(main, per_minute=60)


def test_one_that_is_gone_is_not_read_again() -> None:
    async def main(world: World) -> None:
        world.calls[1] = None
        world.pace.add(1, 10)
        await asyncio.sleep(3 * INTERVAL)
        assert world.reads == [(10, 1)]
        assert 1 not in world.pace

    paced(main)


def test_what_is_said_during_a_read_counts_more_than_its_result() -> None:
    async def main(world: World) -> None:
        async def during(key: int) -> None:
            await asyncio.sleep(1)
            if len(world.times(key)) == 0:
                meanwhile[key]()

        def created_again() -> None:
            world.pace.discard(1)
            world.pace.add(1, 100)

        meanwhile = {
            1: created_again,
            2: lambda: world.pace.discard(2),
            3: lambda: world.pace.again_in(3, 5),
            4: lambda: world.pace.seen(4, 1),
        }
        world.during = during
        world.calls = {1: None, 4: None}
        for key in meanwhile:
            world.pace.add(key, 10 * key)
        await asyncio.sleep(200)
        assert world.times(1) == [11, 112]
        assert world.times(2) == [21]
        assert world.times(3)[:2] == [31, 37]
        assert 1 not in world.pace
        assert 2 not in world.pace
        assert 4 in world.pace

    paced(main)


def test_one_that_is_to_be_read_sooner_is() -> None:
    async def main(world: World) -> None:
        world.pace.add(1, 100)
        world.pace.again_in(1, 10)
        world.pace.again_in(2, 20)
        await asyncio.sleep(50)
        assert world.reads == [(10, 1), (20, 2)]

    paced(main)


def test_one_that_is_due_is_not_put_off() -> None:
    async def main(world: World) -> None:
        world.pace.seen(3, 30)
        world.pace.add(1, 10)
        await asyncio.sleep(15)
        world.pace.again_in(1, 100)
        await asyncio.sleep(20)
        assert world.times(1) == [30]

    paced(main, per_minute=60)


def denied(key: int) -> AwsError:
    text = f"User: operator is not authorized to perform: ecr:DescribeImages on resource: repository/{key}"
    return AwsError(Kind.STALLED, Reason.ACCESS_DENIED, "AccessDeniedException", "DescribeImages", text)


def test_failures_are_logged_once_a_minute_and_met_again_an_interval_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main(world: World) -> None:
        for key in MANY:
            world.pace.add(key)
            world.failures[key] = denied(key)
        world.failures[0] = RuntimeError("not foreseen")
        with caplog.at_level(logging.WARNING):
            await asyncio.sleep(60 + 3 * INTERVAL)
        assert set(Counter(key for _, key in world.reads).values()) <= {2, 3, 4}
        denials = [record for record in caplog.records if "not authorized" in record.getMessage()]
        assert 40 <= len(denials) <= 46
        unforeseen = [record for record in caplog.records if "not foreseen" in record.getMessage()]
        assert len(unforeseen) == len(world.times(0))
        assert all(record.exc_info for record in unforeseen)
        assert len(denials) + len(unforeseen) == len(caplog.records)

    paced(main)


def test_failures_count_in_the_budget() -> None:
    async def main(world: World) -> None:
        for key in range(5):
            world.pace.add(key, 0)
            world.failures[key] = denied(key)
        await asyncio.sleep(10)
        assert [when for when, _ in world.reads] == [0, 1, 2, 3, 4]

    paced(main, per_minute=60)


def test_while_aws_does_not_answer_all_wait_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def main(world: World) -> None:
        tried: list[float] = []

        async def during(key: int) -> None:
            tried.append(world.loop.time())

        for key in range(100):
            world.pace.add(key, 10 + key / 10)
        world.circuit_open, world.during = True, during
        with caplog.at_level(logging.DEBUG, logger="ecr_operator"):
            await asyncio.sleep(2 * INTERVAL)
        assert world.reads == []
        assert len(tried) <= 2 * INTERVAL / 5
        assert not caplog.records
        assert world.interval == pytest.approx(3 * INTERVAL, abs=20)
        world.circuit_open = False
        await asyncio.sleep(30)
        # As long as they have waited, and no faster than ever.
        assert [key for _, key in world.reads] == list(range(100))
        times = [when for when, _ in world.reads]
        assert all(later - former > 0.199 for former, later in pairwise(times))
        await asyncio.sleep(INTERVAL)
        assert world.interval == pytest.approx(INTERVAL, abs=5)

    paced(main)


def test_one_that_is_discarded_in_an_outage_is_not_read_after_it() -> None:
    async def main(world: World) -> None:
        async def during(key: int) -> None:
            await asyncio.sleep(1)
            world.pace.discard(key)

        world.circuit_open, world.during = True, during
        world.pace.add(1, 0)
        await asyncio.sleep(10)
        world.circuit_open = False
        await asyncio.sleep(INTERVAL)
        assert world.reads == []

    paced(main)
