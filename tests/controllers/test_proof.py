"""Live reads of EcrPullSecrets: what changes while one is under way is not answered by it."""

import asyncio

import pytest

from ecr_operator.controllers.proof import REMEMBERED
from ecr_operator.kube.errors import Stale
from ecr_operator.kube.resources import PULL_SECRETS
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import Release, Released
from tests.controllers.world import NAME, World, pull_secret

NAMESPACE = Namespace("team-a")


def test_one_read_serves_all_until_the_object_changes() -> None:
    async def main() -> None:
        world = World()
        world.have(pull_secret())
        await asyncio.gather(*(world.proof.unchanged([NAME]) for _ in range(5)))
        assert world.server.reads == 1
        world.have(pull_secret(2, generation=2))
        await world.proof.unchanged([NAME])
        assert world.server.reads == 2

    asyncio.run(main())


def test_a_change_that_the_read_itself_shows_is_not_read_again() -> None:
    async def main() -> None:
        world = World()
        world.have(pull_secret())
        world.server.objects[NAME] = pull_secret(2, generation=2)
        with pytest.raises(Stale):
            await world.proof.unchanged([NAME])
        await world.proof.unchanged([NAME])
        assert world.server.reads == 1

    asyncio.run(main())


def test_an_answer_that_was_overtaken_by_a_change_serves_nobody() -> None:
    """A namespace is deselected while the read is under way: its credential goes."""

    async def main() -> None:
        world = World()
        world.have(pull_secret())
        world.server.answers.clear()
        asking = asyncio.create_task(world.proof.released([NAME], NAMESPACE))
        await world.server.asked.wait()
        deselected = pull_secret(2, generation=2, namespaces={"include": ["team-b"]})
        subject = world.have(deselected)
        world.server.answers.set()
        released = {NAME: Released(Release.DESELECTED, subject.uid, subject.secret_name)}
        assert await asking == released
        assert await world.proof.released([NAME], NAMESPACE) == released
        assert world.server.reads == 2

    asyncio.run(main())


def test_one_that_was_created_anew_while_its_absence_was_read_stays() -> None:
    async def main() -> None:
        world = World()
        world.store.put(PULL_SECRETS.plural, pull_secret())
        world.server.answers.clear()
        asking = asyncio.create_task(world.proof.unchanged([NAME]))
        await world.server.asked.wait()
        anew = pull_secret(7, uid="second")
        world.have(anew)
        world.server.answers.set()
        with pytest.raises(Stale):
            await asking
        await world.proof.unchanged([NAME])
        assert world.held() == anew
        # Nor is it buried: what is shown of it later is believed.
        assert world.store.put(PULL_SECRETS.plural, pull_secret(8, uid="second", generation=2)).changed

    asyncio.run(main())


def test_one_that_is_gone_is_no_longer_held() -> None:
    async def main() -> None:
        world = World()
        world.store.put(PULL_SECRETS.plural, pull_secret())
        with pytest.raises(Stale):
            await world.proof.unchanged([NAME])
        assert world.held() is None
        assert await world.proof.released([NAME], NAMESPACE) == {NAME: Released(Release.GONE)}
        assert world.server.reads == 1

    asyncio.run(main())


def test_what_a_suspended_one_has_written_stays_also_when_its_end_was_not_seen() -> None:
    async def main() -> None:
        world = World()
        world.store.put(PULL_SECRETS.plural, pull_secret(suspend=True))
        assert await world.proof.released([NAME], NAMESPACE) == {}

    asyncio.run(main())


def test_names_that_somebody_has_invented_are_not_remembered_for_ever() -> None:
    async def main() -> None:
        world = World()
        for number in range(3 * REMEMBERED):
            await world.proof.released([f"invented-{number}"], NAMESPACE)
            world.seconds += 1.0
        assert world.proof.remembered < 2 * REMEMBERED

    asyncio.run(main())
