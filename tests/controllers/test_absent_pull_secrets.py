"""An EcrPullSecret is gone only where the API server says so: else it would be deaf until a restart."""

import asyncio
from collections.abc import Callable

import pytest

from ecr_operator.kube.errors import KubeError
from tests.controllers.world import NOT_SERVED, World, absent, pull_secret

PROXYS = KubeError(404)


def _status_write(world: World) -> None:
    """The first request of the reconcile is refused."""


def _read_after_a_conflict(world: World) -> None:
    """The status write meets a newer object, and then the read is refused."""

    async def conflict(*_: object) -> None:
        raise KubeError(409, "Conflict", "the object has been modified")

    world.server.apply = conflict  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("way", [_status_write, _read_after_a_conflict])
@pytest.mark.parametrize("answer", [NOT_SERVED, PROXYS])
def test_a_404_that_names_nothing_is_an_error_that_passes(
    way: Callable[[World], None], answer: KubeError
) -> None:
    async def main() -> None:
        world = World()
        world.have(pull_secret())
        way(world)
        world.server.refusal = answer
        with pytest.raises(KubeError) as caught:
            await world.controller.reconcile("pull")
        assert caught.value.status == 404
        assert world.held() is not None

    asyncio.run(main())


@pytest.mark.parametrize("way", [_status_write, _read_after_a_conflict])
def test_one_that_names_it_ends_it_and_a_list_may_bring_it_back(way: Callable[[World], None]) -> None:
    async def main() -> None:
        world = World()
        obj = pull_secret()
        world.have(obj)
        way(world)
        world.server.refusal = absent("pull")
        assert await world.controller.reconcile("pull") is None
        assert world.held() is None
        world.listed(obj)
        assert world.held() is not None

    asyncio.run(main())
