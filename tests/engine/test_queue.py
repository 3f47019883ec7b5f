"""What the work queue hands out, and when."""

import asyncio

import pytest

from ecr_operator.engine.queue import Closed, WorkQueue
from tests.engine.virtual import run


def now() -> float:
    return asyncio.get_running_loop().time()


async def taken(queue: WorkQueue[str]) -> list[str]:
    """All ready keys in the order in which workers get them; each stays in work."""
    return [await queue.get() for _ in range(len(queue))]


def test_fresh_keys_go_before_resyncs_and_each_kind_in_order() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("resync-1", fresh=False)
        queue.add("fresh-1")
        queue.add("resync-2", fresh=False)
        queue.add("fresh-2")
        return await taken(queue)

    assert run(main()) == ["fresh-1", "fresh-2", "resync-1", "resync-2"]


def test_a_key_is_ready_once_however_often_it_is_added() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        for fresh in (True, False, True, False):
            queue.add("a", fresh)
        return await taken(queue)

    assert run(main()) == ["a"]


def test_a_fresh_add_lifts_a_waiting_resync_and_a_resync_never_lowers_a_fresh_one() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("other", fresh=False)
        queue.add("lifted", fresh=False)
        queue.add("lifted")
        queue.add("kept")
        queue.add("kept", fresh=False)
        return await taken(queue)

    assert run(main()) == ["lifted", "kept", "other"]


def test_a_key_added_while_in_work_is_due_when_that_run_ends_and_not_before() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        assert await queue.get() == "a"
        queue.add("a")
        assert len(queue) == 0
        queue.done("a", after=100)
        assert await taken(queue) == ["a"]
        assert queue.scheduled == 0

    run(main())


def test_a_fresh_add_during_a_run_keeps_its_priority() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        await queue.get()
        queue.add("other", fresh=False)
        queue.add("a", fresh=True)
        queue.add("a", fresh=False)
        queue.done("a")
        return await taken(queue)

    assert run(main()) == ["a", "other"]


def test_done_with_a_time_makes_the_key_ready_then_and_without_one_never() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        for key in ("again", "forgotten"):
            queue.add(key)
            await queue.get()
        queue.done("forgotten")
        queue.done("again", after=30)
        assert await queue.get() == "again"
        assert now() == pytest.approx(30)
        assert (len(queue), queue.scheduled, queue.running) == (0, 0, 1)

    run(main())


def test_the_earliest_of_several_times_wins() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        for seconds in (50, 20, 90):
            queue.add_after("a", seconds)
        assert queue.scheduled == 1
        assert await queue.get() == "a"
        assert now() == pytest.approx(20)
        queue.done("a")
        await asyncio.sleep(200)
        assert len(queue) == 0

    run(main())


def test_a_time_that_was_fresh_in_any_request_is_fresh() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_after("a", 5, fresh=False)
        queue.add_after("a", 9, fresh=True)
        queue.add("b", fresh=False)
        await asyncio.sleep(6)
        return await taken(queue)

    assert run(main()) == ["a", "b"]


def test_taking_a_key_cancels_its_time() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_after("a", 10)
        queue.add("a")
        assert await queue.get() == "a"
        assert queue.scheduled == 0
        queue.done("a")
        await asyncio.sleep(60)
        assert len(queue) == 0

    run(main())


def test_a_time_set_during_a_run_stays_when_that_run_asks_for_a_later_one() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        await queue.get()
        queue.add_after("a", 5)
        queue.done("a", after=3600)
        assert await queue.get() == "a"
        assert now() == pytest.approx(5)

    run(main())


def test_no_delay_means_at_once() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_after("a", 0)
        return await taken(queue)

    assert run(main()) == ["a"]


def test_discard_drops_the_time_but_leaves_a_ready_key_to_clean_up() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a", fresh=False)
        queue.add_after("a", 5)
        queue.discard("a")
        assert (len(queue), queue.scheduled) == (1, 0)

    run(main())


def test_a_paused_queue_hands_out_nothing_and_everything_when_resumed() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.pause()
        getters = [asyncio.create_task(queue.get()) for _ in range(3)]
        queue.add("a")
        queue.add_after("b", 5)
        await asyncio.sleep(10)
        assert not any(getter.done() for getter in getters)
        assert len(queue) == 2
        queue.resume()
        await asyncio.sleep(0.1)
        assert sorted(getter.result() for getter in getters if getter.done()) == ["a", "b"]
        queue.add("c")
        assert await getters[2] == "c"

    run(main())


def test_close_ends_waiting_and_later_getters_also_of_a_paused_queue() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("a")
        key = await queue.get()
        queue.pause()
        getter = asyncio.create_task(queue.get())
        queue.add_after("b", 5)
        await asyncio.sleep(0)
        queue.close()
        with pytest.raises(Closed):
            await getter
        with pytest.raises(Closed):
            await queue.get()
        queue.done(key, after=5)
        assert (queue.scheduled, queue.running) == (0, 0)

    run(main())


def test_a_getter_cancelled_after_it_was_woken_leaves_the_key_to_another() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.add("a")
        first.cancel()
        assert await second == "a"
        assert first.cancelled()

    run(main())


def test_a_getter_cancelled_while_it_waits_is_skipped() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        first.cancel()
        queue.add("a")
        assert await second == "a"

    run(main())


def test_done_of_a_key_that_is_not_in_work_is_a_bug() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue()
        with pytest.raises(KeyError):
            queue.done("a")
        with pytest.raises(KeyError):
            queue.retry("a")

    run(main())


def test_resyncs_that_hang_leave_workers_to_users() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue(resyncs=1)
        for key in ("hangs", "waits"):
            queue.add(key, fresh=False)
        assert await queue.get() == "hangs"
        # All other workers are asking, and none of them gets a second resync.
        workers = [asyncio.create_task(queue.get()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(worker.done() for worker in workers)

        queue.add("user")
        await asyncio.sleep(0)
        assert [worker.result() for worker in workers if worker.done()] == ["user"]

        queue.done("hangs")
        await asyncio.sleep(0)
        assert sorted(worker.result() for worker in workers) == ["user", "waits"]

    run(main())


def test_the_end_of_a_users_key_lets_no_further_resync_through() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue(resyncs=1)
        queue.add("resync", fresh=False)
        queue.add("user")
        assert [await queue.get(), await queue.get()] == ["user", "resync"]
        queue.add("next", fresh=False)
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.done("user")
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.done("resync")
        assert await waiting == "next"

    run(main())
