"""The plan of a live object: to create, to observe, to correct what differs."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import Change, CreateRepository, SetScanOnPush, SetTagMutability
from ecr_operator.planning.managed import managed_after
from ecr_operator.planning.plan import Done, Plan, Waiting
from ecr_operator.planning.repository import (
    ObservedRepository,
    Recorded,
    plan_repository,
)
from ecr_operator.reasons import Reason
from tests.planning.samples import (
    ARN,
    CLUSTER,
    LONG_AGO,
    NAME,
    NEW,
    NOW,
    OWNER,
    PLACE,
    desired,
    observed,
    plan,
    recorded,
)

IN_SYNC = Plan()
EVERYTHING: dict[str, Any] = {
    "tags": {"team": "a"},
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/web"},
}


class TestAnAbsentRepository:
    def test_is_created_with_all_that_one_call_takes(self) -> None:
        create = CreateRepository(
            name=NAME,
            tags={OWNER_TAG: OWNER, "team": "a"},
            mutability="IMMUTABLE_WITH_EXCLUSION",
            exclusion_filters=("dev-*",),
            scan_on_push=True,
            encryption_type="KMS",
            kms_key="alias/web",
        )
        assert plan(desired(**EVERYTHING), None, NEW) == Plan((create,))

    def test_is_created_with_nothing_that_the_spec_leaves_out(self) -> None:
        create = CreateRepository(NAME, {OWNER_TAG: OWNER}, None, (), None, None, None)
        assert plan(desired(), None, NEW) == Plan((create,))

    def test_is_created_by_an_object_that_may_adopt(self) -> None:
        changes = plan(desired(adoptionPolicy="Adopt", adoptFrom="stage/a/b"), None, NEW).changes
        assert [type(change) for change in changes] == [CreateRepository]

    def test_is_created_again_when_somebody_has_deleted_it(self) -> None:
        assert plan(desired(), None, recorded()).changes == (
            CreateRepository(NAME, {OWNER_TAG: OWNER}, again=True),
        )

    @pytest.mark.parametrize(
        ("age", "after"), [(0, 5.0), (60, 5.0), (115, 5.0), (117, 3.0), (119.5, 0.5)], ids=str
    )
    def test_is_waited_for_when_it_was_just_created(self, age: float, after: float) -> None:
        memory = recorded(created_at=NOW - timedelta(seconds=age))
        result = plan(desired(), None, memory)
        assert result.changes == ()
        assert isinstance(result.outcome, Waiting)
        assert (result.outcome.reason, result.outcome.after) == (Reason.PROGRESSING, after)

    def test_is_created_again_when_the_wait_is_over(self) -> None:
        memory = recorded(created_at=NOW - timedelta(minutes=2))
        assert isinstance(plan(desired(), None, memory).changes[0], CreateRepository)

    def test_is_waited_for_as_long_as_the_setting_says(self) -> None:
        memory = recorded(created_at=NOW - timedelta(seconds=3))
        for seconds, waits in ((2, False), (4, True)):
            propagation = timedelta(seconds=seconds)
            result = plan_repository(
                desired(), None, memory, cluster=CLUSTER, place=PLACE, now=NOW, propagation=propagation
            )
            assert isinstance(result.outcome, Waiting) is waits

    def test_is_not_waited_for_when_somebody_else_had_just_created_it(self) -> None:
        """The object had only observed it."""
        memory = recorded(managed=frozenset(), created_at=NOW)
        assert plan(desired(), None, memory).changes == (CreateRepository(NAME, {OWNER_TAG: OWNER}),)

    @pytest.mark.parametrize("owns", [True, False], ids=["ours", "not ours"])
    @pytest.mark.parametrize("created", [None, LONG_AGO], ids=str)
    def test_is_waited_for_when_aws_has_said_that_it_exists(
        self, created: datetime | None, owns: bool
    ) -> None:
        """A create was answered with AlreadyExists, and a look still shows nothing."""
        managed = recorded().managed if owns else frozenset()
        for age, after in ((0, 5.0), (118, 2.0), (120, None)):
            seen = NOW - timedelta(seconds=age)
            result = plan(desired(), None, recorded(managed=managed, created_at=created, exists_since=seen))
            if after is None:
                assert isinstance(result.changes[0], CreateRepository)
            else:
                assert result.changes == ()
                assert isinstance(result.outcome, Waiting)
                assert (result.outcome.reason, result.outcome.after) == (Reason.PROGRESSING, after)

    def test_is_waited_for_since_the_later_of_both(self) -> None:
        long, just = NOW - timedelta(minutes=5), NOW - timedelta(minutes=1)
        for created, seen in ((long, just), (just, long)):
            result = plan(desired(), None, recorded(created_at=created, exists_since=seen))
            assert isinstance(result.outcome, Waiting)

    def test_is_created_when_the_answer_to_the_first_create_was_lost_and_nothing_came_of_it(self) -> None:
        memory = Recorded(managed=recorded().managed)
        assert plan(desired(), None, memory).changes == (CreateRepository(NAME, {OWNER_TAG: OWNER}),)


class TestObserving:
    WANTED = desired(managementPolicy="Observe", adoptionPolicy="Adopt", **EVERYTHING)

    @pytest.mark.parametrize("owner", [OWNER, None, "stage/team-a/web", "blue/team-a/web"], ids=str)
    def test_writes_nothing_whoever_owns_the_repository(self, owner: str | None) -> None:
        result = plan(self.WANTED, observed(owner), NEW)
        assert result.changes == ()
        assert isinstance(result.outcome, Done)
        assert result.outcome.reason is Reason.OBSERVED

    def test_writes_nothing_where_the_object_had_managed(self) -> None:
        memory = recorded("tags/old")
        assert plan(self.WANTED, observed(tags={"old": "x"}), memory).changes == ()
        assert plan(self.WANTED, None, memory).changes == ()

    def test_waits_for_a_repository_that_does_not_exist(self) -> None:
        result = plan(self.WANTED, None, NEW)
        assert result.changes == ()
        assert isinstance(result.outcome, Waiting)
        assert result.outcome.reason is Reason.REPOSITORY_NOT_FOUND


@dataclass(frozen=True)
class Case:
    """The spec against a repository of ours."""

    spec: dict[str, Any]
    there: ObservedRepository
    changes: tuple[Change, ...] = ()
    memory: Recorded | None = None


def filters(*texts: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": text} for text in texts]


EXCLUDING = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": filters("latest", "dev-*"),
}
EXCLUDED: dict[str, Any] = {
    "mutability": "IMMUTABLE_WITH_EXCLUSION",
    "exclusion_filters": ("dev-*", "latest"),
}
STRICT: dict[str, Any] = {
    "mutability": "IMMUTABLE",
    "scan_on_push": True,
    "encryption_type": "KMS",
    "kms_key": "arn:aws:kms:eu-central-1:123456789012:key/x",
}

DRIFT = {
    "nothing differs": Case(
        {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        observed(mutability="IMMUTABLE", scan_on_push=True),
    ),
    "what the spec leaves out is not managed": Case({}, observed(tags={"foreign": "x"}, **STRICT)),
    "mutability that left the spec keeps its value": Case(
        {}, observed(mutability="IMMUTABLE"), memory=recorded("imageTagMutability")
    ),
    "exclusions that left the spec keep their value": Case(
        {}, observed(**EXCLUDED), memory=recorded("imageTagMutability")
    ),
    "scanning that left the spec keeps its value": Case(
        {}, observed(scan_on_push=True), memory=recorded("imageScanningConfiguration")
    ),
    "scanning that is written empty keeps its value": Case(
        {"imageScanningConfiguration": {}},
        observed(scan_on_push=True),
        memory=recorded("imageScanningConfiguration"),
    ),
    "mutability is set": Case(
        {"imageTagMutability": "IMMUTABLE"}, observed(), (SetTagMutability(NAME, "IMMUTABLE"),)
    ),
    "mutability is set back to AWS's default when the spec says so": Case(
        {"imageTagMutability": "MUTABLE"},
        observed(mutability="IMMUTABLE"),
        (SetTagMutability(NAME, "MUTABLE"),),
    ),
    "exclusions come with mutability": Case(
        EXCLUDING, observed(), (SetTagMutability(NAME, "IMMUTABLE_WITH_EXCLUSION", ("dev-*", "latest")),)
    ),
    "their order is nothing": Case(EXCLUDING, observed(**EXCLUDED)),
    "an exclusion is added": Case(
        EXCLUDING,
        observed(mutability="IMMUTABLE_WITH_EXCLUSION", exclusion_filters=("dev-*",)),
        (SetTagMutability(NAME, "IMMUTABLE_WITH_EXCLUSION", ("dev-*", "latest")),),
    ),
    "an exclusion is taken back": Case(
        EXCLUDING | {"imageTagMutabilityExclusionFilters": filters("latest")},
        observed(**EXCLUDED),
        (SetTagMutability(NAME, "IMMUTABLE_WITH_EXCLUSION", ("latest",)),),
    ),
    "the exclusions end": Case(
        {"imageTagMutability": "IMMUTABLE"}, observed(**EXCLUDED), (SetTagMutability(NAME, "IMMUTABLE"),)
    ),
    "scanning is switched on": Case(
        {"imageScanningConfiguration": {"scanOnPush": True}}, observed(), (SetScanOnPush(NAME, True),)
    ),
    "scanning is switched off": Case(
        {"imageScanningConfiguration": {"scanOnPush": False}},
        observed(scan_on_push=True),
        (SetScanOnPush(NAME, False),),
    ),
    "scanning that is off as wanted is not written": Case(
        {"imageScanningConfiguration": {"scanOnPush": False}}, observed()
    ),
    "two differences are two changes": Case(
        {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        observed(),
        (SetTagMutability(NAME, "IMMUTABLE"), SetScanOnPush(NAME, True)),
    ),
    "the deletion policy is nothing of AWS's": Case({"deletionPolicy": "DeleteWithImages"}, observed()),
}


@pytest.mark.parametrize("case", DRIFT.values(), ids=DRIFT)
def test_only_what_differs_is_written(case: Case) -> None:
    assert plan(desired(**case.spec), case.there, case.memory) == Plan(case.changes)


def test_a_change_of_mutability_says_what_it_replaces() -> None:
    (change,) = plan(desired(imageTagMutability="MUTABLE"), observed(**EXCLUDED)).changes
    was = "IMMUTABLE_WITH_EXCLUSION except dev-*, latest"
    assert change.describe() == f"set imageTagMutability to MUTABLE (was {was})"


def test_a_capped_deletion_policy_is_said_in_the_outcome() -> None:
    wanted = desired(deletionPolicy="DeleteWithImages", max_deletion_policy="Delete")
    for result in (plan(wanted, observed()), plan(wanted, None, NEW)):
        assert isinstance(result.outcome, Done)
        assert result.outcome.reason is Reason.IN_SYNC
        assert "`deletionPolicy` counts as Delete" in result.outcome.message


def test_a_repository_is_never_replaced() -> None:
    """Neither for an immutable field nor for anything else."""
    for spec in ({}, EVERYTHING, {"encryptionConfiguration": {"encryptionType": "KMS"}}):
        changes = plan(desired(**spec), observed(tags={"x": "y"}, **STRICT)).changes
        assert not any("create" in change.describe() or "delete" in change.describe() for change in changes)


def test_what_an_object_in_sync_manages() -> None:
    assert managed_after(desired()) == {"repository"}
    everything = desired(default_tags={"cost": "x"}, **EVERYTHING)
    parts = {"repository", "tags/team", "tags/cost", "imageTagMutability", "imageScanningConfiguration"}
    assert managed_after(everything) == parts
    assert plan(everything, None, NEW).parts() == parts


def test_a_repository_tells_its_region_and_owner() -> None:
    china = replace(observed(), arn="arn:aws-cn:ecr:cn-north-1:123456789012:repository/a/b:c")
    assert china.region == "cn-north-1"
    assert observed().arn == ARN
    assert observed().owner == OWNER
    assert observed(None).owner is None
    assert observed().created_at == LONG_AGO


def test_only_the_managed_part_of_the_memory_says_who_owns() -> None:
    assert recorded().owns
    assert not recorded(managed=frozenset({"tags/a"})).owns
    assert not NEW.owns
