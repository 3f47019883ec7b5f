"""What is measured of pull credentials: handing out, refreshing, new namespaces, a restart, a refusal."""

import time
from collections.abc import Iterator

from tests.bench.budgets import (
    HELD,
    MINTS,
    NEW_P50,
    NEW_P99,
    PER_5_SECONDS,
    PULL_CPU,
    PULL_STATUS,
    REFUSED_WRITES,
    RSS,
    SECRET_WRITES,
    START_CALLS,
    START_CPU,
)
from tests.bench.cases import patience
from tests.bench.measure import requests
from tests.bench.process import cpu_seconds, peak_megabytes
from tests.bench.result import Result
from tests.bench.run import Run
from tests.bench.world import START_TIMEOUT, World, wait_idle
from tests.operator_process import OperatorProcess

NEW = 100
"""Namespaces that are created during a refresh."""
OPERATION = "GetAuthorizationToken"


class PullMeter:
    """Begins with its creation; `read` adds what it has cost since."""

    def __init__(self, world: World, operator: OperatorProcess | None) -> None:
        self._world = world
        self._operator = operator
        self._cpu = cpu_seconds(operator.pid) if operator else 0.0
        self._before = self._writes()
        world.aws.reset_calls()

    def started(self, operator: OperatorProcess) -> None:
        """Measure this one, all that it has taken included."""
        self._operator = operator

    def read(self, result: Result, cpu: str = PULL_CPU, calls: str = MINTS) -> None:
        """Note the cost."""
        assert self._operator is not None
        secrets, refused, accounts, status = (
            now - then for now, then in zip(self._writes(), self._before, strict=True)
        )
        result.add(calls, float(sum(self._world.aws.calls().values())))
        result.add(SECRET_WRITES, secrets / result.size)
        if refused:
            result.add(REFUSED_WRITES, float(refused))
        if accounts:
            result.add("service account writes per namespace", accounts / result.size)
        result.add(PULL_STATUS, float(status))
        result.add(cpu, cpu_seconds(self._operator.pid) - self._cpu)
        result.add(RSS, peak_megabytes(self._operator.pid))
        result.calls = self._world.aws.calls()

    def _writes(self) -> tuple[int, int, int, int]:
        metrics = self._world.plane.apiserver_metrics()
        status = requests(metrics, "ecrpullsecrets")["status"]
        done = requests(metrics, "secrets", "2")[""]
        refused = requests(metrics, "secrets")[""] - done
        return done, refused, requests(metrics, "serviceaccounts")[""], status


def pull(world: World, run: Run) -> Iterator[Result]:
    """Hand out to all namespaces."""
    yield from _handed_out(world, run, accounts=False)


def accounts(world: World, run: Run) -> Iterator[Result]:
    """Hand out to all namespaces, and put the Secret on a service account of each."""
    yield from _handed_out(world, run, accounts=True)


def refresh(world: World, run: Run) -> Iterator[Result]:
    """Refresh all namespaces, and create further ones meanwhile."""
    result, fresh = run.result(), run.result("new")
    namespaces = world.namespaces_in_sync(run.size)
    with world.operator() as operator, run.measured(world, operator):
        meter = PullMeter(world, operator)
        wave = namespaces.refresh(patience(run.size))
        result.add(HELD, None if wave.missing else wave.seconds)
        namespaces.wait_settled(patience(run.size))
        wait_idle(operator)
        meter.read(result)
        yield result
        namespaces.ask("new")
        taken = sorted(namespaces.latencies(NEW, 30.0))
        wait_idle(operator)
    fresh.add(NEW_P50, taken[len(taken) // 2])
    fresh.add(NEW_P99, taken[int(len(taken) * 0.99)])
    fresh.add("seconds until a new namespace has it, longest", taken[-1])
    world.forget_namespaces()
    yield fresh


def pullstart(world: World, run: Run) -> Iterator[Result]:
    """Start an operator that finds all Secrets in sync."""
    result = run.result()
    world.namespaces_in_sync(run.size)
    meter = PullMeter(world, None)
    operator = world.start()
    with world.stopped(operator), run.measured(world, operator):
        operator.wait_ready(START_TIMEOUT)
        meter.started(operator)
        wait_idle(operator)
        meter.read(result, START_CPU, START_CALLS)
    yield result


def refused(world: World, run: Run) -> Iterator[Result]:
    """AWS refuses the refresh."""
    result, lasting = run.result(), run.options.outage_seconds
    namespaces = world.namespaces_in_sync(run.size)
    with world.operator() as operator, run.measured(world, operator):
        meter = PullMeter(world, operator)
        rule = world.aws.inject(OPERATION, "AccessDeniedException")
        namespaces.ask("refused")
        time.sleep(lasting)
        meter.read(result)
        world.aws.clear(rule)
    result.add(PER_5_SECONDS, (result.figures[MINTS] or 0.0) / (lasting / 5))
    result.remarks.append(f"it lasted {lasting:.0f} s")
    world.forget_namespaces()
    yield result


def _handed_out(world: World, run: Run, *, accounts: bool) -> Iterator[Result]:
    result, namespaces = run.result(), world.new_namespaces(run.size, accounts=accounts)
    with world.operator() as operator, run.measured(world, operator):
        meter = PullMeter(world, operator)
        wave = namespaces.hand_out(patience(run.size))
        result.add(HELD, None if wave.missing else wave.seconds)
        namespaces.wait_settled(patience(run.size))
        wait_idle(operator)
        meter.read(result)
    world.keep_namespaces(None if accounts or wave.missing else namespaces)
    yield result
