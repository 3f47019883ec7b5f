"""What users meet while the operator has much to do."""

from collections.abc import Iterator

from tests.bench.budgets import EDITED, GONE
from tests.bench.cases import patience
from tests.bench.measure import Meter
from tests.bench.result import Result
from tests.bench.run import Run
from tests.bench.world import START_TIMEOUT, World, wait_idle

EDIT_TIMEOUT = 60.0


def edit(world: World, run: Run) -> Iterator[Result]:
    """Edit one object right after a start that finds all of them to be changed."""
    result = run.result()
    population = world.population_in_sync(run.size)
    # A new default tag: each repository has to get it.
    operator = world.start(ECR_OPERATOR_DEFAULT_TAGS="bench=edit")
    with world.stopped(operator), run.measured(world, operator):
        operator.wait_ready(START_TIMEOUT)
        wave = population.edit_last(EDIT_TIMEOUT)
        done = world.aws.calls().get("TagResource", 0)
    result.add(EDITED, None if wave.missing else wave.seconds)
    result.remarks.append(f"{max(0, run.size - done)} of the others were still to be changed then")
    world.keep(None)
    yield result


def namespace(world: World, run: Run) -> Iterator[Result]:
    """Delete a namespace with all its objects, which delete their repositories."""
    result, population = run.result(), world.new_population(run.size, "Delete")
    with world.operator() as operator, run.measured(world, operator):
        if population.create(patience(run.size)).missing:
            raise RuntimeError("not all repositories got Ready")
        wait_idle(operator)
        meter = Meter(world, operator)
        wave = population.delete_namespace(patience(run.size))
        result.add(GONE, None if wave.missing else wave.seconds)
        wait_idle(operator)
        result.add_cost(meter.read())
    world.keep(None)
    yield result
