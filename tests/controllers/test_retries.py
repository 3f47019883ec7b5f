"""How soon AWS is asked again for credentials that end."""

import asyncio

import pytest

from ecr_operator.aws.errors import AwsError
from ecr_operator.controllers.credentials import Credentials
from ecr_operator.planning.token_life import NEARNESS, RETRY_FLOOR
from tests.controllers.world import World, pull_secret


def test_after_a_restart_too_it_is_asked_more_often_as_the_end_nears() -> None:
    """No token is known then, only the life of what the Secrets hold."""

    async def main() -> None:
        world = World()
        subject = world.have(pull_secret())
        handout = world.hand_out(subject, lasts=20 * 60.0)
        credentials = Credentials(world.context)
        for _ in range(12):
            with pytest.raises(AwsError):
                await credentials.mint(subject, handout)
            assert handout.retry_at is not None
            waits = handout.retry_at - world.seconds
            assert RETRY_FLOOR <= waits <= 20 * 60.0 / NEARNESS * 1.5
            world.seconds = handout.retry_at
        assert world.tokens.asked == 12

    asyncio.run(main())
