"""What follows from a look at the images that was due by itself: often figures alone, else a reconcile."""

from collections.abc import Callable
from typing import Any

import pytest

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.reasons import Reason
from tests.controllers.repository_world import KEY, RepositoryWorld
from tests.controllers.test_lifecycle_judgement import OLD, digest, image
from tests.engine.virtual import run

Json = dict[str, Any]
LOOK = ["describe_images"]
WARNED = {"lifecyclePolicy": OLD["lifecyclePolicy"] | {"protection": {"imagesInUse": "Warn"}}}
GONE = AwsError(Kind.STATE, Reason.REPOSITORY_NOT_FOUND, "RepositoryNotFoundException", "op", "not there")


async def settled(spec: Json | None = None) -> RepositoryWorld:
    """A repository that is in order, and holds one image that no policy takes."""
    world = RepositoryWorld(spec or {})
    world.images, world.preview = [image("b", "v1", days=1)], {}
    for _ in range(2):
        after, _ = await world.reconcile()
        world.seconds += after or 0
    status = world.held["status"]
    assert (status["images"]["count"], status["conditions"][0]["reason"]) == (1, "InSync")
    assert status.get("lifecyclePolicy", {}).get("state", "Applied") == "Applied"
    return world


def is_queued(world: RepositoryWorld) -> bool:
    return bool(len(world.queue)) or bool(world.queue.scheduled)


@pytest.mark.parametrize("spec", [{}, OLD], ids=["without a policy", "with one in force"])
def test_figures_alone_are_one_call_and_one_write_and_no_reconcile(spec: Json) -> None:
    async def main() -> None:
        world = await settled(spec)
        before = world.held["status"]
        world.images.append(image("c", days=1))
        assert await world.next_inventory() == LOOK
        (written,) = world.written
        assert written["images"]["count"] == 2
        # All else stays as it was said.
        figures = ("images", "estimatedMonthlyCostUSD")
        assert {name: value for name, value in written.items() if name not in figures} == {
            name: value for name, value in before.items() if name not in figures
        }
        assert world.held == world.obj
        assert not is_queued(world)

    run(main())


def test_figures_that_are_the_same_are_not_written() -> None:
    async def main() -> None:
        world = await settled()
        assert await world.next_inventory() == LOOK
        assert (world.written, is_queued(world)) == ([], False)

    run(main())


def test_who_uses_an_image_is_such_a_figure_too() -> None:
    async def main() -> None:
        world = await settled()
        world.usage = world.used(":v1")
        assert await world.next_inventory() == LOOK
        (written,) = world.written
        assert written["inUse"]["images"] == 1
        assert not is_queued(world)

    run(main())


def test_rules_that_would_take_what_nobody_uses_are_figures_too() -> None:
    async def main() -> None:
        world = await settled(OLD)
        world.images.append(image("a", "v2"))
        assert await world.next_inventory() == LOOK
        assert (len(world.written), is_queued(world)) == (1, False)

    run(main())


def told_of(world: RepositoryWorld) -> None:
    world.change(labels={"a": "b"})


def not_told_of(world: RepositoryWorld) -> None:
    world.change(watched=False, labels={"a": "b"})


def gone(world: RepositoryWorld) -> None:
    world.is_gone = True


def gone_from_the_store(world: RepositoryWorld) -> None:
    world.store.remove(REPOSITORIES.plural, *KEY)


MEANWHILE = {
    "an object that changes": told_of,
    "an object whose change is not known yet": not_told_of,
    "an object that goes": gone_from_the_store,
    "an object whose end is not known yet": gone,
}


@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
def test_there_is_a_reconcile_for(meanwhile: Callable[[RepositoryWorld], None]) -> None:
    async def main() -> None:
        world = await settled()
        world.images.append(image("c", days=1))
        world.meanwhile = lambda: meanwhile(world)
        assert await world.next_inventory() == LOOK
        assert (world.written, len(world.queue)) == ([], 1)

    run(main())


def test_a_repository_that_is_gone_is_the_reconciles() -> None:
    async def main() -> None:
        world = await settled()
        world.failing = {"describe_images": GONE}
        assert await world.next_inventory() == LOOK
        assert (world.written, len(world.queue)) == ([], 1)

    run(main())


def test_a_generation_that_was_not_looked_at_is_the_reconciles() -> None:
    async def main() -> None:
        world = await settled()
        world.change(generation=2)
        world.images.append(image("c", days=1))
        assert await world.next_inventory() == LOOK
        assert (world.written, len(world.queue)) == ([], 1)

    run(main())


def test_a_risk_that_comes_or_goes_is_the_reconciles_and_not_one_that_stays() -> None:
    async def main() -> None:
        world = await settled(WARNED)
        world.images.append(image("a", "v2"))
        world.usage = world.used(":v2")
        queued = []
        for _ in range(2):
            await world.next_inventory()
            queued.append((len(world.queue), len(world.written)))
            if is_queued(world):
                world.queue.done(await world.queue.get())
                await world.reconcile()
                assert "ImagesAtRisk" in {one["type"] for one in world.held["status"]["conditions"]}
        # It is only warned of.
        assert queued == [(1, 0), (0, 0)]

        # A selected policy is to hold from now on, which no generation of the repository shows.
        spec, world.obj["spec"] = world.obj["spec"], {**world.obj["spec"], **OLD}
        world.change()
        await world.next_inventory()
        assert (len(world.queue), world.written) == (1, [])
        world.queue.done(await world.queue.get())

        world.obj["spec"] = spec
        world.change()
        world.usage = world.used()
        await world.next_inventory()
        assert (len(world.queue), world.written) == (1, [])

    run(main())


def test_a_policy_that_is_withdrawn_or_to_be_is_the_reconciles_at_each_look() -> None:
    async def main() -> None:
        world = await settled(OLD)
        world.images.append(image("a", "v2"))
        world.usage = world.used(f"@{digest('a')}")
        states = []
        for _ in range(3):
            await world.next_inventory()
            assert (len(world.queue), world.written) == (1, [])
            world.queue.done(await world.queue.get())
            await world.reconcile()
            states.append(world.held["status"]["lifecyclePolicy"]["state"])
            # From the second look on nothing is at risk.
            world.usage = world.used()
        assert states == ["Withdrawn"] * 3

    run(main())


def deleted(world: RepositoryWorld) -> None:
    world.change(deletionTimestamp="2026-11-28T12:00:00Z")


def suspended(world: RepositoryWorld) -> None:
    world.obj["spec"] = {**world.obj["spec"], "suspend": True}
    world.change(generation=2)


def unknown(world: RepositoryWorld) -> None:
    world.obj["spec"] = {**world.obj["spec"], "deletionPolicy": "Newer"}
    world.change(generation=2)


def elsewhere(world: RepositoryWorld) -> None:
    arn = world.obj["status"]["repositoryArn"].replace("eu-central-1", "eu-west-1")
    world.obj["status"] = {**world.obj["status"], "repositoryArn": arn}
    world.change()


def of_another_account(world: RepositoryWorld) -> None:
    arn = world.obj["status"]["repositoryArn"].replace("123456789012", "210987654321")
    world.obj["status"] = {**world.obj["status"], "repositoryArn": arn}
    world.change()


NOT_COUNTED = {
    "that is being deleted": deleted,
    "that is suspended": suspended,
    "that is not understood": unknown,
    "of another Region": elsewhere,
    "of another account": of_another_account,
}


@pytest.mark.parametrize("change", NOT_COUNTED.values(), ids=NOT_COUNTED)
def test_no_call_is_made_for_an_object(
    change: Callable[[RepositoryWorld], None], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        world = await settled()
        change(world)
        assert await world.next_inventory() == []
        assert (world.written, len(world.queue), caplog.messages) == ([], 0, [])

    run(main())
