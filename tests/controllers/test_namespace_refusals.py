"""A webhook chooses the status of its refusal: each is reported in its words, and seldom tried again."""

import asyncio

import pytest

from ecr_operator.controllers.namespace import LONGEST_UNANSWERED
from ecr_operator.kube.errors import KubeError, KubeUnavailable
from ecr_operator.reasons import Reason
from tests.controllers.namespaces import World
from tests.planning.pull_samples import NAMESPACE, token

WORDS = 'admission webhook "house" denied the request: not in this house'


def test_a_404_in_a_namespace_that_is_there_is_a_refusal() -> None:
    async def main() -> None:
        world = World("pull")
        world.api.refusals["pull"] = KubeError(404, "NotFound", WORDS)
        assert [await world.look() for _ in range(3)] == [5.0, 10.0, 20.0]
        (failure,) = world.failures()
        assert (failure.owner, failure.reason) == ("pull", Reason.WRITE_REFUSED)
        assert WORDS in failure.message
        assert world.api.posts == ["pull"] * 3

    asyncio.run(main())


def test_a_404_of_a_namespace_that_is_gone_is_its_end() -> None:
    async def main() -> None:
        world = World("pull")
        world.api.refusals["pull"] = KubeError(404, "NotFound", f'namespaces "{NAMESPACE}" not found')
        world.api.is_there = False
        assert await world.look() is None
        assert world.failures() == ()
        assert world.handouts.namespace(NAMESPACE) is None

    asyncio.run(main())


@pytest.mark.parametrize("status", [409, 429, 503, 504])
def test_what_should_pass_and_goes_on_is_reported(status: int) -> None:
    async def main() -> None:
        world = World("pull")
        world.api.refusals["pull"] = KubeError(status, "", WORDS)
        assert await world.look() == -1.0
        assert world.failures() == ()
        assert world.api.posts == ["pull"]
        assert [await world.look() for _ in range(3)] == [5.0, 10.0, 20.0]
        assert [WORDS in failure.message for failure in world.failures()] == [True]
        assert world.api.posts == ["pull"] * 4
        world.api.refusals.clear()
        assert await world.look() is None
        assert world.failures() == ()
        assert world.ready() == {"pull"}

    asyncio.run(main())


@pytest.mark.parametrize(("status", "looks"), [(404, 1), (409, 2), (429, 2)])
def test_a_refused_update_is_reported_and_shows_neither_token(status: int, looks: int) -> None:
    async def main() -> None:
        world = World("pull")
        await world.look()
        world.hand_out("pull", token("the-next-password"))
        words = f"{WORDS}: {token()} {token('the-next-password')}"
        world.api.refusals["pull"] = KubeError(status, "", words)
        assert [await world.look() for _ in range(looks)][-1] == 5.0
        (failure,) = world.failures()
        assert WORDS in failure.message
        assert token()[:20] not in failure.message
        assert token("the-next-password")[:20] not in failure.message
        assert world.api.applies == ["pull"] * looks

    asyncio.run(main())


def test_a_conflict_over_a_secret_that_has_changed_is_planned_again_at_once() -> None:
    async def main() -> None:
        world = World("pull")
        await world.look()
        held = world.api.secrets["pull"]
        world.api.secrets["pull"] = {
            **held,
            "metadata": {**held["metadata"], "uid": "another", "resourceVersion": "8"},
        }
        world.hand_out("pull", token("the-next-password"))
        world.api.refusals["pull"] = KubeError(409, "Conflict", "uid mismatch")
        await world.look()
        assert len(world.api.applies) > 1

    asyncio.run(main())


@pytest.mark.parametrize("status", [404, 409, 429])
def test_it_holds_up_no_other_object(status: int) -> None:
    async def main() -> None:
        world = World("a", "b", "c")
        world.api.refusals["b"] = KubeError(status, "", WORDS)
        await world.look()
        assert world.ready() == {"a", "c"}
        await world.look()
        assert [failure.owner for failure in world.failures()] == ["b"]
        assert world.ready() == {"a", "c"}
        assert world.api.posts == ["a", "b", "c", "b"]

    asyncio.run(main())


@pytest.mark.parametrize("status", [400, 404, 409, 429])
def test_a_message_that_repeats_the_object_shows_no_token(status: int) -> None:
    async def main() -> None:
        world = World("pull")
        world.api.refusals["pull"] = KubeError(status, f"no {token()}", f"{WORDS}: {token()}")
        for _ in range(2):
            await world.look()
        (failure,) = world.failures()
        assert WORDS in failure.message
        assert token()[:12] not in failure.message

    asyncio.run(main())


def test_an_api_server_that_is_back_is_soon_asked_again() -> None:
    async def main() -> None:
        world = World("pull")
        world.api.refusals["pull"] = KubeUnavailable("no answer within 10.0 s")
        waits = [await world.look() for _ in range(12)]
        assert waits[:3] == [-1.0, 5.0, 10.0]
        assert waits[-1] == LONGEST_UNANSWERED == 30.0
        assert [failure.reason for failure in world.failures()] == [Reason.WRITE_REFUSED]

    asyncio.run(main())
