"""Looks at a repository while AWS previews its lifecycle policy: what each costs, and what ends them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ecr_operator.api.names import RECONCILE_ANNOTATION
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.kube.errors import KubeUnavailable
from ecr_operator.planning.lifecycle_preview import FIRST_LOOK, LONGEST_RUN
from ecr_operator.reasons import Reason
from tests.controllers.repository_world import RepositoryWorld
from tests.controllers.test_lifecycle_judgement import OLD, digest, image, listed
from tests.lifecycle import older_than

Json = dict[str, Any]
LOOK = "get_lifecycle_policy_preview"
WHOLE = "describe_repositories"
YOUNGER = {"lifecyclePolicy": {"rules": [older_than(5)]}}
OUTAGE = AwsError(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, "ServerException", "op", "no", outage=True)


async def previewed(spec: Json = OLD) -> RepositoryWorld:
    """A repository whose preview has begun, as its status says; AWS is at it, and the first look is due."""
    world = RepositoryWorld(spec)
    world.images = [image("a", "v1"), image("b", days=1)]
    after, calls = await world.reconcile()
    assert (after, calls[-1], len(world.written)) == (FIRST_LOOK, "start_lifecycle_policy_preview", 1)
    world.seconds += FIRST_LOOK
    return world


async def held() -> RepositoryWorld:
    """A repository whose policy is held, and previewed again."""
    world = await previewed()
    world.preview, world.listed = {}, [listed("a", "v1")]
    world.usage = world.used(f"@{digest('a')}")
    after, calls = await world.reconcile()
    assert (calls[0], world.held["status"]["lifecyclePolicy"]["state"]) == (LOOK, "Held")
    world.seconds += after or 0
    world.preview = {"status": "IN_PROGRESS"}
    after, calls = await world.reconcile()
    assert (after, calls[-1]) == (FIRST_LOOK, "start_lifecycle_policy_preview")
    world.seconds += FIRST_LOOK
    return world


@pytest.mark.parametrize("begin", [previewed, held])
@pytest.mark.parametrize("text", [None, '{"rules": []}'], ids=["ours", "of somebody else"])
def test_a_look_at_a_preview_that_runs_is_one_call_and_no_write(begin: Any, text: str | None) -> None:
    async def main() -> None:
        world = await begin()
        before = world.obj
        if text is not None:
            # It has to be waited for, whosever it is.
            world.preview["lifecyclePolicyText"] = text
        pauses = []
        for _ in range(8):
            after, calls = await world.reconcile()
            assert calls == [LOOK]
            pauses.append(after or 0)
            world.seconds += after or 0
        assert [round(pause, 1) for pause in pauses[:4]] == [5, 7.5, 11.2, 16.9]
        assert max(pauses) == 30
        assert world.written == []
        assert (world.obj, world.held) == (before, before)

    asyncio.run(main())


def test_who_is_woken_before_a_look_is_due_calls_nobody() -> None:
    async def main() -> None:
        world = await previewed()
        world.seconds -= 3
        assert await world.reconcile() == (3, [])
        assert world.written == []

    asyncio.run(main())


def edited(world: RepositoryWorld) -> None:
    world.obj["spec"] = {**world.obj["spec"], **YOUNGER}
    world.change(generation=2)


def edited_elsewhere(world: RepositoryWorld) -> None:
    world.obj["spec"] = {**world.obj["spec"], "scanOnPush": True}
    world.change(generation=2)


def asked(world: RepositoryWorld) -> None:
    world.change(annotations={RECONCILE_ANNOTATION: "now"})


def restarted(world: RepositoryWorld) -> None:
    world.restart()


def unprotected(world: RepositoryWorld) -> None:
    policy = OLD["lifecyclePolicy"] | {"protection": {"imagesInUse": "Ignore"}}
    world.obj["spec"] = {**world.obj["spec"], "lifecyclePolicy": policy}
    world.change()


def says(**preview: Any) -> Callable[[RepositoryWorld], None]:
    """AWS says that of the preview; without anything, that it is complete."""

    def change(world: RepositoryWorld) -> None:
        world.preview = preview

    return change


def late(world: RepositoryWorld) -> None:
    world.seconds += LONGEST_RUN


def told(**entry: Any) -> Callable[[RepositoryWorld], None]:
    """The status says something else of the policy."""

    def change(world: RepositoryWorld) -> None:
        status = world.obj["status"]
        world.obj["status"] = {**status, "lifecyclePolicy": {**status["lifecyclePolicy"], **entry}}
        world.change()

    return change


def untold(world: RepositoryWorld) -> None:
    world.obj["status"] = {**world.obj["status"], "lifecyclePolicy": None}
    world.change()


ENDS: dict[str, tuple[Callable[[RepositoryWorld], None], bool]] = {
    # What AWS says: one look, and the rest.
    "it is complete": (says(), True),
    "it has failed": (says(status="FAILED"), True),
    "it has expired": (says(status="EXPIRED"), True),
    "it is of another text": (says(lifecyclePolicyText='{"rules": []}'), True),
    "AWS takes too long": (late, True),
    # What is known without AWS.
    "the policy is another one": (edited, False),
    "something else of the spec is another": (edited_elsewhere, False),
    "somebody asks by annotation": (asked, False),
    "the operator has started anew": (restarted, False),
    "no preview is needed any more": (unprotected, False),
    "the status says that it is applied": (told(state="Applied"), False),
    "the status says that it is withdrawn": (told(state="Withdrawn"), False),
    "the status speaks of another text": (told(hash="f" * 32), False),
    "the status speaks of another source": (told(source="keep"), False),
    "the status says nothing": (untold, False),
}


@pytest.mark.parametrize(("change", "looks"), ENDS.values(), ids=ENDS)
def test_the_whole_is_reconciled_when(change: Callable[[RepositoryWorld], None], looks: bool) -> None:
    async def main() -> None:
        world = await previewed()
        change(world)
        _, calls = await world.reconcile()
        assert calls[:2] == [LOOK, WHOLE] if looks else calls[0] == WHOLE

    asyncio.run(main())


def test_what_aws_has_said_at_the_end_is_not_asked_for_twice() -> None:
    async def main() -> None:
        world = await previewed()
        world.preview = {}
        _, calls = await world.reconcile()
        assert calls.count(LOOK) == 1
        assert calls[-1] == "put_lifecycle_policy"

    asyncio.run(main())


def test_what_aws_has_said_at_the_end_is_kept_where_the_reconcile_fails() -> None:
    async def main() -> None:
        world = await previewed()
        world.preview, world.failing = {}, {WHOLE: OUTAGE}
        with pytest.raises(AwsError):
            await world.reconcile()
        assert world.calls == [LOOK, WHOLE]
        world.failing = {}
        _, calls = await world.reconcile()
        assert (calls[0], LOOK in calls, calls[-1]) == (WHOLE, False, "put_lifecycle_policy")

    asyncio.run(main())


def test_a_look_that_aws_refuses_is_what_the_whole_reconcile_tells_of() -> None:
    async def main() -> None:
        world = await previewed()
        denied = AwsError(Kind.STALLED, Reason.ACCESS_DENIED, "AccessDeniedException", LOOK, "You may not")
        world.failing = {LOOK: denied}
        _, calls = await world.reconcile()
        assert calls[:2] == [LOOK, WHOLE]
        (condition,) = (
            one for one in world.held["status"]["conditions"] if one["type"] == "LifecyclePolicyApplied"
        )
        assert (condition["reason"], "You may not" in condition["message"]) == ("PreviewFailed", True)

    asyncio.run(main())


def test_a_preview_of_another_policy_than_the_status_speaks_of_is_none() -> None:
    async def main() -> None:
        world = await previewed()
        # An EcrLifecyclePolicy changes, which no generation of the repository shows, and back again; what the
        # status was to say in between was lost.
        before, world.is_down = world.obj["spec"], True
        world.obj["spec"] = {**before, **YOUNGER}
        world.change()
        with pytest.raises(KubeUnavailable):
            await world.reconcile()
        world.obj["spec"], world.is_down = before, False
        world.change()
        world.seconds += FIRST_LOOK
        _, calls = await world.reconcile()
        assert (calls[0], calls[-1]) == (WHOLE, "start_lifecycle_policy_preview")
        assert world.previewed == world.subject.desired.lifecycle

    asyncio.run(main())


def test_a_preview_that_has_failed_is_not_looked_at() -> None:
    async def main() -> None:
        world = await previewed()
        world.preview = {"status": "FAILED"}
        await world.reconcile()
        world.seconds += 60
        _, calls = await world.reconcile()
        assert (calls[0], LOOK in calls) == (WHOLE, False)

    asyncio.run(main())
