"""What is measured of scans: the first pass, and an hour in which nothing changes."""

import json
import time
from collections.abc import Iterator
from typing import Any

from ecr_operator.aws.scans import NAMES_PER_CALL
from ecr_operator.settings import Settings
from tests.bench.api_server import Holds
from tests.bench.budgets import (
    ARITHMETIC,
    DESCRIBES,
    FINDINGS,
    FINDINGS_6_HOURS,
    SCAN_RULES,
    SCANNED,
    STATUS_BYTES,
)
from tests.bench.cases import patience
from tests.bench.measure import Cost, Meter
from tests.bench.population import Population
from tests.bench.result import Result
from tests.bench.run import Run
from tests.bench.workloads import Workloads
from tests.bench.world import START_TIMEOUT, World, wait_idle
from tests.cluster import Object

IMAGES = 20
"""In each repository, all of which are reported: as many as can be."""
SPEC: dict[str, Any] = {"images": {"report": IMAGES}, "vulnerabilityPolicy": {"maxCritical": 0}}
TAG = "release-2026.11.{n}"
COUNTS = {"CRITICAL": 1, "HIGH": 4, "MEDIUM": 8, "LOW": 5, "INFORMATIONAL": 2}
"""Of each image."""

READ_RATE = 20
"""Repositories a second whose images are counted."""
SHORTEST_INTERVAL = 1.0
HOUR = 4
"""In intervals of the inventory: a quarter of an hour by default."""
READ_AGAIN = 6 * HOUR
"""After so many intervals the findings that enhanced scanning watches are read again: 6 hours by default."""
COMPARED = 3.3
"""After so many intervals, and a fifth more at most, all is compared with AWS: at least once in an hour."""
SETTLED = 1.2
"""Inventories per repository after a start, by when each has had its first one."""
POLL = 0.1
EVERYTHING: dict[str, Any] = {
    "scanFrequency": "CONTINUOUS_SCAN",
    "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}],
}
"""A rule of the registry."""

DESCRIBE, READ = "DescribeImages", "DescribeImageScanFindings"
RULES = ("BatchGetRepositoryScanningConfiguration", "GetRegistryScanningConfiguration")


def scans(world: World, run: Run) -> Iterator[Result]:
    """Read all scans after a start; then an hour of basic scanning, and one of enhanced scanning."""
    result, resynced, watched = run.result(), run.result("resynced"), run.result("watched")
    population = world.new_population(run.size, spec=SPEC)
    names = population.repositories(run.size)
    with world.operator() as operator:
        if population.create(patience(run.size)).missing:
            raise RuntimeError("not all repositories got Ready")
        wait_idle(operator)
    world.aws.put_images(names, IMAGES, tags=[TAG])
    world.aws.scan_images(names, COUNTS)
    Workloads(world.plane.kubeconfig, population.namespace).use(names, TAG.format(n=1))
    interval = max(SHORTEST_INTERVAL, run.size / READ_RATE)
    begin = time.monotonic()
    with world.stopped(world.start(**_settings(interval))) as operator:
        operator.wait_ready(START_TIMEOUT)
        with run.measured(world, operator):
            meter = Meter(world, operator)
            wave = population.wait(_is_read("BASIC", "SCAN_ON_PUSH"), _patience(run.size))
            result.add(SCANNED, None if wave.missing else time.monotonic() - begin)
            cost = meter.read()
            _add_cost(result, cost)
            result.add(STATUS_BYTES, _largest_status(world, population))
            result.add(ARITHMETIC, _minutes(run.size))
            result.remarks.append(
                f"inventories are taken every {interval:.0f} s meanwhile, and calls are not bounded here"
            )
            yield result
            wait_idle(operator)
            # None is due in it: basic scans are read again after a day.
            _hour(world, resynced, Meter(world, operator), interval)
            yield resynced
        world.aws.set_registry_scanning({"scanType": "ENHANCED", "rules": [EVERYTHING]})
        world.aws.scan_images(names, COUNTS)
        if population.wait(_is_read("ENHANCED", "CONTINUOUS_SCAN"), _patience(run.size)).missing:
            raise RuntimeError("not all findings of enhanced scanning were read")
        size = _largest_status(world, population)
    world.aws.reset_calls()
    # After a start the next looks are spread over six hours, as they are after some days.
    with world.stopped(world.start(**_settings(interval))) as operator:
        operator.wait_ready(START_TIMEOUT)
        _wait_settled(world, run.size)
        with run.measured(world, operator):
            _hour(world, watched, Meter(world, operator), interval)
    watched.add(FINDINGS_6_HOURS, READ_AGAIN / HOUR * watched.calls.get(READ, 0) / (IMAGES * run.size))
    watched.add(STATUS_BYTES, size)
    world.keep(None)
    yield watched


def _settings(interval: float) -> dict[str, str]:
    return {
        "ECR_OPERATOR_INVENTORY_SECONDS": str(interval),
        "ECR_OPERATOR_SCAN_SECONDS": str(READ_AGAIN * interval),
        "ECR_OPERATOR_RESYNC_SECONDS": str(COMPARED * interval),
        # The intervals are to decide, and not what they cost.
        "ECR_OPERATOR_INVENTORY_CALLS_PER_MINUTE": "1000000",
    }


def _hour(world: World, result: Result, meter: Meter, interval: float) -> None:
    time.sleep(HOUR * interval)
    _add_cost(result, meter.read())
    result.remarks.append(
        f"an hour is {HOUR * interval:.0f} s here, and all intervals are shorter by as much"
    )


def _add_cost(result: Result, cost: Cost) -> None:
    result.add(FINDINGS, cost.calls.get(READ, 0) / (IMAGES * result.size))
    looks = cost.calls.get(DESCRIBE, 0)
    result.add(DESCRIBES, looks / result.size)
    result.add(SCAN_RULES, sum(cost.calls.get(operation, 0) for operation in RULES) / max(1, looks))
    result.add_cost(cost)


def _minutes(size: int) -> float | None:
    """How long the first pass takes with the settings' defaults, by their numbers alone; None: for ever.

    Inventories go on meanwhile, and their calls come out of the same budget.
    """
    per_minute, seconds = (
        Settings.model_fields[name].default for name in ("inventory_calls_per_minute", "inventory_seconds")
    )
    # Each lists its images, and 25 together are asked how they are scanned.
    looks = size * (1 + 1 / NAMES_PER_CALL)
    left = per_minute - looks / (seconds / 60)
    reads = IMAGES * size
    return max((looks + reads) / per_minute, reads / left) if left > 0 else None


def _wait_settled(world: World, size: int) -> None:
    deadline = time.monotonic() + _patience(size)
    while world.aws.calls().get(DESCRIBE, 0) < SETTLED * size:
        if time.monotonic() > deadline:
            raise RuntimeError("the images were not counted after a start")
        time.sleep(POLL)


def _is_read(type: str, frequency: str) -> Holds:
    """The status has the results of all images, by this kind of scanning."""

    def holds(obj: Object | None) -> bool:
        scan = ((obj or {}).get("status") or {}).get("scan") or {}
        images = scan.get("images") or []
        by = (scan.get("type"), scan.get("frequency"))
        return by == (type, frequency) and len(images) == IMAGES and all("status" in one for one in images)

    return holds


def _largest_status(world: World, population: Population) -> float:
    found = world.cluster.list("EcrRepository", population.namespace)
    return float(max(len(json.dumps(obj["status"], separators=(",", ":"))) for obj in found))


def _patience(size: int) -> float:
    """20 calls for each, one after the other."""
    return 60 + size
