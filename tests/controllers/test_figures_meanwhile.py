"""Figures that are told while a reconcile is at work outlive its status write."""

from contextlib import suppress
from typing import Any

import pytest

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.reasons import Reason
from tests.controllers.repository_world import KEY, RepositoryWorld
from tests.controllers.test_lifecycle_judgement import image
from tests.engine.virtual import run

Json = dict[str, Any]
DENIED = AwsError(Kind.STALLED, Reason.ACCESS_DENIED, "AccessDeniedException", "DescribeRepositories", "no")
OUTAGE = AwsError(Kind.TRANSIENT, Reason.THROTTLED, "ThrottlingException", "DescribeRepositories", "slow")
GONE = AwsError(Kind.STATE, Reason.REPOSITORY_NOT_FOUND, "RepositoryNotFoundException", "op", "not there")
FIGURES = ("images", "scan", "inUse", "estimatedMonthlyCostUSD")
TYPES = ("ScanPassed", "ScanConfigManagedByRegistry", "ImagesAtRisk", "NearImageQuota", "QuotaReached")


class Meanwhile(RepositoryWorld):
    """Before the first status write of a reconcile `told` is written, as by a look at the images."""

    told: Json | None = None

    async def apply(self, path: str, body: Json, *more: Any) -> Json:
        """The write of a status."""
        told, self.told = self.told, None
        if told is not None:
            status = self.obj["status"]
            conditions = [one for one in status["conditions"] if one["type"] not in TYPES]
            more_of_them = [condition(type) for type in told["conditions"]]
            self.obj["status"] = {**status, **told, "conditions": conditions + more_of_them}
            self.change()
        return await super().apply(path, body, *more)


def condition(type: str) -> Json:
    time = "2026-11-28T12:00:00Z"
    return {"type": type, "status": "True", "reason": "Told", "message": "", "lastTransitionTime": time}


TOLD: Json = {
    "images": {"count": 9, "taggedCount": 9, "sizeBytes": 9, "observedAt": "2026-11-28T12:30:00Z"},
    "scan": {"type": "BASIC", "worst": {"CRITICAL": 1}},
    "inUse": {"images": 3},
    "estimatedMonthlyCostUSD": "1.00",
    "conditions": TYPES,
}


async def settled(**spec: Any) -> Meanwhile:
    """A repository that is in order, and holds an image."""
    world = Meanwhile(spec)
    world.images = [image("b", "v1", days=1)]
    for _ in range(2):
        after, _ = await world.reconcile()
        world.seconds += after or 0
    assert world.held["status"]["conditions"][0]["status"] == "True"
    return world


def suspended(world: Meanwhile) -> None:
    world.obj["spec"] = {**world.obj["spec"], "suspend": True}


def unsupported(world: Meanwhile) -> None:
    world.obj["spec"] = {**world.obj["spec"], "deletionPolicy": "Newer"}


def denied(world: Meanwhile) -> None:
    world.failing = {"describe_repositories": DENIED}


def not_answered(world: Meanwhile) -> None:
    world.failing = {"describe_repositories": OUTAGE}


def elsewhere(world: Meanwhile) -> None:
    arn = world.obj["status"]["repositoryArn"].replace("eu-central-1", "eu-west-1")
    world.obj["status"] = {**world.obj["status"], "repositoryArn": arn}


ENDS = {one.__name__: one for one in (suspended, unsupported, denied, not_answered, elsewhere)}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_figures_that_were_told_meanwhile_stay(end: Any) -> None:
    async def main() -> None:
        world = await settled()
        end(world)
        world.change(generation=2)
        world.told = TOLD
        with suppress(AwsError):
            # What passes by itself is the queue's.
            await world.reconcile()
        status = world.held["status"]
        assert (len(world.written), status["observedGeneration"]) == (1, 2)
        assert {name: status.get(name) for name in FIGURES} == {name: TOLD[name] for name in FIGURES}
        assert {one["type"] for one in status["conditions"]} >= set(TYPES)

    run(main())


def test_those_of_a_repository_that_is_gone_do_not_come_back() -> None:
    async def main() -> None:
        world = await settled(managementPolicy="Observe")
        world.failing = {"describe_repositories": GONE}
        world.told = TOLD
        await world.reconcile()
        status = world.store.get(REPOSITORIES.plural, *KEY)["status"]  # type: ignore[index]
        assert len(world.written) == 1
        assert not {*FIGURES, "repositoryArn"} & status.keys()
        assert not {one["type"] for one in status["conditions"]} & set(TYPES)

    run(main())


def test_those_that_the_reconcile_has_taken_away_or_found_itself_stay_so() -> None:
    async def main() -> None:
        world = await settled(vulnerabilityPolicy={"maxCritical": 0})
        assert "ScanPassed" in {one["type"] for one in world.held["status"]["conditions"]}
        world.obj["spec"] = {**world.obj["spec"], "images": {"scanFindings": False}}
        del world.obj["spec"]["vulnerabilityPolicy"]
        world.obj["status"] = {**world.obj["status"], "scan": {"type": "BASIC"}}
        world.change(generation=2)
        world.told = {"scan": TOLD["scan"], "conditions": ["ScanPassed"]}
        await world.reconcile()
        status = world.held["status"]
        assert "scan" not in status
        assert "ScanPassed" not in {one["type"] for one in status["conditions"]}
        # Nobody else has told anything of these.
        assert status["images"]["count"] == 1

    run(main())
