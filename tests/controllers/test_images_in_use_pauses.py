"""The pause after each list of images in use: who needs a list of his own shares it. In virtual time."""

import asyncio

import pytest

from ecr_operator.planning.usage import Usage
from tests.controllers.usage_world import World, began, lived


@pytest.mark.parametrize(
    ("request_seconds", "pause"), [(0.0, 0.0), (0.1, 3.6), (0.125, 4.5), (0.2, 5.0), (10.0, 5.0)]
)
def test_after_a_list_there_is_none_for_four_times_as_long_and_five_seconds_at_most(
    request_seconds: float, pause: float
) -> None:
    async def life(world: World) -> None:
        world.server.seconds = request_seconds
        _, ended = await world.at(0)
        assert ended == pytest.approx(9 * request_seconds)
        usage, when = await world.at(ended, since=ended)
        assert isinstance(usage, Usage)
        assert usage.began == pytest.approx(ended + pause)
        assert when == pytest.approx(usage.began + ended)

    lived(life)


def test_all_who_need_a_list_of_their_own_in_the_pause_share_the_next() -> None:
    async def life(world: World) -> None:
        world.server.seconds = 0.1
        await world.at(0)
        own = [asyncio.create_task(world.at(time, since=time)) for time in (1, 2, 4.4)]
        own.append(asyncio.create_task(world.at(3, max_age=0)))
        # The list that began before the pause is no answer to them, and one to others at once.
        answer = await world.at(3.5, max_age=3.5)
        assert (began(answer), answer[1]) == (0, 3.5)
        answers = await asyncio.gather(*own)
        assert [began(answer) for answer in answers] == [pytest.approx(4.5)] * 4
        assert world.server.lists == 2

    lived(life)


def test_a_wave_of_those_who_need_a_list_of_their_own_lists_a_fifth_of_the_time() -> None:
    async def life(world: World) -> None:
        world.server.seconds = 0.05
        wave = [asyncio.create_task(world.at(time / 10, since=time / 10)) for time in range(900)]
        assert all(began(answer) >= time / 10 for time, answer in enumerate(await asyncio.gather(*wave)))
        # In 90 seconds, one every 2.25 seconds, of 0.45 seconds.
        assert 40 <= world.server.lists <= 42

    lived(life)


def test_after_the_pause_nobody_waits() -> None:
    async def life(world: World) -> None:
        world.server.seconds = 0.1
        await world.at(0)
        assert began(await world.at(4.6, since=4.6)) == 4.6

    lived(life)
