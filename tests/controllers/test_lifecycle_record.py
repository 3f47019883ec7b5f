"""What the status says of a lifecycle policy where a write is lost, the operator restarts, or rules go."""

import asyncio
from typing import Any

import pytest

from ecr_operator.kube.errors import KubeUnavailable
from tests.controllers.repository_world import RepositoryWorld
from tests.controllers.test_lifecycle_judgement import OLD, digest, image, listed
from tests.lifecycle import older_than

Json = dict[str, Any]


def said(world: RepositoryWorld) -> tuple[Any, Any]:
    """The state of the policy, and the reason of its condition."""
    status = world.held["status"]
    reasons = {one["type"]: one["reason"] for one in status["conditions"]}
    return (status.get("lifecyclePolicy") or {}).get("state"), reasons.get("LifecyclePolicyApplied")


async def until_decided(world: RepositoryWorld) -> None:
    """The start of the preview, and its result."""
    for _ in range(2):
        after, _ = await world.reconcile()
        world.seconds += after or 0


def test_after_a_start_a_policy_that_is_held_stays_held_while_it_is_judged_again() -> None:
    async def main() -> None:
        world = RepositoryWorld(OLD)
        world.images, world.preview = [image("a", "v1"), image("b", days=1)], {}
        world.listed, world.usage = [listed("a", "v1")], world.used(f"@{digest('a')}")
        await until_decided(world)
        assert said(world) == ("Held", "ImagesInUse")
        world.restart()
        _, calls = await world.reconcile()
        assert calls[-1] == "start_lifecycle_policy_preview"
        assert said(world) == ("Held", "ImagesInUse")
        assert world.written == []

    asyncio.run(main())


def test_a_withdrawal_whose_record_was_lost_is_one_all_the_same() -> None:
    async def main() -> None:
        world = RepositoryWorld(OLD)
        world.images, world.preview = [image("b", "v1", days=1)], {}
        await until_decided(world)
        assert said(world) == ("Applied", "InSync")

        world.images.append(image("a", "v2"))
        world.usage = world.used(":v2")
        inventories, subject = world.controller.inventories, world.subject
        await inventories.read(subject, world.registry, subject.status.repository_arn or "")
        world.is_down = True
        with pytest.raises(KubeUnavailable):
            await world.reconcile()
        assert (world.there, said(world)) == (None, ("Applied", "InSync"))

        world.is_down = False
        _, calls = await world.reconcile()
        assert "start_lifecycle_policy_preview" not in calls
        assert said(world) == ("Withdrawn", "ImagesInUse")

    asyncio.run(main())


def test_a_policy_that_is_left_is_told_of_though_the_rules_after_it_were_held() -> None:
    async def main() -> None:
        world = RepositoryWorld({})
        retained = {"deletionPolicy": "Retain"}
        world.policy(1, rules=[older_than(400)], **retained)
        world.change(labels={"app": "web"})
        world.images, world.preview = [image("a", "v1"), image("b", days=1)], {}
        await until_decided(world)
        first = world.there
        assert (said(world), first is not None) == (("Applied", "InSync"), True)

        world.policy(2, rules=[older_than(10)], **retained)
        world.listed, world.usage = [listed("a", "v1")], world.used(f"@{digest('a')}")
        await until_decided(world)
        assert said(world) == ("Held", "ImagesInUse")

        world.change(labels={})
        await world.reconcile()
        status = world.held["status"]
        assert status["lifecyclePolicy"]["state"] == "Unmanaged"
        assert (status["managed"], world.there) == (["repository"], first)

    asyncio.run(main())
