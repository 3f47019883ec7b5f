"""When an EcrPullSecret is looked at again: never at once, over and over."""

import asyncio
from typing import Any

import pytest

from ecr_operator.controllers.handouts import Reached
from ecr_operator.planning.plan import Retrying
from ecr_operator.planning.token_life import RETRY_FLOOR
from ecr_operator.reasons import Reason
from tests.controllers.world import NAME, RefusingTokens, World, pull_secret

NO_SUCH_HOST = {"registries": [{"region": "eu-central-1", "hosts": ["Fips"]}]}


@pytest.mark.parametrize(
    ("settings", "spec"),
    [({"own_identity_tokens": False}, {}), ({}, NO_SUCH_HOST)],
    ids=["refused by the settings", "no such host"],
)
def test_a_retry_that_nobody_makes_any_more_is_forgotten(
    settings: dict[str, Any], spec: dict[str, Any]
) -> None:
    """The refresh had failed, and then came a spec for which AWS is not asked."""

    async def main() -> None:
        world = World(**settings)
        subject = world.have(pull_secret(2, generation=2, **spec))
        handout = world.hand_out(subject)
        handout.spec = "the one before"
        handout.failure = Retrying(Reason.AWS_UNAVAILABLE, "no answer")
        handout.failing_since, handout.retry_at = 900.0, 950.0
        first = await world.controller.reconcile(NAME)
        assert first is not None
        assert first >= RETRY_FLOOR
        assert (handout.retry_at, handout.failure, handout.failing_since) == (None, None, None)
        assert world.tokens.asked == 0
        assert world.handouts.failing() == []

    asyncio.run(main())


def test_a_retry_whose_moment_went_by_during_the_status_write_is_made_soon() -> None:
    async def main() -> None:
        world = World()
        world.have(pull_secret())
        apply = world.server.apply

        async def slow(*arguments: Any) -> Any:
            world.seconds += 60.0
            return await apply(*arguments)

        world.server.apply = slow  # type: ignore[method-assign]
        seconds = await world.controller.reconcile(NAME)
        assert world.tokens.asked == 1
        assert seconds is not None
        assert RETRY_FLOOR <= seconds <= RETRY_FLOOR + 1

    asyncio.run(main())


def test_news_of_the_credentials_does_not_wait_for_namespaces_that_are_being_written() -> None:
    async def main() -> None:
        world = World()
        subject = world.have(pull_secret())
        world.have_namespace("a")
        world.hand_out(subject, lasts=20.0)
        reasons = []
        for seconds in (16.0, 5.0):
            world.seconds += seconds
            await world.controller.reconcile(NAME)
            held = world.held()
            assert held is not None
            reasons.append({one["type"]: one["reason"] for one in held["status"]["conditions"]})
        assert [one["ExpiringSoon"] for one in reasons] == ["NotRefreshed", "Expired"]
        assert [one["Ready"] for one in reasons] == ["AccessDenied", "AccessDenied"]
        assert held["status"]["namespaces"] == {"matched": 1, "ready": 0, "failed": 0}

    asyncio.run(main())


def test_a_suspended_object_is_not_looked_at_for_the_sake_of_its_namespaces() -> None:
    async def main() -> None:
        world = World()
        world.have(pull_secret(suspend=True))
        world.have_namespace("a")
        assert await world.controller.reconcile(NAME) is None
        held = world.held()
        assert held is not None
        assert held["status"]["conditions"][0]["reason"] == "Suspended"

    asyncio.run(main())


def test_a_region_that_hangs_keeps_no_other_from_being_asked() -> None:
    async def main() -> None:
        world = World()
        asked = asyncio.Barrier(2)

        class Hanging(RefusingTokens):
            async def mint(self, *where: Any, **_: Any) -> Any:
                await asked.wait()
                return await super().mint(*where)

        world.context.tokens = Hanging()
        world.have(pull_secret(registries=[{}, {"region": "us-east-1"}]))
        async with asyncio.timeout(10):
            await world.controller.reconcile(NAME)
        assert world.context.tokens.asked == 2

    asyncio.run(main())


def test_who_is_deselected_is_told_although_the_settings_refuse_the_spec() -> None:
    async def main() -> None:
        world = World(own_identity_tokens=False)
        world.have_namespace("a")
        world.have(pull_secret())
        await world.controller.reconcile(NAME)
        world.told.clear()
        world.handouts.set_reached("a", Reached(ready={NAME: "mark"}))
        world.have(pull_secret(9, generation=2, namespaces={"include": ["b"]}))
        await world.controller.reconcile(NAME)
        assert world.told == ["a"]

    asyncio.run(main())
