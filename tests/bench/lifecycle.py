"""What is measured of lifecycle policies: changed rules, images in use, and the inventories they rest on."""

import time
from collections.abc import Iterator

from tests.bench.budgets import (
    CALLS,
    COUNTED,
    EVENTS,
    GROWTH,
    HAVE_POLICY,
    LIST_CPU,
    OPERATIONS,
    POD_LISTS,
    POLICY_CALLS,
    POLICY_STATUS,
    READS,
    WRITES,
)
from tests.bench.cases import patience
from tests.bench.lifecycle_policy import IMAGES, KIND, NAME, LifecyclePolicy, has_another, policy_hash
from tests.bench.measure import LISTING, READING, Meter, requests
from tests.bench.population import Population
from tests.bench.process import cpu_seconds, forget_peak, megabytes, peak_megabytes
from tests.bench.result import Result
from tests.bench.run import Run
from tests.bench.workloads import Workloads
from tests.bench.world import START_TIMEOUT, World, wait_idle
from tests.cluster import Object
from tests.operator_process import OperatorProcess

FIRST_KEPT, THEN_KEPT = 15, 10
"""Images that the rule keeps, before and after its change."""
USED = f"v{IMAGES}"
"""The newest image is in use: no rule may take it, and the preview is asked about it."""
POLICIES = "ecrlifecyclepolicies"
"""The kind's name in paths and metrics."""
SAID_TIMEOUT = 30.0

REPOSITORIES, TAGS = 200, 10
"""Of the images that Pods use."""

READ_RATE = 15
"""Repositories a second whose images are counted."""
SHORTEST_INTERVAL = 2.0
DESCRIBE = "DescribeImages"
UNSCANNED = {"images": {"scanFindings": False}}
"""In the spec: images are counted, and nothing else is asked about them."""


def policy(world: World, run: Run) -> Iterator[Result]:
    """Change the rules of a policy that all repositories have; then change only its annotations."""
    result, again = run.result(), run.result("reapplied")
    population = world.new_population(run.size, own_policies=False)
    lifecycle = LifecyclePolicy(population.namespace)
    with world.operator() as operator:
        _fill(world, population, operator)
        _apply(population, run, lifecycle, operator)
        before = policy_hash(world.cluster.list("EcrRepository", population.namespace)[0])
        with run.measured(world, operator):
            meter, metrics = Meter(world, operator), world.plane.apiserver_metrics()
            pages, begin = _requests(world, "pods", LISTING), time.monotonic()
            wave = population.wait(has_another(before), _patience(run.size), lifecycle.change(THEN_KEPT))
            result.add(HAVE_POLICY, None if wave.missing else wave.seconds)
            told = _told(world, population, begin)
            result.add("seconds until the policy's status says so", told)
            wait_idle(operator)
            _add_cost(result, world, meter, metrics)
            result.add(POD_LISTS, float(_requests(world, "pods", LISTING) - pages))
            writes = requests(world.plane.apiserver_metrics(), POLICIES) - requests(metrics, POLICIES)
            # One at once, and one more every 5 s.
            result.add(POLICY_STATUS, writes["status"] / ((time.monotonic() - begin) // 5 + 1))
        _check(world, population)
        yield result
        meter = Meter(world, operator)
        population.wait(has_another(None), _patience(run.size), lifecycle.annotate("today"))
        time.sleep(run.options.silence_seconds)
        wait_idle(operator)
        cost = meter.read()
        again.add(CALLS, cost.total_calls / run.size)
        again.add(WRITES, cost.writes / run.size)
        again.calls = cost.calls
        yield again
    world.keep(None)


def pods(world: World, run: Run) -> Iterator[Result]:
    """List the images in use, once, with so many Pods of two containers."""
    result, population = run.result(), world.new_population(1)
    workloads = Workloads(world.plane.kubeconfig, population.namespace)
    with world.operator() as operator:
        if population.create(patience(1)).missing:
            raise RuntimeError("the repository did not get Ready")
        population.ask("without", 1, patience(1))
        workloads.create_pods(run.size, REPOSITORIES, TAGS)
        wait_idle(operator)
        with run.measured(world, operator):
            pages, cpu = _requests(world, "pods", LISTING), cpu_seconds(operator.pid)
            forget_peak(operator.pid)
            resident = megabytes(operator.pid)
            # Who asks for a reconcile wants to know who uses what now.
            wave = population.ask("with", 1, patience(run.size))
            result.add("seconds of the list", None if wave.missing else wave.seconds)
            result.add(GROWTH, peak_megabytes(operator.pid) - resident)
            wait_idle(operator)
            result.add("RSS growth afterwards, MB", megabytes(operator.pid) - resident)
            result.add(LIST_CPU, cpu_seconds(operator.pid) - cpu)
        result.add(POD_LISTS, float(_requests(world, "pods", LISTING) - pages))
        again = cpu_seconds(operator.pid)
        population.ask("again", 1, patience(run.size))
        wait_idle(operator)
        result.add("CPU of the next list, s", cpu_seconds(operator.pid) - again)
        result.add("RSS growth at the peak of both, MB", peak_megabytes(operator.pid) - resident)
    yield result
    workloads.delete_pods(run.size)
    world.keep(None)


def inventory(world: World, run: Run) -> Iterator[Result]:
    """Count all images for the first time after a start; then nothing has changed."""
    result, quiet = run.result(), run.result("quiet")
    population = world.new_population(run.size, spec=UNSCANNED)
    with world.operator() as operator:
        _fill(world, population, operator)
    interval = max(SHORTEST_INTERVAL, run.size / READ_RATE)
    begin = time.monotonic()
    settings = {
        "ECR_OPERATOR_INVENTORY_SECONDS": str(interval),
        # The interval is to decide, and not what it costs.
        "ECR_OPERATOR_INVENTORY_CALLS_PER_MINUTE": "100000",
    }
    with world.stopped(world.start(**settings)) as operator:
        operator.wait_ready(START_TIMEOUT)
        with run.measured(world, operator):
            meter, metrics = Meter(world, operator), world.plane.apiserver_metrics()
            wave = population.wait(_is_counted, patience(run.size))
            result.add(COUNTED, None if wave.missing else time.monotonic() - begin)
            _add_cost(result, world, meter, metrics)
            result.remarks.append(f"the interval is {interval:.0f} s; the first one is spread over it")
            yield result
            meter, metrics = Meter(world, operator), world.plane.apiserver_metrics()
            time.sleep(interval)
            _add_cost(quiet, world, meter, metrics)
    world.keep(None)
    yield quiet


def _fill(world: World, population: Population, operator: OperatorProcess) -> None:
    """Create all, with images, of which one in each repository is in use."""
    if population.create(patience(population.size)).missing:
        raise RuntimeError("not all repositories got Ready")
    names = population.repositories(population.size)
    world.aws.put_images(names, IMAGES)
    Workloads(world.plane.kubeconfig, population.namespace).use(names, USED)
    wait_idle(operator)


def _apply(population: Population, run: Run, lifecycle: LifecyclePolicy, operator: OperatorProcess) -> None:
    wave = population.wait(has_another(None), _patience(run.size), lifecycle.create(FIRST_KEPT))
    if wave.missing:
        raise RuntimeError(f"{wave.missing} of {run.size} repositories did not get the policy")
    wait_idle(operator)


def _told(world: World, population: Population, begin: float) -> float | None:
    """When the policy's own status says that all have it, in seconds since `begin`."""

    def says_so(policy: Object) -> bool:
        status = policy["status"]
        is_current: bool = status["observedGeneration"] == policy["metadata"]["generation"]
        return is_current and status["repositories"]["applied"] == population.size

    try:
        world.cluster.wait_for(KIND, population.namespace, NAME, says_so, SAID_TIMEOUT)
    except AssertionError:
        return None
    return time.monotonic() - begin


def _check(world: World, population: Population) -> None:
    """What is measured is what AWS has."""
    for name in (population.repositories(1)[0], population.repositories(population.size)[-1]):
        found = world.aws.lifecycle_policy(name)
        if not found or found["rules"][0]["selection"]["countNumber"] != THEN_KEPT:
            raise RuntimeError(f"{name} does not have the policy: {found}")


def _add_cost(result: Result, world: World, meter: Meter, metrics: str) -> None:
    cost = meter.read()
    for operation, figure in OPERATIONS.items():
        if operation in cost.calls:
            result.add(figure, cost.calls[operation] / result.size)
    others = sum(number for operation, number in cost.calls.items() if operation not in OPERATIONS)
    result.add(POLICY_CALLS, others / result.size)
    result.add_cost(cost)
    reads = _requests(world, "ecrrepositories", READING) - sum(
        requests(metrics, "ecrrepositories", "", READING).values()
    )
    result.add(READS, reads / result.size)
    events = sum((requests(world.plane.apiserver_metrics(), "events") - requests(metrics, "events")).values())
    result.add(EVENTS, events / result.size)


def _requests(world: World, resource: str, verbs: frozenset[str]) -> int:
    return sum(requests(world.plane.apiserver_metrics(), resource, "", verbs).values())


def _is_counted(obj: Object | None) -> bool:
    images = ((obj or {}).get("status") or {}).get("images") or {}
    return images.get("count") == IMAGES


def _patience(size: int) -> float:
    """Previews take their time."""
    return 2 * patience(size)
