"""How long a failing key waits."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.engine.backoff import Backoff
from ecr_operator.engine.queue import WorkQueue
from tests.engine.virtual import run

LONGEST = 1.0 - 2**-53


def test_delays_double_up_to_the_maximum() -> None:
    backoff: Backoff[str] = Backoff(base=1, maximum=300, random=lambda: LONGEST)

    assert [round(backoff.next("a")) for _ in range(12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@given(failures=st.integers(1, 5000), seed=st.integers())
def test_a_delay_is_between_half_and_the_whole_of_its_step(failures: int, seed: int) -> None:
    backoff: Backoff[str] = Backoff(base=1, maximum=300, random=random.Random(seed).random)
    for _ in range(failures):
        delay = backoff.next("a")

    step = min(300.0, 2.0 ** min(failures - 1, 20))
    assert step / 2 <= delay <= step


def test_keys_that_fail_together_come_back_apart() -> None:
    backoff: Backoff[int] = Backoff(random=random.Random(1).random)

    assert len({backoff.next(key) for key in range(100)}) == 100


def test_a_success_and_a_discard_start_it_anew() -> None:
    async def main() -> list[float]:
        queue: WorkQueue[str] = WorkQueue(base=1, maximum=300, random=lambda: 0.0)
        delays = []

        async def fail() -> None:
            queue.add("a")
            await queue.get()
            delays.append(queue.retry("a"))

        await fail()
        await fail()
        queue.add("a")
        queue.done(await queue.get())
        await fail()
        await fail()
        queue.discard("a")
        await fail()
        return delays

    assert run(main()) == [0.5, 1.0, 0.5, 1.0, 0.5]


def test_a_retried_key_is_ready_after_its_delay() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue(base=4, random=lambda: 0.0)
        queue.add("a")
        await queue.get()
        assert queue.retry("a") == 2.0
        assert await queue.get() == "a"
        assert asyncio.get_running_loop().time() == pytest.approx(2.0)

    run(main())


def test_the_retry_of_a_users_change_stays_before_the_resyncs() -> None:
    async def main() -> list[str]:
        queue: WorkQueue[str] = WorkQueue()
        queue.add("changed")
        await queue.get()
        queue.retry("changed")
        queue.add("resync", fresh=False)
        await asyncio.sleep(2)
        return [await queue.get() for _ in range(2)]

    assert run(main()) == ["changed", "resync"]


def test_a_failed_key_that_was_added_meanwhile_is_tried_at_once_but_has_failed() -> None:
    async def main() -> None:
        queue: WorkQueue[str] = WorkQueue(base=1, random=lambda: 0.0)
        queue.add("a")
        await queue.get()
        queue.add("a")
        assert queue.retry("a") == 0.0
        assert await queue.get() == "a"
        assert queue.retry("a") == 1.0

    run(main())
