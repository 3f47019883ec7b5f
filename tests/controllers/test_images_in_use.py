"""Many ask what is in use; few lists answer. In virtual time, each request of a list takes a second."""

import asyncio
from contextlib import suppress

import pytest

from ecr_operator.controllers.images_in_use import FAILURE_SECONDS
from ecr_operator.kube.errors import KubeError, KubeUnavailable
from ecr_operator.planning.naming import Registry
from ecr_operator.planning.usage import Usage, UsageUnknown
from tests.controllers.usage_world import LIST_SECONDS, World, began, lived

OUTAGE = KubeUnavailable("no answer")
REFUSAL = KubeError(403, "Forbidden", "no")


def test_it_lists_what_is_in_use() -> None:
    async def life(world: World) -> None:
        assert world.server.lists == 0
        usage, when = await world.at(3)
        assert isinstance(usage, Usage)
        assert usage.of(Registry("123456789012", "eu-west-1"), "web").tags == {"v1"}
        assert (usage.began, when) == (3, 3 + LIST_SECONDS)

    lived(life)


def test_one_list_answers_all_who_ask_while_it_runs_and_for_a_minute() -> None:
    async def life(world: World) -> None:
        answers = await asyncio.gather(*(world.at(time) for time in (0, 1, 8, 10, 60)))
        assert [began(answer) for answer in answers] == [0, 0, 0, 0, 0]
        assert [when for _, when in answers] == [9, 9, 9, 10, 60]
        assert world.server.lists == 1
        assert began(await world.at(61)) == 61
        assert world.server.lists == 2

    lived(life)


@pytest.mark.parametrize(("max_age", "expected"), [(20, 0), (19, 20), (0, 20)])
def test_a_list_is_as_old_as_its_beginning(max_age: float, expected: float) -> None:
    async def life(world: World) -> None:
        await world.at(0)
        assert began(await world.at(20, max_age=max_age)) == expected

    lived(life)


def test_who_needs_a_later_list_waits_for_the_next_which_all_such_share() -> None:
    async def life(world: World) -> None:
        first = asyncio.create_task(world.at(0))
        later = [asyncio.create_task(world.at(time, since=time)) for time in (1, 2, 8.5)]
        assert [began(answer) for answer in await asyncio.gather(*later)] == [14, 14, 14]
        assert began(await first) == 0
        assert (await first)[1] == 9
        assert world.server.lists == 2
        assert world.server.most_running == 1

    lived(life)


@pytest.mark.parametrize(("since", "expected"), [(10, 10), (9, 10), (10.5, 30)])
def test_a_list_that_began_since_will_do(since: float, expected: float) -> None:
    async def life(world: World) -> None:
        await world.at(10)
        assert began(await world.at(30, since=since)) == expected

    lived(life)


def test_a_running_list_that_began_since_will_do() -> None:
    async def life(world: World) -> None:
        first = asyncio.create_task(world.at(10))
        assert await world.at(12, since=10) == await first
        assert world.server.lists == 1

    lived(life)


def test_a_failure_answers_those_who_waited_and_nobody_else() -> None:
    async def life(world: World) -> None:
        world.server.error = OUTAGE
        askers = [asyncio.create_task(world.at(time)) for time in (0, 0.5)]
        answers = await asyncio.gather(*askers)
        unknown = UsageUnknown("Images in use are not known: replicasets could not be listed: no answer")
        assert answers == [(unknown, 1), (unknown, 1)]

        world.server.error = None
        usage, when = await world.at(2)
        assert isinstance(usage, Usage)
        assert (usage.began, when) == (1 + FAILURE_SECONDS, 1 + FAILURE_SECONDS + LIST_SECONDS)
        assert world.server.lists == 2

    lived(life)


def test_an_outage_is_met_every_five_seconds_however_many_ask() -> None:
    async def life(world: World) -> None:
        world.server.error = OUTAGE

        async def asker() -> None:
            while world.now() < 60:
                assert isinstance(await world.images.get(), UsageUnknown)

        await asyncio.gather(*(asker() for _ in range(20)))
        assert world.server.lists == 1 + 60 / (FAILURE_SECONDS + 1)

    lived(life)


def test_a_failure_that_began_before_is_no_answer_to_who_needs_a_later_list() -> None:
    async def life(world: World) -> None:
        world.server.error = OUTAGE
        first = asyncio.create_task(world.at(0))
        later = asyncio.create_task(world.at(0.5, since=0.5))
        assert isinstance((await first)[0], UsageUnknown)
        world.server.error = None
        assert began(await later) == 1 + FAILURE_SECONDS

    lived(life)


def test_what_a_person_has_to_mend_is_told_at_once_for_five_seconds() -> None:
    async def life(world: World) -> None:
        world.server.error = REFUSAL
        refused = (await world.at(0))[0]
        assert isinstance(refused, UsageUnknown)
        assert refused.is_lasting
        world.server.error = None
        assert await world.at(5.5, since=5.5) == (refused, 5.5)
        assert world.server.lists == 1
        assert began(await world.at(6, since=6)) == 6

    lived(life)


def test_a_refusal_does_as_long_as_a_list_for_whom_an_old_one_does() -> None:
    async def life(world: World) -> None:
        world.server.error = REFUSAL
        refused = (await world.at(0))[0]
        assert await world.at(50) == (refused, 50)
        assert world.server.lists == 1
        world.server.error = None
        assert began(await world.at(70)) == 70

    lived(life)


def test_a_failure_leaves_the_list_before_it_to_those_for_whom_it_will_do() -> None:
    async def life(world: World) -> None:
        await world.at(0)
        world.server.error = OUTAGE
        assert isinstance((await world.at(20, max_age=5))[0], UsageUnknown)
        assert (began(await world.at(22)), world.now()) == (0, 22)

    lived(life)


def test_who_is_cancelled_takes_the_list_from_nobody() -> None:
    async def life(world: World) -> None:
        first = asyncio.create_task(world.at(0))
        second = asyncio.create_task(world.at(1))
        await asyncio.sleep(2)
        first.cancel()
        assert (began(await second), world.now()) == (0, LIST_SECONDS)
        with suppress(asyncio.CancelledError):
            await first
        assert first.cancelled()
        assert world.server.lists == 1

    lived(life)


def test_a_list_that_nobody_waits_for_any_more_is_kept() -> None:
    async def life(world: World) -> None:
        asker = asyncio.create_task(world.at(0))
        await asyncio.sleep(1)
        asker.cancel()
        assert await world.at(20) == (await world.images.get(), 20)
        assert world.server.lists == 1

    lived(life)


def test_an_error_of_our_own_reaches_who_waits_and_the_next_list_begins() -> None:
    async def life(world: World) -> None:
        world.server.error = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            await world.at(0)
        world.server.error = None
        assert began(await world.at(1)) == 1 + FAILURE_SECONDS

    lived(life)


def test_switched_off_nothing_is_listed() -> None:
    async def life(world: World) -> None:
        unknown, _ = await world.at(0, since=0)
        assert isinstance(unknown, UsageUnknown)
        assert unknown.is_lasting
        assert "ECR_OPERATOR_IMAGES_IN_USE" in unknown.message
        assert world.server.lists == 0

    lived(life, enabled=False)


def test_at_the_end_a_list_that_is_under_way_ends() -> None:
    async def life(world: World) -> None:
        asker = asyncio.create_task(world.at(0))
        await asyncio.sleep(2)
        assert world.server.running == 1
        await world.images.stop()
        assert asyncio.all_tasks() <= {asker, asyncio.current_task()}
        with pytest.raises(asyncio.CancelledError):
            await asker

    lived(life)


@pytest.mark.parametrize(("request_seconds", "ends"), [(0.1, 0.9), (1.0, 1.5)])
def test_at_the_end_a_list_has_a_moment_to_end_by_itself(request_seconds: float, ends: float) -> None:
    async def life(world: World) -> None:
        world.server.seconds = request_seconds
        asker = asyncio.create_task(world.at(0))
        await asyncio.sleep(0.5)
        await world.images.stop()
        assert world.now() == pytest.approx(ends)
        (answer,) = await asyncio.gather(asker, return_exceptions=True)
        assert isinstance(answer, asyncio.CancelledError) == (ends > 1)

    lived(life)
