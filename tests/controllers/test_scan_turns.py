"""When AWS is asked about scans, and how often: in virtual time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from ecr_operator.planning.image_scan import SEVERITIES
from tests.controllers.scan_world import DAY, FINDINGS, RUNNING, ScanWorld, refusal, scanned
from tests.engine.virtual import run

HOUR = 3600.0
DENIED = "User: op is not authorized to perform: inspector2:ListFindings on resource: *"
LIMITS = {"vulnerabilityPolicy": {"maxCritical": 0}}
Main = Callable[[ScanWorld], Coroutine[Any, Any, None]]


def in_world(main: Main, **settings: Any) -> None:
    """Run a test's coroutine while images and scans are looked at; the time begins with 0."""

    async def whole() -> None:
        world = ScanWorld(**settings)
        async with world:
            await main(world)

    run(whole())


def many(world: ScanWorld, number: int, images: int, *, enhanced: bool = False, **spec: Any) -> None:
    """So many repositories with so many images each, all scanned."""
    world.scan_type = "ENHANCED" if enhanced else "BASIC"
    status = "ACTIVE" if enhanced else "COMPLETE"
    for repository in range(number):
        digests = [f"{repository}-{image}" for image in range(images)]
        for digest in digests:
            world.answers[digest] = scanned(status, enhanced=enhanced, CRITICAL=1, LOW=3)
        found = [world.image(digest, age=DAY + at) for at, digest in enumerate(digests)]
        world.add(f"r{repository}", *found, images={"report": images}, **spec)


class TestFreshness:
    def test_a_basic_result_is_asked_for_again_after_a_day_and_not_before(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 20, 5)
            await asyncio.sleep(2 * HOUR)
            assert Counter(world.asked()) == dict.fromkeys(world.answers, 1)
            writes = world.writes
            await asyncio.sleep(18 * HOUR)
            assert len(world.asked()) == len(world.answers)
            assert world.writes == writes
            await asyncio.sleep(11 * HOUR)
            assert Counter(world.asked()) == dict.fromkeys(world.answers, 2)

        in_world(main)

    def test_enhanced_ones_are_asked_for_every_six_hours_by_one_call_and_are_never_final(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 5, 20, enhanced=True)
            await asyncio.sleep(2 * HOUR)
            assert world.scan("r0")["images"][0]["fixableCritical"] == 1
            writes = world.writes
            begin = world.loop.time()
            await asyncio.sleep(60 * HOUR)
            asked = Counter(world.asked(since=begin))
            assert asked.keys() == world.answers.keys()
            # Six hours, and up to a fifth more: never more often.
            assert set(asked.values()) <= {8, 9, 10}
            assert world.writes == writes

        in_world(main)

    def test_a_running_scan_is_looked_at_sooner_and_then_less_often(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers["a"] = RUNNING
            world.add("web", world.image("a"), **LIMITS)
            await world.look("web")
            await asyncio.sleep(120)
            assert 3 <= len(world.asked()) <= 6
            assert world.verdict("web")["reason"] == "ScanPending"
            await asyncio.sleep(4 * HOUR)
            before = len(world.asked())
            await asyncio.sleep(4 * HOUR)
            # No later than the next inventory.
            assert 13 <= len(world.asked()) - before <= 20
            world.answers["a"] = scanned(LOW=1)
            await asyncio.sleep(0.4 * HOUR)
            assert world.verdict("web")["status"] == "True"

        in_world(main)

    @pytest.mark.parametrize("before", [{}, {"answer": scanned("ACTIVE", enhanced=True, LOW=1)}])
    def test_one_that_is_called_done_and_never_shows_a_result_is_not_looked_at_often_for_ever(
        self, before: dict[str, Any]
    ) -> None:
        async def main(world: ScanWorld) -> None:
            world.scan_type = "ENHANCED"
            world.answers["a"] = before.get("answer", RUNNING)
            world.add("web", world.image("a"), **LIMITS)
            await world.look("web")
            await asyncio.sleep(7 * HOUR)
            world.answers["a"] = {
                "imageScanStatus": {"status": "ACTIVE"},
                "imageScanFindings": {"findings": []},
            }
            await world.look("web", asked=True)
            begin = world.loop.time()
            await asyncio.sleep(HOUR)
            # The scan may have ended just now.
            assert 5 <= len(world.asked(since=begin)) <= 10
            assert world.verdict("web")["reason"] == "ScanPending"
            begin = world.loop.time()
            await asyncio.sleep(24 * HOUR)
            assert 3 <= len(world.asked(since=begin)) <= 5
            world.answers["a"] = scanned("ACTIVE", enhanced=True)
            await asyncio.sleep(8 * HOUR)
            assert world.verdict("web")["status"] == "True"

        in_world(main)

    def test_who_asks_is_answered_at_once(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 3)
            await world.look("r0")
            await asyncio.sleep(10)
            assert len(world.asked()) == 3
            await world.look("r0")
            await asyncio.sleep(10)
            assert len(world.asked()) == 3
            await world.look("r0", asked=True)
            await asyncio.sleep(10)
            assert len(world.asked()) == 6

        in_world(main)


class TestBudget:
    def test_scans_and_inventories_share_it(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 50, 20)
            await asyncio.sleep(2 * HOUR)
            times = sorted(when for when, _, _ in world.calls)
            for minute in range(0, int(times[-1]), 60):
                # One look may be of 20 calls more than was left.
                assert sum(minute <= when < minute + 60 for when in times) <= 60 + 2 * 21
            assert len([one for one in times if one < HOUR]) <= 60 * 60 + 2 * 21
            assert set(world.asked()) == world.answers.keys()

        in_world(main, inventory_calls_per_minute=60)

    def test_calls_before_an_error_count_too(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 20)
            world.answers["0-19"] = refusal("ThrottlingException")
            await world.look("r0")
            while len(world.asked()) < 20:
                await asyncio.sleep(0.1)
            begin = world.loop.time()
            assert len(world.asked()) == 20
            world.add("next", world.image("n"))
            world.answers["n"] = scanned()
            world.turns.wake(world.subject(world.obj("next")))
            await world.look("next")
            while "n" not in world.asked():
                await asyncio.sleep(0.5)
            assert world.loop.time() - begin >= 18

        in_world(main, inventory_calls_per_minute=60)

    def test_how_the_registry_scans_is_asked_for_25_repositories_at_once(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.add("off", images={"scanFindings": False})
            world.add("none", images={"report": 0})
            world.add("suspended", suspend=True)
            many(world, 100, 1)
            await asyncio.sleep(HOUR)
            begin = world.loop.time()
            await asyncio.sleep(10 * 900.0)
            calls = world.per_operation(begin)
            # Four an interval would be the least.
            assert calls["batch_get_repository_scanning_configuration"] <= 10 * 9
            assert calls["get_registry_scanning_configuration"] <= 11
            named = {
                name
                for _, operation, parameters in world.calls
                if operation == "batch_get_repository_scanning_configuration"
                for name in parameters["repositoryNames"]
            }
            assert named == {f"r{number}" for number in range(100)}

        in_world(main)

    def test_where_one_that_is_gone_fails_the_question_for_all_each_asks_for_itself(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 20, 1)
            world.add("gone")
            operation = "batch_get_repository_scanning_configuration"

            def refuse(parameters: dict[str, Any]) -> None:
                if "gone" in parameters.get("repositoryNames", [parameters.get("repositoryName")]):
                    raise refusal("RepositoryNotFoundException", operation=operation)

            # Nothing is asked by its own name: its images cannot be listed.
            world.meanwhile = {"describe_images": refuse, operation: refuse}
            await asyncio.sleep(HOUR)
            assert {world.scan(f"r{one}").get("frequency") for one in range(20)} == {"MANUAL"}
            begin = world.loop.time()
            await asyncio.sleep(10 * 900.0)
            # No more than one for each in an interval, and no second one.
            assert world.per_operation(begin)[operation] <= 10 * 20
            world.meanwhile.clear()
            await asyncio.sleep(HOUR)
            begin = world.loop.time()
            await asyncio.sleep(10 * 900.0)
            assert world.per_operation(begin)[operation] <= 10 * 6

        in_world(main)


class TestErrors:
    @pytest.mark.parametrize(("code", "status"), [("ServerException", 500), ("ValidationException", 400)])
    def test_an_image_that_aws_fails_on_holds_up_no_other(self, code: str, status: int) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 5, **LIMITS)
            world.answers["0-0"] = refusal(code, status=status)
            await world.look("r0")
            await asyncio.sleep(10)
            images = world.scan("r0")["images"]
            assert [one.get("status") for one in images] == [None] + ["COMPLETE"] * 4
            before = len(world.asked())
            await asyncio.sleep(600)
            assert len(world.asked()) - before <= 11
            assert set(world.asked(since=20)) <= {"0-0"}
            world.answers["0-0"] = scanned(LOW=1)
            await asyncio.sleep(1200)
            assert world.scan("r0")["images"][0]["severityCounts"] == {"LOW": 1}

        in_world(main)

    @pytest.mark.parametrize("before", [None, scanned(LOW=1)])
    def test_a_lasting_error_about_an_image_is_on_the_object_with_its_sentence_also_after_a_start(
        self, before: dict[str, Any] | None
    ) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers["b"] = scanned()
            world.add("web", world.image("a"), world.image("b"), **LIMITS)
            if before is not None:
                world.answers["a"] = before
                await world.look("web")
                await asyncio.sleep(60)
                assert world.verdict("web")["status"] == "True"
            error = refusal("KmsException", "the key is disabled")
            world.answers["a"] = error
            await world.look("web", asked=True)
            await asyncio.sleep(60)
            verdict = world.verdict("web")
            assert (verdict["status"], verdict["reason"]) == ("Unknown", "FindingsNotRead")
            assert "tag-of-a" in verdict["message"]
            assert "the key is disabled" in verdict["message"]
            writes = world.writes
            await world.restart()
            await asyncio.sleep(HOUR)
            assert world.writes == writes
            assert world.verdict("web") == verdict
            # An outage says nothing new.
            world.answers["a"] = refusal("ServerException", status=500)
            await asyncio.sleep(HOUR)
            assert world.verdict("web") == verdict
            world.answers["a"] = scanned(LOW=1)
            await asyncio.sleep(0.5 * HOUR)
            assert world.verdict("web")["status"] == "True"

        in_world(main)

    def test_one_waits_also_where_its_tag_or_its_use_has_changed_meanwhile(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.answers["a"] = refusal("ServerException", status=500)
            world.add("web", world.image("a"), **LIMITS)
            await world.look("web")
            memory = world.memories.of(world.obj("web")).scans

            def retagged(_: Any) -> None:
                memory.reported = tuple(replace(one, tag=f"{one.tag}+") for one in memory.reported or ())

            world.meanwhile[FINDINGS] = retagged
            subject = world.subject(world.obj("web"))
            await world.scans.read(subject, world.context.registry)
            assert (world.scans.due_in(subject) or 0.0) >= 50

        in_world(main)

    def test_throttling_ends_the_turn_and_what_was_read_is_shown(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 5)
            world.answers["0-2"] = refusal("ThrottlingException")
            await world.look("r0")
            await asyncio.sleep(10)
            assert world.asked() == ["0-0", "0-1", "0-2"]
            states = [one.get("status") for one in world.scan("r0")["images"]]
            assert states == ["COMPLETE", "COMPLETE", None, None, None]
            await asyncio.sleep(100)
            # Those that were not asked for come first then.
            assert world.asked()[3:5] == ["0-3", "0-4"]

        in_world(main)

    def test_a_denial_is_one_call_per_recheck_and_ends_by_itself(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 20, enhanced=True, **LIMITS)
            world.failures[FINDINGS] = refusal("AccessDeniedException", DENIED)
            await world.look("r0")
            await asyncio.sleep(5)
            assert len(world.asked()) == 1
            assert world.verdict("r0")["reason"] == "AccessDenied"
            assert "inspector2:ListFindings" in world.verdict("r0")["message"]
            await asyncio.sleep(10 * HOUR)
            # Every 20 minutes, half of it more or less.
            assert len(world.asked()) <= 62
            writes = world.writes
            await asyncio.sleep(HOUR)
            assert world.writes == writes
            world.failures.clear()
            await asyncio.sleep(0.6 * HOUR)
            assert world.verdict("r0")["reason"] == "VulnerabilitiesFound"

        in_world(main)

    def test_a_denial_is_forgotten_with_the_images_that_it_was_about(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.failures[FINDINGS] = refusal("AccessDeniedException", DENIED)
            world.add("web", world.image("a"), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            assert world.verdict("web")["reason"] == "AccessDenied"
            world.images["web"] = [world.image("a", imageStatus="ARCHIVED")]
            await asyncio.sleep(2 * HOUR)
            assert world.verdict("web")["reason"] == "NotScanned"
            assert len(world.asked()) <= 3

        in_world(main)

    @pytest.mark.parametrize(
        "operation",
        ["get_registry_scanning_configuration", "batch_get_repository_scanning_configuration"],
    )
    def test_not_to_know_how_the_registry_scans_hurts_nothing_else(
        self, operation: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 30, 1, **LIMITS)
            world.failures[operation] = refusal("AccessDeniedException", "no right", operation=operation)
            await asyncio.sleep(4 * HOUR)
            assert {world.verdict(f"r{one}")["reason"] for one in range(30)} == {"VulnerabilitiesFound"}
            assert not world.events or {reason for reason, _ in world.events} == {"VulnerabilitiesFound"}
            assert world.per_operation()[operation] <= 60

        in_world(main)
        said = [one for one in caplog.messages if "How the registry scans is not known" in one]
        assert 1 <= len(said) <= 17


class TestRestart:
    def test_nothing_is_asked_at_once_that_the_status_says_and_nothing_written(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 20, **LIMITS)
            await world.look("r0")
            await asyncio.sleep(60)
            before, status = world.writes, world.obj("r0")["status"]
            restart(world)
            subject = world.subject(world.obj("r0"))
            assert world.scans.shown(subject, subject.status, 1) == subject.status
            begin = world.loop.time()
            await world.look("r0")
            assert world.scans.shown(subject, subject.status, 1) == subject.status
            assert not world.asked(since=begin)
            assert (world.scans.due_in(subject) or 0.0) > 60
            assert world.writes == before
            assert world.obj("r0")["status"] == status

        in_world(main)

    @pytest.mark.parametrize("limit", [0, 1])
    @pytest.mark.parametrize("enhanced", [False, True])
    def test_a_day_without_news_is_one_without_a_write(self, enhanced: bool, limit: int) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 5, 20, enhanced=enhanced, vulnerabilityPolicy={"maxCritical": limit})
            counts = {"CRITICAL": 1, "HIGH": 4, "MEDIUM": 8, "LOW": 5, "INFORMATIONAL": 2}
            status = "ACTIVE" if enhanced else "COMPLETE"
            world.answers |= dict.fromkeys(world.answers, scanned(status, enhanced=enhanced, **counts))
            await asyncio.sleep(3 * HOUR)
            assert len(world.scan("r0")["images"]) == 20
            await world.restart()
            writes = world.writes
            await asyncio.sleep(26 * HOUR)
            assert world.writes == writes

        in_world(main)

    @pytest.mark.parametrize("is_pushed", [False, True])
    def test_images_that_a_status_has_no_room_for_change_no_verdict_and_new_ones_do(
        self, is_pushed: bool
    ) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 5, 20, enhanced=True, vulnerabilityPolicy={"maxCritical": 1})
            for image in (image for images in world.images.values() for image in images):
                image["imageTags"] = [image["imageDigest"].ljust(128, "t")]
                image["imageDigest"] = image["imageDigest"].ljust(71, "d")
            answer = scanned("ACTIVE", enhanced=True, **dict.fromkeys(SEVERITIES, 1))
            world.answers = {one.ljust(71, "d"): answer for one in world.answers}
            await asyncio.sleep(3 * HOUR)
            assert 5 < len(world.scan("r0")["images"]) < 20
            assert world.verdict("r0")["status"] == "True"
            await world.restart()
            if is_pushed:
                world.images["r0"].append(world.image("new", age=0.0))
                await world.look("r0", asked=True)
                subject = world.subject(world.obj("r0"))
                [verdict] = world.scans.shown(subject, subject.status, 1).conditions or ()
                assert (verdict.status, verdict.reason) == ("Unknown", "ScanPending")
                return
            writes = world.writes
            await asyncio.sleep(26 * HOUR)
            assert world.writes == writes

        in_world(main)

    def test_a_denial_stays_one_until_aws_tells_more(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 3, enhanced=True, vulnerabilityPolicy={"maxCritical": 5})
            await world.look("r0")
            await asyncio.sleep(60)
            assert world.verdict("r0")["status"] == "True"
            world.failures[FINDINGS] = refusal("AccessDeniedException", DENIED)
            await asyncio.sleep(8 * HOUR)
            assert world.verdict("r0")["reason"] == "AccessDenied"
            restart(world)
            subject = world.subject(world.obj("r0"))
            assert world.scans.shown(subject, subject.status, 1) == subject.status
            # A changed policy makes no known result of it either.
            assert world.scans.look(subject).denied == DENIED
            await world.look("r0")
            shown = world.scans.shown(subject, subject.status, 1)
            assert shown.to_json() == subject.status.to_json()
            assert world.scans.due_in(subject) == 0
            # Nothing else is due, and it is tried all the same.
            turn = await world.scans.read(subject, world.context.registry)
            assert turn.calls == 1
            assert world.scans.look(subject).denied == DENIED
            world.failures.clear()
            await world.scans.read(subject, world.context.registry)
            assert world.scans.look(subject).denied is None

        in_world(main)

    def test_the_rules_of_the_registry_stay_known(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.frequencies["web"] = {"scanFrequency": "MANUAL", "appliedScanFilters": [{}]}
            world.add("web", imageScanningConfiguration={"scanOnPush": True})
            await world.look("web")
            subject = world.subject(world.obj("web"))
            shown = world.scans.shown(subject, subject.status, 1)
            assert shown.condition("ScanConfigManagedByRegistry") is not None
            world.obj("web")["status"] = shown.to_json()
            restart(world)
            world.obj("web")["metadata"]["generation"] = 2
            subject = world.subject(world.obj("web"))
            later = world.scans.shown(subject, subject.status, 2)
            assert later.condition("ScanConfigManagedByRegistry") is not None

        in_world(main)


class TestSwitch:
    def test_of_the_registry_is_seen_and_the_other_kinds_findings_are_hidden(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 3, **LIMITS)
            await world.look("r0")
            await asyncio.sleep(60)
            assert world.scan("r0")["type"] == "BASIC"
            world.scan_type = "ENHANCED"
            for digest in world.answers:
                world.answers[digest] = scanned("ACTIVE", enhanced=True, CRITICAL=2)
            await asyncio.sleep(HOUR)
            assert world.scan("r0")["type"] == "ENHANCED"
            assert {str(one["severityCounts"]) for one in world.scan("r0")["images"]} == {"{'CRITICAL': 2}"}
            world.scan_type = "BASIC"
            world.answers.clear()
            await asyncio.sleep(HOUR)
            assert world.scan("r0")["type"] == "BASIC"
            assert world.scan("r0")["images"][0]["status"] == "SCAN_NOT_FOUND"
            assert "worst" not in world.scan("r0")
            assert world.verdict("r0")["status"] == "Unknown"

        in_world(main)

    def test_what_an_image_tells_is_newer_than_what_the_registry_told_before(self) -> None:
        async def main(world: ScanWorld) -> None:
            many(world, 1, 20)
            await world.look("r0")
            await asyncio.sleep(60)
            world.scan_type = "ENHANCED"
            for digest in world.answers:
                world.answers[digest] = scanned("ACTIVE", enhanced=True, CRITICAL=2)
            begin = world.loop.time()
            await world.look("r0", asked=True)
            await asyncio.sleep(60)
            await world.look("r0")
            await asyncio.sleep(60)
            assert world.scan("r0")["type"] == "ENHANCED"
            asked = Counter(world.asked(since=begin))
            assert sum(asked.values()) <= 21

        in_world(main)


class TestCriticals:
    def test_the_event_names_those_that_are_new(self) -> None:
        async def main(world: ScanWorld) -> None:
            world.scan_type = "ENHANCED"
            world.answers["a"] = scanned("ACTIVE", enhanced=True, CRITICAL=2)
            world.add("web", world.image("a"), **LIMITS)
            await world.look("web")
            await asyncio.sleep(60)
            world.answers["a"] = scanned("ACTIVE", enhanced=True)
            await asyncio.sleep(8 * HOUR)
            assert world.verdict("web")["status"] == "True"
            world.answers["a"] = scanned("ACTIVE", enhanced=True, CRITICAL=3)
            await asyncio.sleep(8 * HOUR)
            assert [reason for reason, _ in world.events] == ["VulnerabilitiesFound"] * 2
            assert "New critical findings: CRITICAL-0, CRITICAL-1" in world.events[0][1]
            assert world.events[1][1].endswith("New critical findings: CRITICAL-2")

        in_world(main)


def restart(world: ScanWorld) -> None:
    """Nothing is remembered from here on; the old turns go on with what they know."""
    world.start()
