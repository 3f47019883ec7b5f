"""Workers on a queue: errors, draining, and never two on one key."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from ecr_operator.engine.queue import WorkQueue
from ecr_operator.engine.workers import Interrupted, WorkerEndedError, Workers
from tests.engine.virtual import run

Errors = list[tuple[str, Exception, float]]


def workers(
    queue: WorkQueue[str],
    reconcile: Callable[[str], Awaitable[float | None]],
    count: int = 2,
    errors: Errors | None = None,
) -> Workers[str]:
    found = [] if errors is None else errors
    return Workers(queue, reconcile, count, lambda key, error, delay: found.append((key, error, delay)))


def test_the_returned_time_is_when_the_key_is_looked_at_again() -> None:
    async def main() -> list[float]:
        times: list[float] = []
        queue: WorkQueue[str] = WorkQueue()

        async def reconcile(key: str) -> float | None:
            times.append(asyncio.get_running_loop().time())
            return 10.0 if len(times) < 3 else None

        queue.add("a")
        pool = workers(queue, reconcile)
        running = asyncio.create_task(pool.run())
        await asyncio.sleep(100)
        assert await pool.drain(1) == 0
        await running
        return times

    assert run(main()) == pytest.approx([0, 10, 20])


def test_an_exception_is_told_and_the_key_retried_with_growing_delay() -> None:
    async def main() -> tuple[list[float], Errors]:
        times: list[float] = []
        errors: Errors = []
        queue: WorkQueue[str] = WorkQueue(base=1, random=lambda: 0.0)

        async def reconcile(key: str) -> float | None:
            times.append(asyncio.get_running_loop().time())
            if len(times) < 4:
                raise OSError("AWS is down")
            return None

        queue.add("a")
        pool = workers(queue, reconcile, errors=errors)
        running = asyncio.create_task(pool.run())
        await asyncio.sleep(100)
        await pool.drain(1)
        await running
        return times, errors

    times, errors = run(main())
    assert times == pytest.approx([0, 0.5, 1.5, 3.5])
    assert [(key, str(error), delay) for key, error, delay in errors] == [
        ("a", "AWS is down", 0.5),
        ("a", "AWS is down", 1.0),
        ("a", "AWS is down", 2.0),
    ]


def test_a_cancelled_shared_task_is_an_error_of_the_key_not_the_end_of_the_worker() -> None:
    async def main() -> Errors:
        errors: Errors = []
        queue: WorkQueue[str] = WorkQueue()
        shared: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        again = asyncio.Event()

        async def reconcile(key: str) -> float | None:
            if shared.cancelled():
                again.set()
                return None
            await shared
            return None

        queue.add("a")
        pool = workers(queue, reconcile, count=1, errors=errors)
        running = asyncio.create_task(pool.run())
        await asyncio.sleep(1)
        shared.cancel()
        await again.wait()
        await pool.drain(1)
        await running
        return errors

    errors = run(main())
    assert [(key, type(error)) for key, error, _ in errors] == [("a", Interrupted)]


def test_drain_waits_for_running_reconciles_and_hands_out_nothing_more() -> None:
    async def main() -> list[str]:
        finished: list[str] = []
        queue: WorkQueue[str] = WorkQueue()

        async def reconcile(key: str) -> float | None:
            await asyncio.sleep(5)
            finished.append(key)
            return None

        for key in "abcd":
            queue.add(key)
        pool = workers(queue, reconcile, count=2)
        running = asyncio.create_task(pool.run())
        await asyncio.sleep(1)
        assert await pool.drain(20) == 0
        await running
        assert asyncio.get_running_loop().time() == pytest.approx(5)
        assert len(queue) == 2
        return finished

    assert run(main()) == ["a", "b"]


def test_drain_cancels_what_does_not_end_in_time_and_counts_it() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        cancelled: list[str] = []

        async def reconcile(key: str) -> float | None:
            try:
                await asyncio.sleep(3 if key == "quick" else 1000)
            except asyncio.CancelledError:
                cancelled.append(key)
                raise
            return None

        for key in ("slow-1", "quick", "slow-2"):
            queue.add(key)
        pool = workers(queue, reconcile, count=4)
        running = asyncio.create_task(pool.run())
        await asyncio.sleep(1)
        assert await pool.drain(10) == 2
        assert sorted(cancelled) == ["slow-1", "slow-2"]
        assert asyncio.get_running_loop().time() == pytest.approx(11)
        await running

    run(main())


def test_drain_does_not_wait_for_a_reconcile_that_refuses_to_be_cancelled() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        stop = asyncio.Event()

        async def reconcile(key: str) -> float | None:
            while not stop.is_set():
                try:
                    await stop.wait()
                except asyncio.CancelledError:
                    continue
            return None

        queue.add("stubborn")
        pool = workers(queue, reconcile, count=1)
        running = asyncio.create_task(pool.run())
        await asyncio.sleep(1)
        assert await pool.drain(1) == 1
        stop.set()
        await running

    run(main())


def test_drain_before_run_leaves_nothing_to_do() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")

        async def reconcile(key: str) -> float | None:
            raise AssertionError("handed out after drain")

        pool = workers(queue, reconcile)
        assert await pool.drain(1) == 0
        await pool.run()

    run(main())


def test_a_bug_in_a_worker_ends_run_with_it() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")

        async def reconcile(key: str) -> float | None:
            raise OSError

        def broken(key: str, error: Exception, delay: float) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await Workers(queue, reconcile, 3, broken).run()
        assert len(asyncio.all_tasks()) == 1

    run(main())


def test_a_worker_cancelled_by_somebody_else_ends_run() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()

        async def reconcile(key: str) -> float | None:
            return None

        running = asyncio.create_task(workers(queue, reconcile).run())
        await asyncio.sleep(1)
        next(task for task in asyncio.all_tasks() if task.get_name() == "worker-1").cancel()
        with pytest.raises(WorkerEndedError):
            await running

    run(main())


def test_cancelling_run_cancels_the_workers() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")

        async def reconcile(key: str) -> float | None:
            await asyncio.sleep(1000)
            return None

        running = asyncio.create_task(workers(queue, reconcile).run())
        await asyncio.sleep(1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert running.cancelled()
        assert len(asyncio.all_tasks()) == 1

    run(main())


def test_a_long_queue_of_quick_keys_lets_the_event_loop_breathe() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        for number in range(1000):
            queue.add(str(number), fresh=False)

        async def reconcile(key: str) -> float | None:
            return None

        pool = workers(queue, reconcile, count=5)
        running = asyncio.create_task(pool.run())
        for _ in range(3):
            await asyncio.sleep(0)
        assert len(queue) > 900
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(main())


@pytest.mark.parametrize("seed", range(20))
def test_never_two_workers_on_a_key_and_nothing_that_was_added_is_lost(seed: int) -> None:
    chance = random.Random(seed)
    keys = [f"key-{number}" for number in range(8)]

    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue(base=1, maximum=8, random=chance.random)
        wanted: dict[str, int] = dict.fromkeys(keys, 0)
        seen: dict[str, int] = dict.fromkeys(keys, 0)
        at_work: set[str] = set()

        async def reconcile(key: str) -> float | None:
            assert key not in at_work
            at_work.add(key)
            version = wanted[key]
            try:
                if chance.random() < 0.7:
                    await asyncio.sleep(chance.random() * 5)
                if chance.random() < 0.2:
                    raise OSError
            finally:
                at_work.discard(key)
            seen[key] = version
            return chance.choice([None, 0.0, 2.0, 60.0])

        pool = workers(queue, reconcile, count=4)
        running = asyncio.create_task(pool.run())
        for _ in range(300):
            key = chance.choice(keys)
            action = chance.random()
            if action < 0.6:
                wanted[key] += 1
                queue.add(key, fresh=chance.random() < 0.5)
            elif action < 0.8:
                queue.add_after(key, chance.random() * 20)
            elif action < 0.85:
                queue.pause()
            else:
                queue.resume()
            await asyncio.sleep(chance.random())
        queue.resume()
        await asyncio.sleep(200)
        assert seen == wanted
        await pool.drain(30)
        await running

    run(main())
