"""What is measured while AWS is slow to serve, or does not serve at all."""

import time
from collections.abc import Iterator

from tests.bench.budgets import (
    AFTER_WRITES,
    OUTAGE_WRITES,
    PROBES,
    RECOVERY,
    SECONDS,
    TIMES_FLOOR,
)
from tests.bench.cases import patience
from tests.bench.measure import Meter
from tests.bench.result import Result
from tests.bench.run import Run
from tests.bench.world import World, wait_idle

RATE = 20
"""Calls a second that a throttled AWS serves, and as many at once."""
PROBE_SECONDS = 5.0
RECOVERY_TIMEOUT = 180.0


def throttle(world: World, run: Run) -> Iterator[Result]:
    """Create while AWS serves few calls a second."""
    result, population = run.result(), world.new_population(run.size)
    with world.operator() as operator, run.measured(world, operator):
        meter = Meter(world, operator)
        world.aws.set_rates({"*": [RATE, RATE]})
        wave = population.create(4 * patience(run.size))
        world.aws.set_rates(None)
        refused = sum(sum(codes.values()) for codes in world.aws.refusals().values())
        wait_idle(operator)
        cost = meter.read(users=run.size)
    floor = max(0.1, (cost.total_calls - refused - RATE) / RATE)
    result.add(SECONDS, None if wave.missing else wave.seconds)
    result.add(f"seconds at {RATE} calls/s, none refused", floor)
    result.add(TIMES_FLOOR, None if wave.missing else wave.seconds / floor)
    result.add("refused AWS calls per repository", refused / run.size)
    result.add_cost(cost)
    if wave.missing:
        result.remarks.append(f"{wave.missing} were not Ready after {wave.seconds:.0f} s")
    world.keep(None if wave.missing else population)
    yield result


def outage(world: World, run: Run) -> Iterator[Result]:
    """AWS refuses every call, and each object's spec is changed meanwhile."""
    result, lasting = run.result(), run.options.outage_seconds
    population = world.population_in_sync(run.size)
    with world.operator() as operator, run.measured(world, operator):
        during = Meter(world, operator)
        world.aws.set_outage("refused")
        begin = time.monotonic()
        population.change()
        time.sleep(max(0.0, begin + lasting - time.monotonic()))
        cost = during.read(users=run.size)
        moments = [at - begin for at in world.aws.attempts()]
        after = Meter(world, operator)
        world.aws.set_outage(None)
        wave = population.wait_ready(RECOVERY_TIMEOUT)
        wait_idle(operator)
        later = after.read()
    first = sum(at <= PROBE_SECONDS for at in moments)
    result.add(f"AWS calls in the first {PROBE_SECONDS:.0f} s of the outage", float(first))
    if lasting > PROBE_SECONDS:
        result.add(PROBES, (len(moments) - first) / ((lasting - PROBE_SECONDS) / PROBE_SECONDS))
    result.add(OUTAGE_WRITES, cost.status_writes / run.size)
    result.add("CPU of the outage, s", cost.cpu)
    result.add(RECOVERY, None if wave.missing else wave.seconds)
    result.add(AFTER_WRITES, later.status_writes / run.size)
    result.add_cost(later)
    result.remarks.append(
        f"the outage lasted {lasting:.0f} s; what is per repository, and not said otherwise, is after it"
    )
    if wave.missing:
        result.remarks.append(f"{wave.missing} were not Ready {wave.seconds:.0f} s after it")
    world.keep(None)
    yield result
