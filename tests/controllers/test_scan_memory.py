"""What is kept of scans where AWS, the cluster or the spec is not as it was: in virtual time."""

import asyncio
from typing import Any

import pytest

from ecr_operator.controllers.figures import Figures
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown, Workload
from tests.controllers.scan_world import DAY, FINDINGS, MANIFEST, ScanWorld, refusal, scanned
from tests.controllers.test_scan_turns import DENIED, HOUR, LIMITS, in_world

PASSES_BY = UsageUnknown("The Pods cannot be listed")
PULLED = '{"rules": [{"selection": {"countType": "sinceImagePulled"}}]}'


class TestDenials:
    def test_after_a_start_indexes_that_may_not_be_read_are_asked_for_once_an_interval(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.failures[MANIFEST] = refusal("AccessDeniedException", "no", operation="BatchGetImage")
            world.add("web", world.image("index", index=True), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            assert world.verdict("web")["reason"] == "AccessDenied"
            writes = world.writes
            await world.restart()
            begin = world.loop.time()
            await asyncio.sleep(HOUR)
            assert world.per_operation(begin)[MANIFEST] <= 6
            assert world.verdict("web")["reason"] == "AccessDenied"
            assert world.writes == writes

        in_world(main)

    def test_that_of_an_image_that_is_gone_is_forgotten_where_no_other_can_be_asked_about(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.failures[FINDINGS] = refusal("AccessDeniedException", DENIED)
            world.lifecycle["web"] = PULLED
            world.add("web", world.image("index", index=True), world.image("old", age=3 * DAY), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            assert world.verdict("web")["reason"] == "AccessDenied"
            world.images["web"].pop()
            begin = world.loop.time()
            await asyncio.sleep(2 * HOUR)
            assert sum(world.per_operation(begin).values()) <= 60
            assert world.verdict("web")["reason"] == "PullTimesCount"

        in_world(main)

    def test_ends_with_an_answer_about_an_image_that_was_not_due(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers |= {"a": scanned(), "b": scanned()}
            world.add("web", world.image("a"), world.image("b", age=3 * DAY), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            world.memories.of(world.obj("web")).scans.denied = DENIED
            world.turns.wake(world.subject(world.obj("web")))
            await asyncio.sleep(120)
            assert len(world.asked()) == 3
            assert world.verdict("web")["status"] == "True"

        in_world(main)


class TestKinds:
    def test_images_that_tell_of_different_ones_do_not_take_turns(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.scan_type = "ENHANCED"
            world.answers |= {"a": scanned(LOW=1), "b": scanned("ACTIVE", enhanced=True, LOW=1)}
            world.add("web", world.image("a"), world.image("b"), **LIMITS)
            await world.look("web")
            await asyncio.sleep(2 * HOUR)
            # The one that is not believed is asked about again with each inventory.
            assert len(world.asked()) <= 12
            writes = world.writes
            await asyncio.sleep(4 * HOUR)
            assert world.writes == writes
            assert world.scan("web")["type"] == "ENHANCED"
            assert world.verdict("web")["reason"] == "ScanPending"
            # A switch that the registry confirms is believed.
            world.scan_type = "BASIC"
            world.answers["b"] = scanned(LOW=1)
            await asyncio.sleep(HOUR)
            assert world.scan("web")["type"] == "BASIC"
            assert world.verdict("web")["status"] == "True"

        in_world(main)


class TestWhoUsesWhat:
    @pytest.mark.parametrize("restarts", [False, True])
    def test_a_list_of_pods_that_failed_changes_nothing_of_what_is_reported(self, restarts: bool) -> None:
        async def main(world: ScanWorld) -> None:
            world.used = RepositoryUsage({"tag-of-old": {Workload("team-a", "Deployment", "web")}})
            world.answers |= {"old": scanned(CRITICAL=1), "new": scanned(LOW=1)}
            world.add(
                "web", world.image("old", age=9 * DAY), world.image("new"), images={"report": 1}, **LIMITS
            )
            await world.look("web")
            await asyncio.sleep(60)
            assert world.verdict("web")["status"] == "False"
            before, world.used = world.used, PASSES_BY
            if restarts:
                await world.restart()
            await asyncio.sleep(HOUR)
            assert world.verdict("web")["status"] == "False"
            world.used = before
            del world.images["web"][0]
            await asyncio.sleep(HOUR)
            assert world.verdict("web")["status"] == "True"

        in_world(main)

    @pytest.mark.parametrize("restarts", [False, True])
    def test_who_asks_is_told_of_a_new_image_all_the_same(self, restarts: bool) -> None:
        async def main(world: ScanWorld) -> None:
            world.used = RepositoryUsage({"tag-of-old": {Workload("team-a", "Deployment", "web")}})
            world.answers["old"] = scanned(LOW=1)
            world.add("web", world.image("old", age=9 * DAY), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            assert world.verdict("web")["status"] == "True"
            world.used = PASSES_BY
            if restarts:
                await world.restart()
            world.images["web"].append(world.image("new"))
            await world.look("web", asked=True)
            shown(world, "web")
            assert [one["digest"] for one in world.scan("web")["images"]] == (
                ["new", "old"] if restarts else ["old", "new"]
            )
            assert world.verdict("web")["status"] == "Unknown"

        in_world(main)

    def test_what_was_never_reported_is_reported_all_the_same(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.used = PASSES_BY
            world.answers["new"] = scanned(LOW=1)
            world.add("web", world.image("new"), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            assert world.verdict("web")["status"] == "True"

        in_world(main)


def test_images_that_come_to_be_read_are_listed_first() -> None:
    async def main(world: ScanWorld) -> None:
        world.add("web", world.image("a"), images={"scanFindings": False}, **LIMITS)
        await world.look("web")
        shown(world, "web")
        assert world.verdict("web")["reason"] == "FindingsNotRead"
        obj = world.obj("web")
        obj["metadata"]["generation"], obj["spec"]["images"] = 2, {}
        subject = world.subject(obj)
        assert world.scans.knows_too_few(subject)
        # Until then nobody says that there are none.
        shown(world, "web")
        assert world.verdict("web")["reason"] == "ScanPending"

    in_world(main)


def test_an_image_that_was_restored_from_the_archive_is_asked_about() -> None:
    async def main(world: ScanWorld) -> None:
        world.answers["a"] = scanned(LOW=1)
        world.add("web", world.image("a", imageStatus="ARCHIVED"), **LIMITS)
        await world.look("web")
        await asyncio.sleep(60)
        assert world.scan("web")["images"][0]["status"] == "IMAGE_ARCHIVED"
        world.images["web"] = [world.image("a")]
        await asyncio.sleep(0.5 * HOUR)
        assert world.verdict("web")["status"] == "True"

    in_world(main)


def test_what_is_known_of_a_new_object_outlives_a_look_at_an_old_one_of_its_name() -> None:
    async def main(world: ScanWorld) -> None:
        world.add("web", world.image("a"), **LIMITS)
        obj = world.obj("web")
        new = {**obj, "metadata": {**obj["metadata"], "uid": "another", "resourceVersion": "9"}}

        def recreated(parameters: Any) -> None:
            world.store.put(REPOSITORIES.plural, new)
            world.memories.of(new).waits = 3

        world.meanwhile[FINDINGS] = recreated
        await world.look("web")
        await asyncio.sleep(60)
        assert world.asked()
        assert world.memories.of(new).waits == 3

    in_world(main)


def test_an_index_that_a_person_has_to_mend_is_asked_for_once_an_interval() -> None:
    async def main(world: ScanWorld) -> None:
        world.failures[MANIFEST] = refusal("KmsException", "the key is disabled", operation="BatchGetImage")
        world.add("web", world.image("index", index=True), **LIMITS)
        await world.look("web")
        await asyncio.sleep(2 * HOUR)
        assert len(world.asked(MANIFEST)) <= 10
        assert world.verdict("web")["status"] == "Unknown"

    in_world(main)


def test_indexes_that_are_gone_are_forgotten() -> None:
    async def main(world: ScanWorld) -> None:
        world.add("web", **LIMITS)
        for push in range(30):
            world.images["web"] = [world.image(f"index-{push}", index=True)]
            world.manifests[f"index-{push}"] = [{"digest": "part", "platform": {"os": "linux"}}]
            await world.look("web")
            await asyncio.sleep(60)
        assert list(world.memories.of(world.obj("web")).lifecycle.children) == ["index-29"]

    in_world(main)


def test_after_a_start_a_verdict_of_another_spec_is_made_anew() -> None:
    """A reconcile that is refused observes the generation, and says nothing of images."""

    async def main(world: ScanWorld) -> None:
        world.answers["a"] = scanned(HIGH=2)
        world.add("web", world.image("a"), **LIMITS)
        await world.look("web")
        await asyncio.sleep(60)
        assert world.verdict("web")["status"] == "True"
        obj = world.obj("web")
        obj["metadata"]["generation"] = obj["status"]["observedGeneration"] = 2
        obj["spec"]["vulnerabilityPolicy"] = {"maxHigh": 0}
        await world.restart()
        shown(world, "web")
        verdict = world.verdict("web")
        assert (verdict["status"], verdict["observedGeneration"]) == ("False", 2)

    in_world(main)


def shown(world: ScanWorld, name: str) -> None:
    """The status as a reconcile ends with it."""
    obj: dict[str, Any] = world.obj(name)
    subject = world.subject(obj)
    figures = Figures(world.context, world.memories, world.scans)
    obj["status"] = figures.shown(subject, subject.status, subject.generation).to_json()
