"""Scans of indexes, missing scans and archived images: what is asked of AWS for them, and what is not."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.controllers.scan_world import DAY, MANIFEST, RUNNING, ScanWorld, refusal, scanned
from tests.engine.virtual import run
from tests.lifecycle import UNPULLED
from tests.planning.samples import ACCOUNT

HOUR = 3600.0
LIMITS = {"vulnerabilityPolicy": {"maxCritical": 0}}
LINUX = {"platform": {"os": "linux", "architecture": "amd64"}}
ATTESTATION = {
    "digest": "attestation",
    "platform": {"os": "unknown", "architecture": "unknown"},
    "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
}
PULLED = json.dumps({"rules": [{"selection": {"countType": "sinceImagePulled"}}]})
WANTS = {"images": {"startMissingScans": True}}
Main = Callable[[ScanWorld], Coroutine[Any, Any, None]]


def with_indexes(main: Main, number: int = 1, settings: dict[str, Any] | None = None, **spec: Any) -> None:
    """A repository with so many indexes of two images each, scanned; one has a critical finding."""

    async def whole() -> None:
        world = ScanWorld(**settings or {})
        for one in range(number):
            parts = [{"digest": f"{one}-{part}", **LINUX} for part in ("amd", "arm")]
            world.manifests[f"index-{one}"] = [*parts, ATTESTATION]
            world.answers |= {f"{one}-amd": scanned(CRITICAL=1, LOW=2), f"{one}-arm": scanned(LOW=5)}
        indexes = [world.image(f"index-{one}", age=DAY + one, index=True) for one in range(number)]
        world.add("web", *indexes, **LIMITS | {"images": {"report": 20}} | spec)
        async with world:
            await main(world)

    run(whole())


def test_an_index_is_judged_by_its_images_and_no_other_of_its_manifests() -> None:
    async def main(world: ScanWorld) -> None:
        await world.look("web")
        await asyncio.sleep(60)
        [image] = world.scan("web")["images"]
        assert (image["digest"], image["status"]) == ("index-0", "COMPLETE")
        assert image["severityCounts"] == {"CRITICAL": 1, "LOW": 5}
        assert world.asked() == ["0-amd", "0-arm"]
        world.answers["0-arm"] = RUNNING
        await world.look("web", asked=True)
        await asyncio.sleep(60)
        assert world.scan("web")["images"][0]["status"] == "IN_PROGRESS"
        assert world.verdict("web")["reason"] == "VulnerabilitiesFound"

    with_indexes(main)


def test_what_indexes_refer_to_is_asked_for_once_and_of_all_together() -> None:
    async def main(world: ScanWorld) -> None:
        await world.look("web")
        await asyncio.sleep(30 * HOUR)
        calls = world.per_operation()
        assert calls[MANIFEST] == 1
        assert calls["get_lifecycle_policy"] == 1
        assert sorted(world.asked(MANIFEST)) == sorted(world.manifests)
        assert len(world.asked()) > 20
        world.manifests["later"] = [{"digest": "0-amd", **LINUX}]
        world.images["web"].append(world.image("later", index=True, age=0.0))
        await world.look("web", asked=True)
        await asyncio.sleep(2 * HOUR)
        assert sorted(world.asked(MANIFEST)) == sorted(world.manifests)

    with_indexes(main, number=10)


class TestPullTimes:
    @pytest.mark.parametrize("knows", ["ours", "wanted", "foreign"])
    def test_no_index_is_read_where_that_would_count_as_a_pull(self, knows: str) -> None:
        async def main(world: ScanWorld) -> None:
            # A policy of somebody else is known to AWS alone.
            if knows == "ours":
                world.memories.of(world.obj("web")).lifecycle.in_force = PULLED
            elif knows == "wanted":
                # Held back, perhaps: it goes by the pulls before it as well.
                world.obj("web")["spec"]["lifecyclePolicy"] = {"rules": [UNPULLED]}
            else:
                world.lifecycle["web"] = PULLED
            await world.look("web")
            await asyncio.sleep(0.5 * HOUR)
            verdict = world.verdict("web")
            assert (verdict["status"], verdict["reason"]) == ("Unknown", "PullTimesCount")
            assert "--principal-arn ROLE_ARN --region" in verdict["message"]
            assert "the role ecr-operator, its path included" in verdict["message"]
            calls = world.per_operation()
            assert calls[MANIFEST] == 0
            # Once per look at the repository, however many indexes it has.
            assert calls["get_lifecycle_policy"] <= (4 if knows == "foreign" else 0)
            assert calls["list_pull_time_update_exclusions"] == 1
            # Who has run the command asks again.
            world.excluded = [f"arn:aws:iam::{ACCOUNT}:role/path/ecr-operator"]
            await world.look("web", asked=True)
            await asyncio.sleep(60)
            assert world.verdict("web")["reason"] == "VulnerabilitiesFound"

        with_indexes(main, number=5)

    @pytest.mark.parametrize("path", ["", "team/ci/"])
    def test_the_command_names_the_role_that_is_assumed_and_no_other_is_taken_for_it(self, path: str) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/{path}ecr-operator"

        async def main(world: ScanWorld) -> None:
            world.lifecycle["web"] = PULLED
            world.excluded = [f"arn:aws:iam::{ACCOUNT}:role/other/ecr-operator"]
            await world.look("web")
            await asyncio.sleep(60)
            assert f"--principal-arn {role} --region" in world.verdict("web")["message"]
            assert world.per_operation()[MANIFEST] == 0
            world.excluded = [role]
            await world.look("web", asked=True)
            await asyncio.sleep(60)
            assert world.verdict("web")["reason"] == "VulnerabilitiesFound"

        with_indexes(main, settings={"role_arn": role})

    @pytest.mark.parametrize("decided", ["Fail", "Pass", "Unknown"])
    @pytest.mark.parametrize("is_known", [True, False])
    def test_the_command_fits_into_the_condition_whatever_the_names(
        self, is_known: bool, decided: str
    ) -> None:
        name = "r" * 64
        role = f"arn:aws-us-gov:iam::{ACCOUNT}:role/{name}"

        async def main(world: ScanWorld) -> None:
            world.arn = f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/{name}/session"
            world.lifecycle["web"] = PULLED
            for image in world.images["web"]:
                image["imageTags"] = [image["imageDigest"].ljust(128, "t")]
            await world.look("web")
            await asyncio.sleep(60)
            message = world.verdict("web")["message"]
            assert "t" * 100 in message
            assert f"--principal-arn {role if is_known else 'ROLE_ARN'} --region" in message
            assert is_known or f"the role {name}, its path included" in message
            assert "counts as a pull" in message

        policy = {"vulnerabilityPolicy": {"maxCritical": 0, "onUnscanned": decided}}
        with_indexes(main, 20, {"role_arn": role} if is_known else None, **policy)

    def test_what_was_known_of_an_index_before_a_start_stays(self) -> None:
        async def main(world: ScanWorld) -> None:
            await world.look("web")
            await asyncio.sleep(60)
            before = world.obj("web")["status"]["scan"]
            world.start()
            world.lifecycle["web"] = PULLED
            await world.look("web", asked=True)
            subject = world.subject(world.obj("web"))
            await world.scans.read(subject, world.context.registry)
            assert world.per_operation()[MANIFEST] == 1
            assert world.scans.shown(subject, subject.status, 1).to_json()["scan"] == before

        with_indexes(main)

    @pytest.mark.parametrize("action", [MANIFEST, "get_lifecycle_policy"])
    def test_a_right_that_is_missing_is_named_and_plain_images_are_read(self, action: str) -> None:
        async def main(world: ScanWorld) -> None:
            world.images["web"].append(world.image("plain"))
            world.answers["plain"] = scanned(LOW=1)
            world.failures[action] = refusal("AccessDeniedException", f"no {action}", operation=action)
            await world.look("web")
            await asyncio.sleep(HOUR)
            index, plain = sorted(world.scan("web")["images"], key=lambda one: one["digest"])
            assert "status" not in index
            assert plain["status"] == "COMPLETE"
            assert f"no {action}" in world.verdict("web")["message"]
            assert world.verdict("web")["status"] == "Unknown"
            assert world.per_operation()[action] <= 10
            world.failures.clear()
            await asyncio.sleep(0.5 * HOUR)
            assert world.verdict("web")["reason"] == "VulnerabilitiesFound"

        with_indexes(main)


def test_an_outage_while_indexes_are_resolved_wipes_nothing_and_stops_no_other() -> None:
    async def main(world: ScanWorld) -> None:
        world.images["web"].append(world.image("plain"))
        world.answers["plain"] = scanned(LOW=1)
        world.failures[MANIFEST] = refusal("ServerException", status=500, operation="BatchGetImage")
        await world.look("web")
        await asyncio.sleep(60)
        states = {one["digest"]: one.get("status") for one in world.scan("web")["images"]}
        assert states == {"index-0": None, "plain": "COMPLETE"}
        world.failures.clear()
        await asyncio.sleep(180)
        assert world.verdict("web")["reason"] == "VulnerabilitiesFound"

    with_indexes(main)


def test_an_index_that_aws_does_not_hand_out_is_judged_as_soon_as_it_does_and_does_not_pass_until_then() -> (
    None
):
    async def main(world: ScanWorld) -> None:
        manifests = dict(world.manifests)
        # As with a key that cannot be used: the answer has it among its `failures`.
        world.manifests.clear()
        world.images["web"].append(world.image("plain"))
        world.answers["plain"] = scanned(LOW=1)
        await world.look("web")
        await asyncio.sleep(60)
        assert len(world.scan("web")["images"]) == 2
        assert world.verdict("web")["reason"] == "ScanPending"
        world.manifests = manifests
        await asyncio.sleep(0.5 * HOUR)
        assert world.verdict("web")["reason"] == "VulnerabilitiesFound"

    with_indexes(main)


def test_an_archived_image_costs_no_call() -> None:
    async def main(world: ScanWorld) -> None:
        world.images["web"] = [
            world.image("old", imageStatus="ARCHIVED"),
            world.image("index-0", index=True, imageStatus="ARCHIVED"),
        ]
        await world.look("web")
        await asyncio.sleep(60)
        assert {one["status"] for one in world.scan("web")["images"]} == {"IMAGE_ARCHIVED"}
        assert not world.asked()
        assert not world.asked(MANIFEST)

    with_indexes(main)


class TestTurns:
    def test_one_has_some_50_calls_and_the_rest_comes_next_and_once(self) -> None:
        async def main(world: ScanWorld) -> None:
            for index in range(20):
                parts = [f"{index}-{part}" for part in range(80 if index == 3 else 8)]
                world.manifests[f"index-{index}"] = [{"digest": part, **LINUX} for part in parts]
                world.answers |= {part: scanned(LOW=1) for part in parts}
            await world.look("web")
            await asyncio.sleep(300)
            assert max(Counter(when for when, *_ in world.calls).values()) <= 60
            parts = [part["digest"] for index in world.manifests.values() for part in index]
            assert Counter(world.asked()) == dict.fromkeys(parts, 1)
            assert {one["status"] for one in world.scan("web")["images"]} == {"COMPLETE"}

        with_indexes(main, number=20)

    def test_what_was_read_of_an_index_before_an_error_counts_and_is_not_read_again(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.manifests["index-0"] += [{"digest": "0-riscv", **LINUX}]
            world.answers["0-riscv"] = refusal("ServerException", status=500)
            await world.look("web")
            subject = world.subject(world.obj("web"))
            turn = await world.scans.read(subject, world.context.registry)
            # Two to resolve it.
            assert (turn.calls, turn.error is not None) == (2 + 3, True)
            begin = world.loop.time()
            await asyncio.sleep(HOUR)
            again = Counter(world.asked(since=begin + 1))
            assert again.keys() == {"0-riscv"}
            # Old answers say little: all of it is read anew.
            await asyncio.sleep(6 * HOUR)
            assert Counter(world.asked(since=begin + 1))["0-amd"] == 1
            world.answers["0-riscv"] = scanned(CRITICAL=1)
            await asyncio.sleep(180)
            assert world.scan("web")["images"][0]["severityCounts"] == {"CRITICAL": 1, "LOW": 5}

        with_indexes(main)


class TestMissingScans:
    def missing(self, world: ScanWorld) -> tuple[str, ...]:
        """Which scans the next reconcile starts."""
        return world.memories.of(world.obj("web")).scans.missing

    def test_those_of_images_and_of_an_indexs_images_are_started_once(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.images["web"].append(world.image("plain"))
            del world.answers["0-arm"]
            await world.look("web")
            await asyncio.sleep(60)
            assert sorted(self.missing(world)) == ["0-arm", "plain"]
            assert world.queue.holds(("team-a", "web"))
            begin = world.loop.time()
            world.scans.started(world.subject(world.obj("web")), frozenset({"0-arm", "plain"}))
            world.turns.wake(world.subject(world.obj("web")))
            assert self.missing(world) == ()
            # Its result is looked for soon.
            world.answers |= {"0-arm": scanned(LOW=1), "plain": scanned(LOW=1)}
            await asyncio.sleep(60)
            assert {"0-arm", "plain"} <= set(world.asked(since=begin))
            world.answers.clear()
            await asyncio.sleep(50 * HOUR)
            assert not {"0-arm", "plain"} & set(self.missing(world))

        with_indexes(main, **WANTS)

    def test_one_that_was_refused_is_tried_again_when_a_person_asks_and_not_by_itself(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.images["web"].append(world.image("plain"))
            world.answers.clear()
            await world.look("web")
            await asyncio.sleep(60)
            assert sorted(self.missing(world)) == ["0-amd", "0-arm", "plain"]
            subject = world.subject(world.obj("web"))
            world.scans.started(subject, frozenset({"0-arm"}), frozenset({"0-amd", "plain"}))
            world.turns.wake(subject)
            await asyncio.sleep(50 * HOUR)
            assert self.missing(world) == ()
            await world.look("web", asked=True)
            # The reconcile that a person asks for is to start them: nothing else begins one.
            assert sorted(self.missing(world)) == ["0-amd", "plain"]

        with_indexes(main, **WANTS)

    def test_of_images_that_are_not_reported_any_more_it_is_forgotten(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers.clear()
            index = world.images["web"]
            for push in range(5):
                world.images["web"] = [*index, world.image(f"push-{push}", age=0.0)]
                await world.look("web")
                await asyncio.sleep(60)
                subject, missing = world.subject(world.obj("web")), frozenset(self.missing(world))
                refused = missing & {"0-amd", f"push-{push % 2}"}
                world.scans.started(subject, missing - refused, refused)
                await world.look("web")
            memory = world.memories.of(world.obj("web")).scans
            assert (memory.started, memory.refused) == ({"0-arm", "push-4"}, {"0-amd"})

        with_indexes(main, **WANTS)

    def test_one_that_had_a_scan_which_is_gone_is_not_started(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.images["web"].append(world.image("plain"))
            world.answers["plain"] = scanned(LOW=1)
            await world.look("web")
            await asyncio.sleep(60)
            world.answers.clear()
            await world.look("web", asked=True)
            await asyncio.sleep(60)
            assert [one["status"] for one in world.scan("web")["images"]] == ["SCAN_NOT_FOUND"] * 2
            assert self.missing(world) == ()

        with_indexes(main, **WANTS)

    def test_none_is_under_enhanced_scanning_or_where_nothing_is_to_be_written(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers.clear()
            world.scan_type = "ENHANCED"
            world.add("observed", world.image("x"), managementPolicy="Observe", **WANTS)
            for name in ("web", "observed"):
                await world.look(name)
            await asyncio.sleep(60)
            assert self.missing(world) == ()
            world.scan_type = "BASIC"
            await asyncio.sleep(4 * HOUR)
            assert self.missing(world) != ()
            assert world.scan("observed")["images"][0]["status"] == "SCAN_NOT_FOUND"
            assert world.memories.of(world.obj("observed")).scans.missing == ()

        with_indexes(main, **WANTS)

    def test_to_wish_for_them_later_starts_them_at_the_next_reconcile(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers.clear()
            await world.look("web")
            await asyncio.sleep(60)
            assert self.missing(world) == ()
            world.obj("web")["spec"]["images"] = {"startMissingScans": True}
            begin = world.loop.time()
            world.turns.wake(world.subject(world.obj("web")))
            assert sorted(self.missing(world)) == ["0-amd", "0-arm"]
            assert not world.asked(since=begin)

        with_indexes(main)

    def test_after_a_start_aws_is_asked_first(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.images["web"] = [world.image("plain")]
            await world.look("web")
            await asyncio.sleep(60)
            assert world.scan("web")["images"][0]["status"] == "SCAN_NOT_FOUND"
            world.obj("web")["spec"] |= WANTS
            world.start()
            await world.look("web")
            world.turns.wake(world.subject(world.obj("web")))
            assert self.missing(world) == ()

        with_indexes(main)
