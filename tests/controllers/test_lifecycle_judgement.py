"""What a lifecycle policy is judged by: at a change, and as long as AWS holds it."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState as State
from ecr_operator.planning.image_index import IndexChild
from ecr_operator.planning.lifecycle_gate import LifecycleGate
from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.usage import UsageUnknown
from ecr_operator.reasons import Reason
from tests.controllers.lifecycle_world import INDEX, NOW, World, digest
from tests.lifecycle import older_than

Json = dict[str, Any]
UNTAGGED = {"lifecyclePolicy": {"rules": [older_than(10, "untagged")]}}
OLD = {"lifecyclePolicy": {"rules": [older_than(10)]}}
_SELECTION = {"countType": "sinceNobodyAsked"}
NEWER = json.dumps({"rules": [{"rulePriority": 1, "selection": _SELECTION}]})
MANAGED = ["lifecyclePolicy", "repository"]


def image(letter: str, *tags: str, days: float = 20, **more: Any) -> Json:
    pushed = NOW - timedelta(days=days)
    return {"imageDigest": digest(letter), "imageTags": list(tags), "imagePushedAt": pushed, **more}


def listed(letter: str, *tags: str) -> Json:
    return {
        "imageDigest": digest(letter),
        "imageTags": list(tags),
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": 1,
    }


def test_what_is_held_stays_held_while_it_is_judged_again() -> None:
    async def main() -> None:
        world = World(OLD, {})
        world.images, world.listed = [image("a", "v1"), image("b", days=1)], [listed("a", "v1")]
        world.usage = world.used(f"@{digest('a')}")
        states = []
        for _ in range(6):
            progress = await world.judge()
            states.append(progress.state)
            assert progress.after is not None
            world.seconds += progress.after
        assert states == [State.PENDING, *[State.HELD] * 5]
        # Two of these were questions to AWS whether it is still so.
        assert world.calls.count("start_lifecycle_policy_preview") >= 2

        world.usage = world.used()
        for _ in range(2):
            progress = await world.judge()
            world.seconds += progress.after or 0
        assert progress.is_applied

    asyncio.run(main())


def test_an_index_that_was_deleted_holds_none_of_its_images() -> None:
    async def main() -> None:
        world = World(UNTAGGED, {})
        world.images, world.listed = [image("c"), image("d", days=1)], [listed("c")]
        world.usage = world.used(f"@{digest('f')}", f"@{digest('c')}")
        # At an earlier look the index was there.
        world.memory.children[digest("f")] = (IndexChild(digest("c")),)
        progress = await world.judge()
        world.seconds += progress.after or 0
        assert (await world.judge()).reason == Reason.IMAGES_IN_USE

        world = World(UNTAGGED, {})
        world.images = [image("c"), image("f", imageManifestMediaType=INDEX, days=1)]
        world.listed, world.children = [listed("c")], {digest("f"): [digest("c")]}
        world.usage = world.used(f"@{digest('f')}", f"@{digest('c')}")
        progress = await world.judge()
        world.seconds += progress.after or 0
        assert (await world.judge()).is_applied

    asyncio.run(main())


def test_a_policy_in_force_that_is_not_understood_is_not_judged() -> None:
    async def main() -> None:
        world = World(OLD, {"managed": MANAGED})
        world.images, world.usage = [image("a", "v1")], world.used(":v1")
        world.memory.in_force = NEWER
        reading = await world.look()
        assert (reading.inventory.count, reading.judged, reading.risks) == (1, NEWER, None)

    asyncio.run(main())


def test_protected_tags_are_judged_though_nobody_knows_what_is_in_use() -> None:
    async def main() -> None:
        protection = {"protectedTags": ["prod-*"]}
        world = World({"lifecyclePolicy": OLD["lifecyclePolicy"] | {"protection": protection}}, {})
        world.images, world.usage = [image("a", "v1"), image("b", "prod-1")], UsageUnknown("no list")
        world.memory.in_force = world.subject.desired.lifecycle
        (risk,) = (await world.look()).risks
        assert risk.tag == "prod-1"

        # Of the others nobody can say that they are safe.
        world.images = [image("a", "v1")]
        assert (await world.look()).risks is None

    asyncio.run(main())


def test_a_policy_at_rest_is_judged_as_long_as_aws_holds_it() -> None:
    async def main() -> None:
        world = World({"lifecyclePolicyRef": {"name": "gone"}}, {"managed": MANAGED})
        world.images, world.usage = [image("a", "v1")], world.used(":v1")
        world.there = World(OLD, {}).subject.desired.lifecycle
        # After a start nothing is remembered.
        (risk,) = (await world.look()).risks
        assert risk.tag == "v1"
        await world.look()
        assert world.calls.count("get_lifecycle_policy") == 1

        # What somebody else has put there is nobody's business.
        world = World({"lifecyclePolicyRef": {"name": "gone"}}, {"managed": ["repository"]})
        await world.look()
        assert "get_lifecycle_policy" not in world.calls

    asyncio.run(main())


@pytest.mark.parametrize(
    ("state", "reason"),
    [("Held", "ReasonOfTheFuture"), ("Pending", "Progressing")],
    ids=["by another version", "before it was decided"],
)
def test_of_a_policy_at_rest_is_not_repeated_what_was_said(state: str, reason: str) -> None:
    condition = {
        "type": "LifecyclePolicyApplied",
        "status": "False",
        "reason": reason,
        "message": "",
        "lastTransitionTime": "2026-11-01T00:00:00Z",
    }
    entry = {"source": "keep", "state": state, "hash": "x"}
    world = World({}, {"lifecyclePolicy": entry, "conditions": [condition]})
    metadata = {**world.obj["metadata"], "name": "keep", "uid": "2"}
    spec = {**OLD["lifecyclePolicy"], "suspend": True, "repositorySelector": {}}
    policy = {"apiVersion": "v1", "kind": "EcrLifecyclePolicy", "metadata": metadata, "spec": spec}
    world.store.put("ecrlifecyclepolicies", policy)
    progress = asyncio.run(world.judge())
    assert (progress.state, progress.reason) == (State.PENDING, Reason.SUSPENDED)


def test_what_is_held_for_a_passing_reason_is_looked_at_sooner_than_what_waits_for_a_person() -> None:
    world = World(OLD, {})
    memory = world.memories.of(world.obj)
    outcome = Stalled(Reason.USAGE_UNKNOWN, "a list failed")
    longest = world.memories.next_look(world.obj, outcome)
    memory.look_after = 5.0
    assert world.memories.next_look(world.obj, outcome) == 5.0
    memory.look_after = 1e6
    assert world.memories.next_look(world.obj, outcome) == longest


def test_a_policy_that_archives_all_that_can_be_pulled_is_held() -> None:
    async def main() -> None:
        world = World(UNTAGGED, {})
        world.images = [image("a", imageStatus="ARCHIVED"), image("b", "v1")]
        world.listed = [listed("b", "v1") | {"action": {"type": "TRANSITION"}}]
        await world.look()
        progress = await world.judge()
        world.seconds += progress.after or 0
        assert (await world.judge()).reason == Reason.WOULD_EMPTY_REPOSITORY

    asyncio.run(main())


def test_rules_in_place_of_those_that_endanger_an_image_are_judged_by_themselves() -> None:
    async def main() -> None:
        rules = OLD["lifecyclePolicy"] | {"protection": {"imagesInUse": "Warn"}}
        world = World({"lifecyclePolicy": rules}, {"managed": MANAGED})
        world.images, world.usage = [image("a", "v1"), image("b", days=1)], world.used(":v1")
        world.there = world.memory.in_force = world.subject.desired.lifecycle
        assert (await world.look()).risks
        world.obj["spec"]["lifecyclePolicy"] = {"rules": [older_than(400)]}
        progress = await world.judge()
        # The old ones go at once, and the new ones are not to blame.
        assert (progress.state, progress.gate) == (State.PENDING, LifecycleGate.WITHDRAWN)
        world.there = None
        world.seconds += progress.after or 0
        progress = await world.judge()
        assert (progress.is_applied, progress.gate) == (True, LifecycleGate.OPEN)

    asyncio.run(main())
