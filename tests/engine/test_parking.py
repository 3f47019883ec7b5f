"""Keys that cannot go on for now: they neither run nor back off until all are let go."""

import asyncio

from ecr_operator.engine.queue import WorkQueue
from ecr_operator.engine.workers import Parked, Workers
from tests.engine.virtual import run


async def parked(queue: WorkQueue[str], *keys: str, seconds: float | None = None) -> None:
    for key in keys:
        queue.add(key)
        assert await queue.get() == key
        queue.park(key, seconds)


def test_parked_keys_are_handed_out_again_when_they_are_unparked_and_not_before() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        await parked(queue, "a", "b")
        await asyncio.sleep(1000)
        assert (len(queue), queue.parked, queue.scheduled) == (0, 2, 0)
        queue.unpark()
        assert (len(queue), queue.parked) == (2, 0)
        assert {await queue.get(), await queue.get()} == {"a", "b"}

    run(main())


def test_they_go_on_in_random_order() -> None:
    async def main() -> list[str]:
        numbers = iter([0.9, 0.1, 0.5])
        queue: WorkQueue[str] = WorkQueue(random=lambda: next(numbers))
        await parked(queue, "a", "b", "c")
        queue.unpark()
        return [await queue.get() for _ in range(3)]

    assert run(main()) == ["b", "c", "a"]


def test_a_change_lets_a_parked_key_run_at_once() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        await parked(queue, "a")
        queue.add("a")
        assert await queue.get() == "a"
        queue.done("a")
        queue.unpark()
        assert len(queue) == 0

    run(main())


def test_a_key_that_was_added_while_it_ran_is_not_parked() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        await queue.get()
        queue.add("a")
        queue.park("a", 5)
        assert (len(queue), queue.parked, queue.scheduled) == (1, 0, 0)

    run(main())


def test_a_parked_key_wakes_once_at_its_time_and_keeps_its_freshness() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        await parked(queue, "a", seconds=5)
        queue.add("resync", fresh=False)
        await asyncio.sleep(5.1)
        assert queue.parked == 0
        return [await queue.get(), await queue.get()]

    assert run(main()) == ["a", "resync"]


def test_parking_counts_no_failure_and_forgets_none() -> None:
    async def main() -> list[float]:
        queue: WorkQueue[str] = WorkQueue(base=1, random=lambda: 0.0)
        delays = []
        for step in ("retry", "park", "retry"):
            queue.add("a")
            await queue.get()
            if step == "park":
                queue.park("a")
            else:
                delays.append(queue.retry("a"))
        return delays

    assert run(main()) == [0.5, 1.0]


def test_a_discarded_key_is_not_unparked() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        await parked(queue, "a")
        queue.discard("a")
        queue.unpark()
        assert (len(queue), queue.parked) == (0, 0)

    run(main())


def test_a_worker_parks_what_says_so_and_tells_no_error() -> None:
    async def main() -> tuple[list[str], list[object]]:
        queue: WorkQueue[str] = WorkQueue()
        runs: list[str] = []
        errors: list[object] = []

        async def reconcile(key: str) -> float | None:
            runs.append(key)
            if len(runs) == 1:
                raise Parked
            return None

        workers = Workers(queue, reconcile, 1, lambda *error: errors.append(error))
        running = asyncio.create_task(workers.run())
        queue.add("a")
        await asyncio.sleep(1)
        assert queue.parked == 1
        queue.unpark()
        await asyncio.sleep(1)
        await workers.drain(1)
        await running
        return runs, errors

    assert run(main()) == (["a", "a"], [])
