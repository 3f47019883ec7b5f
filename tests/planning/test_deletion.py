"""What becomes of the repository of a deleted object: no images are lost, and nothing hangs for no reason."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ecr_operator.api.names import CONFIRM_DELETE_ANNOTATION
from ecr_operator.planning.changes import DeleteRepository
from ecr_operator.planning.deletion import (
    ImageCount,
    ObservedForDeletion,
    Release,
    plan_deletion,
    release_without_aws,
)
from ecr_operator.planning.plan import Done, Plan, Waiting
from ecr_operator.planning.repository import Recorded
from ecr_operator.reasons import Reason
from tests.planning.samples import ARN, CLUSTER, NAME, NEW, OWNER, desired, recorded

OWNING = recorded()
DELETE: dict[str, Any] = {"deletionPolicy": "Delete"}
WITH_IMAGES: dict[str, Any] = {"deletionPolicy": "DeleteWithImages"}
OBSERVE = {"managementPolicy": "Observe"}
CONFIRMED = {CONFIRM_DELETE_ANNOTATION: NAME}


@dataclass(frozen=True)
class Local:
    """What is known without AWS; `says` None: AWS has to be asked."""

    says: str | None
    spec: dict[str, Any] = field(default_factory=lambda: DELETE)
    memory: Recorded = OWNING
    strongest: str = "DeleteWithImages"
    suspended: bool = False
    name_allowed: bool = True
    successor: str | None = None


LOCAL = {
    "an object that deletes asks AWS": Local(None),
    "an object that deletes with images asks AWS": Local(None, WITH_IMAGES),
    "a suspended object goes": Local("suspended", suspended=True),
    "an object that never owned anything goes": Local("never owned", memory=NEW),
    "an object that manages a tag only never owned anything": Local(
        "never owned", memory=recorded(managed=frozenset({"tags/a"}))
    ),
    "an object whose create was not answered asks AWS": Local(None, memory=Recorded(recorded().managed)),
    "Retain keeps the repository": Local("deletionPolicy: Retain", {"deletionPolicy": "Retain"}),
    "nothing written is Retain": Local("deletionPolicy: Retain", {}),
    "Observe keeps the repository": Local("`managementPolicy: Observe`", DELETE | OBSERVE),
    "a setting that allows Retain only keeps the repository": Local("kept", WITH_IMAGES, strongest="Retain"),
    "a setting that allows Delete asks AWS": Local(None, WITH_IMAGES, strongest="Delete"),
    "a name that is not allowed is not deleted": Local("may not claim", name_allowed=False),
    "another object of that repository takes it over": Local(
        "handed over to EcrRepository team-b/web", successor="team-b/web"
    ),
}


@pytest.mark.parametrize("case", LOCAL.values(), ids=LOCAL)
def test_an_object_is_released_without_aws(case: Local) -> None:
    release = release_without_aws(
        desired(**case.spec, max_deletion_policy=case.strongest),
        case.memory,
        suspended=case.suspended,
        name_allowed=case.name_allowed,
        successor=case.successor,
    )
    if case.says is None:
        assert release is None
    else:
        assert release is not None
        assert case.says in release.message
        assert not release.deleted


EMPTY, SEVEN = ImageCount(0), ImageCount(7)


@dataclass(frozen=True)
class Asked:
    """What AWS says, and what comes of it: a Release, a Waiting, or a deletion."""

    spec: dict[str, Any]
    owner: str | None = OWNER
    images: ImageCount = EMPTY
    annotations: dict[str, str] = field(default_factory=dict)
    gone: bool = False
    release: bool = False
    waits: Reason | None = None
    force: bool = False
    says: tuple[str, ...] = ()


ASKED = {
    "a repository that is gone": Asked(DELETE, gone=True, release=True, says=("does not exist",)),
    "a repository that is gone, with images to delete": Asked(
        WITH_IMAGES, annotations=CONFIRMED, gone=True, release=True
    ),
    "one without an owner tag is kept": Asked(DELETE, None, release=True, says=("no owner tag", "is kept")),
    "one with an empty owner tag is kept": Asked(DELETE, "", release=True, says=("no owner tag",)),
    "another cluster's is kept": Asked(
        DELETE, "stage/team-a/web", release=True, says=("belongs to 'stage/team-a/web'", "is kept")
    ),
    "another object's is kept, though empty": Asked(DELETE, "prod/team-b/web", release=True),
    "another's is kept, though confirmed": Asked(
        WITH_IMAGES, "prod/team-b/web", SEVEN, CONFIRMED, release=True
    ),
    "another object's under a previous cluster name is kept": Asked(DELETE, "blue/team-b/web", release=True),
    "a cluster's whose name begins like ours is kept": Asked(DELETE, "prod2/team-a/web", release=True),
    "an empty one is deleted": Asked(DELETE),
    "an empty one is deleted, under a previous cluster name": Asked(DELETE, "green/team-a/web"),
    "an empty one is deleted without force whatever the policy": Asked(WITH_IMAGES, annotations=CONFIRMED),
    "one with images waits": Asked(
        DELETE,
        images=SEVEN,
        waits=Reason.REPOSITORY_NOT_EMPTY,
        says=("7 images", "DeleteWithImages", "Retain"),
    ),
    "one with an archived image waits, too": Asked(
        DELETE, images=ImageCount(1), waits=Reason.REPOSITORY_NOT_EMPTY, says=("holds 1 image;",)
    ),
    "Delete is not overridden by a confirmation": Asked(
        DELETE, images=SEVEN, annotations=CONFIRMED, waits=Reason.REPOSITORY_NOT_EMPTY
    ),
    "images are held until that is confirmed": Asked(
        WITH_IMAGES,
        images=ImageCount(1000, more=True),
        waits=Reason.DELETION_HELD,
        says=("more than 1000 images", f"{CONFIRM_DELETE_ANNOTATION}: {NAME}", "Retain"),
    ),
    "a confirmation of another name confirms nothing": Asked(
        WITH_IMAGES,
        images=SEVEN,
        annotations={CONFIRM_DELETE_ANNOTATION: "web"},
        waits=Reason.DELETION_HELD,
    ),
    "an empty confirmation confirms nothing": Asked(
        WITH_IMAGES, images=SEVEN, annotations={CONFIRM_DELETE_ANNOTATION: ""}, waits=Reason.DELETION_HELD
    ),
    "confirmed, they are deleted with it": Asked(
        WITH_IMAGES, images=SEVEN, annotations=CONFIRMED, force=True, says=("images were deleted",)
    ),
    "confirmed, also under a previous cluster name": Asked(
        WITH_IMAGES, "blue/team-a/web", SEVEN, CONFIRMED, force=True
    ),
}


@pytest.mark.parametrize("case", ASKED.values(), ids=ASKED)
def test_aws_is_asked(case: Asked) -> None:
    there = None if case.gone else ObservedForDeletion(ARN, case.owner, case.images)
    result = plan_deletion(desired(**case.spec), there, case.annotations, CLUSTER)
    if case.release:
        assert isinstance(result, Release)
        assert not result.deleted
        message = result.message
    else:
        assert isinstance(result, Plan)
        outcome = result.outcome
        assert isinstance(outcome, Waiting if case.waits else Done)
        assert outcome.reason is (case.waits or Reason.REPOSITORY_DELETED)
        assert result.changes == (() if case.waits else (DeleteRepository(NAME, ARN, force=case.force),))
        message = outcome.message
    for words in case.says:
        assert words in message


def test_a_capped_policy_deletes_no_images() -> None:
    wanted = desired(**WITH_IMAGES, max_deletion_policy="Delete")
    result = plan_deletion(wanted, ObservedForDeletion(ARN, OWNER, SEVEN), CONFIRMED, CLUSTER)
    assert isinstance(result, Plan)
    assert result.changes == ()
    assert isinstance(result.outcome, Waiting)
    assert result.outcome.reason is Reason.REPOSITORY_NOT_EMPTY


def test_a_capped_policy_is_not_advised() -> None:
    wanted = desired(**WITH_IMAGES, max_deletion_policy="Delete")
    result = plan_deletion(wanted, ObservedForDeletion(ARN, OWNER, SEVEN), {}, CLUSTER)
    assert isinstance(result, Plan)
    assert isinstance(result.outcome, Waiting)
    assert "deletionPolicy: DeleteWithImages" not in result.outcome.message


@pytest.mark.parametrize("spec", [{"deletionPolicy": "Retain"}, WITH_IMAGES | OBSERVE], ids=str)
@pytest.mark.parametrize("images", [EMPTY, SEVEN], ids=str)
def test_a_spec_that_deletes_nothing_plans_no_deletion(spec: dict[str, Any], images: ImageCount) -> None:
    result = plan_deletion(desired(**spec), ObservedForDeletion(ARN, OWNER, images), CONFIRMED, CLUSTER)
    assert isinstance(result, Release)


COUNTS = {
    "0 images": EMPTY,
    "1 image": ImageCount(1),
    "2 images": ImageCount(2),
    "more than 1 images": ImageCount(1, more=True),
    "more than 1000 images": ImageCount(1000, more=True),
}


@pytest.mark.parametrize(("text", "count"), COUNTS.items(), ids=COUNTS)
def test_a_count_is_a_noun_phrase(text: str, count: ImageCount) -> None:
    assert str(count) == text
