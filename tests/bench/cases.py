"""What is measured while all is well: creating, restarting, comparing, healing, deleting."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

from tests.bench.budgets import GONE, HEALED, READY, RSS, SECONDS, START_CALLS, START_CPU, STATUS_WRITES
from tests.bench.measure import Meter
from tests.bench.population import Population
from tests.bench.result import Result
from tests.bench.run import Run
from tests.bench.world import START_TIMEOUT, World, wait_idle
from tests.operator_process import OperatorProcess

SWEEP_INTERVAL = 5.0
"""Seconds between sweeps: the first comes half of it after the start or later, the next no earlier than
four fifths of it after the end of that.
"""
SWEEP_QUIET = 2.0
"""A sweep is over when nothing was asked for so long."""
SWEEP_TIMEOUT = 600.0
POLL = 0.1


def patience(size: int) -> float:
    """How many seconds a wave may take before it is given up."""
    return 60 + size / 5


def create(world: World, run: Run) -> Iterator[Result]:
    """Post all objects, and wait until they are Ready."""
    result, population = run.result(), world.new_population(run.size)
    _create(world, run, result, population)
    yield result


def delete(world: World, run: Run) -> Iterator[Result]:
    """The same with objects that delete their repositories, then delete all."""
    population = world.new_population(run.size, "Delete")
    created, deleted = run.result("deletable"), run.result()
    _create(world, run, created, population)
    yield created
    with world.operator() as operator, run.measured(world, operator):
        meter = Meter(world, operator)
        wave = population.delete(patience(run.size))
        deleted.add(GONE, None if wave.missing else wave.seconds)
        wait_idle(operator)
        deleted.add_cost(meter.read(users=run.size))
    world.keep(None)
    yield deleted


def restart(world: World, run: Run) -> Iterator[Result]:
    """Start an operator that finds everything in sync."""
    result = run.result()
    world.population_in_sync(run.size)
    meter, begin = Meter(world), time.monotonic()
    operator = world.start()
    with world.stopped(operator), run.measured(world, operator):
        operator.wait_ready(START_TIMEOUT)
        result.add(READY, time.monotonic() - begin)
        wait_idle(operator)
        time.sleep(max(0.0, run.options.restart_seconds - (time.monotonic() - begin)))
        cost = meter.started(operator).read()
    result.add(START_CALLS, float(cost.total_calls))
    result.add(START_CPU, cost.cpu)
    result.add(STATUS_WRITES, cost.status_writes / run.size)
    result.add(RSS, cost.peak_megabytes)
    yield result


def resync(world: World, run: Run) -> Iterator[Result]:
    """One sweep over objects that are in sync."""
    result = run.result()
    world.population_in_sync(run.size)
    with _sweeping(world) as operator, run.measured(world, operator):
        meter = Meter(world, operator)
        begin, end = _sweep(world)
        cost = meter.read()
    result.add("seconds of the sweep", end - begin)
    result.add_cost(cost)
    yield result


def drift(world: World, run: Run) -> Iterator[Result]:
    """One sweep that finds one repository in a hundred changed by hand, and what mends them."""
    result = run.result()
    population, ecr = world.population_in_sync(run.size), world.aws.client("ecr", unseen=True)
    changed = population.repositories(max(1, run.size // 100))
    for name in changed:
        ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    with _sweeping(world) as operator, run.measured(world, operator):
        meter = Meter(world, operator)
        healed = _healed(world, changed)
        begin, _ = _sweep(world)
        wait_idle(operator)
        cost = meter.read()
    result.add(HEALED, None if healed is None else healed - begin)
    result.add_cost(cost)
    result.add("AWS writes per repository changed by hand", len(world.aws.writes()) / len(changed))
    result.add("API-server writes per repository changed by hand", cost.writes / len(changed))
    yield result


def _sweeping(world: World) -> AbstractContextManager[OperatorProcess]:
    return world.operator(ECR_OPERATOR_RESYNC_SECONDS=str(SWEEP_INTERVAL))


def _create(world: World, run: Run, result: Result, population: Population) -> None:
    with world.operator() as operator, run.measured(world, operator):
        meter = Meter(world, operator)
        wave = population.create(patience(run.size))
        result.add(SECONDS, None if wave.missing else wave.seconds)
        wait_idle(operator)
        result.add_cost(meter.read(users=run.size))
    world.keep(None if wave.missing else population)


def _sweep(world: World) -> tuple[float, float]:
    """Wait until a sweep has ended; when its first and its last call came."""
    seen, changed, deadline = 0, time.monotonic(), time.monotonic() + SWEEP_TIMEOUT
    while time.monotonic() < deadline:
        number = sum(world.aws.calls().values())
        now = time.monotonic()
        if number != seen:
            seen, changed = number, now
        elif number and now - changed > SWEEP_QUIET:
            moments = world.aws.attempts()
            return min(moments), max(moments)
        time.sleep(POLL)
    raise RuntimeError("no sweep came to its end")


def _healed(world: World, names: list[str]) -> float | None:
    """Wait until none of the repositories is mutable; when that was seen."""
    ecr = world.aws.client("ecr", unseen=True)
    deadline = time.monotonic() + SWEEP_TIMEOUT
    while time.monotonic() < deadline:
        pages = [
            ecr.describe_repositories(repositoryNames=names[at : at + 100])["repositories"]
            for at in range(0, len(names), 100)
        ]
        if all(one["imageTagMutability"] == "IMMUTABLE" for page in pages for one in page):
            return time.monotonic()
        time.sleep(POLL)
    return None
