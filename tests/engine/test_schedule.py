"""Many keys with a time: the heap stays small and nothing is lost."""

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ecr_operator.engine.schedule import Schedule
from tests.engine.virtual import run

CALLS = st.lists(
    st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(1, 50)), st.integers(0, 20)), max_size=200
)


def test_keys_rescheduled_many_times_cost_no_more_than_their_number() -> None:
    async def main() -> None:
        schedule: Schedule[int] = Schedule(lambda key, fresh: None)
        for _ in range(50):
            for key in range(1000):
                schedule.cancel(key)
                schedule.after(key, 3600, False)
        assert len(schedule) == 1000
        assert len(schedule._heap) <= 2 * 1000 + 1
        schedule.close()

    run(main())


def test_ten_thousand_keys_become_due_in_order() -> None:
    async def main() -> list[tuple[float, int]]:
        due: list[tuple[float, int]] = []
        clock = asyncio.get_running_loop().time
        schedule: Schedule[int] = Schedule(lambda key, fresh: due.append((clock(), key)))
        keys = list(range(10_000))
        random.Random(7).shuffle(keys)
        for key in keys:
            schedule.after(key, 1.0 + key, False)
        await asyncio.sleep(20_000)
        assert len(schedule) == 0
        return due

    due = run(main())
    assert [key for _, key in due] == list(range(10_000))
    assert all(abs(when - 1.0 - key) < 0.001 for when, key in due)


@settings(max_examples=100, deadline=None)
@given(calls=CALLS)
def test_it_behaves_like_a_table_of_earliest_times(calls: list[tuple[int, int | None, int]]) -> None:
    async def main() -> None:
        due: list[tuple[int, int]] = []
        expected: list[tuple[int, int]] = []
        table: dict[int, int] = {}
        loop = asyncio.get_running_loop()
        schedule: Schedule[int] = Schedule(lambda key, fresh: due.append((round(loop.time()), key)))
        for key, seconds, pause in calls:
            now = round(loop.time())
            if seconds is None:
                schedule.cancel(key)
                table.pop(key, None)
            else:
                schedule.after(key, seconds, False)
                table[key] = min(table.get(key, now + seconds), now + seconds)
            # A quarter of a second late, so that no time falls on the moment of a call.
            await asyncio.sleep(pause + (0.25 if not loop.time() % 1 else 0))
            for passed, other in sorted((when, other) for other, when in table.items()):
                if passed <= loop.time():
                    expected.append((passed, other))
                    del table[other]
        assert sorted(due) == sorted(expected)
        schedule.close()

    run(main())
