"""What each effect starts to manage, and how a person reads it."""

from dataclasses import dataclass

import pytest

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import (
    Change,
    CreateRepository,
    DeleteRepository,
    SetScanOnPush,
    SetTagMutability,
    TagRepository,
    UntagRepository,
    tag_part,
)
from ecr_operator.planning.plan import Done, Plan, Stalled, Waiting, refuse
from ecr_operator.reasons import Reason
from tests.planning.samples import ARN, NAME, OWNER


@dataclass(frozen=True)
class Case:
    change: Change
    parts: set[str]
    text: str


CREATE = CreateRepository(NAME, {OWNER_TAG: OWNER, "team": "a"})
TAG = TagRepository(NAME, ARN, {"b": "2", "a": "1"})
UNTAG = UntagRepository(NAME, ARN, ("a", "b"))

CASES = {
    "a creation with nothing but tags": Case(
        CREATE, {"repository", "tags/team"}, f"create repository {NAME} (tags team=a)"
    ),
    "a creation with all that is managed": Case(
        CreateRepository(NAME, {OWNER_TAG: OWNER}, "IMMUTABLE", (), False, "KMS", "alias/web"),
        {"repository", "imageTagMutability", "imageScanningConfiguration"},
        f"create repository {NAME} (IMMUTABLE; scanOnPush false; KMS alias/web)",
    ),
    "a creation of what somebody had deleted": Case(
        CreateRepository(NAME, {OWNER_TAG: OWNER}, again=True),
        {"repository"},
        f"create again repository {NAME}",
    ),
    "tags": Case(TAG, {"tags/a", "tags/b"}, "set tags a=1, b=2"),
    "the owner tag is the repository's": Case(
        TagRepository(NAME, ARN, {OWNER_TAG: OWNER}), {"repository"}, f"set tags {OWNER_TAG}={OWNER}"
    ),
    "removed tags": Case(UNTAG, set(), "remove tags a, b"),
    "mutability": Case(
        SetTagMutability(NAME, "MUTABLE"), {"imageTagMutability"}, "set imageTagMutability to MUTABLE"
    ),
    "mutability with exclusions": Case(
        SetTagMutability(NAME, "IMMUTABLE_WITH_EXCLUSION", ("dev-*", "latest")),
        {"imageTagMutability"},
        "set imageTagMutability to IMMUTABLE_WITH_EXCLUSION except dev-*, latest",
    ),
    "mutability, with what it replaces": Case(
        SetTagMutability(NAME, "MUTABLE", (), "IMMUTABLE_WITH_EXCLUSION except dev-*"),
        {"imageTagMutability"},
        "set imageTagMutability to MUTABLE (was IMMUTABLE_WITH_EXCLUSION except dev-*)",
    ),
    "scanning on": Case(SetScanOnPush(NAME, True), {"imageScanningConfiguration"}, "set scanOnPush to true"),
    "scanning off": Case(
        SetScanOnPush(NAME, False), {"imageScanningConfiguration"}, "set scanOnPush to false"
    ),
    "a deletion": Case(DeleteRepository(NAME, ARN), set(), f"delete repository {NAME}"),
    "a deletion with images": Case(
        DeleteRepository(NAME, ARN, force=True), set(), f"delete repository {NAME} and its images"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change(case: Case) -> None:
    assert case.change.parts() == case.parts
    assert case.change.describe() == case.text


def test_a_deletion_does_not_force_unless_it_says_so() -> None:
    assert DeleteRepository(NAME, ARN).force is False


def test_a_tag_is_a_part_of_its_own() -> None:
    assert tag_part("a/b") == "tags/a/b"
    assert tag_part(OWNER_TAG) == "repository"


def test_what_a_change_replaces_is_for_readers_alone() -> None:
    assert SetTagMutability(NAME, "MUTABLE", (), "IMMUTABLE") == SetTagMutability(NAME, "MUTABLE")


def test_a_plan_is_read_in_its_order() -> None:
    assert Plan((UNTAG, TAG)).describe() == "remove tags a, b; set tags a=1, b=2"
    assert Plan((TAG, UNTAG)).describe() == "set tags a=1, b=2; remove tags a, b"
    assert Plan().describe() == ""


def test_a_plan_starts_to_manage_what_its_changes_do() -> None:
    plan = Plan((UNTAG, TAG, SetScanOnPush(NAME, True)))
    assert plan.parts() == {"tags/a", "tags/b", "imageScanningConfiguration"}
    assert Plan().parts() == frozenset()


def test_a_plan_that_is_not_told_otherwise_is_done() -> None:
    assert Plan().outcome == Done(Reason.IN_SYNC, "The repository matches the spec")


def test_a_refusal_changes_nothing() -> None:
    stalled = Stalled(Reason.REPOSITORY_NOT_OURS, "no")
    assert refuse(Reason.REPOSITORY_NOT_OURS, "no") == Plan((), stalled)
    with pytest.raises(ValueError, match="a refusal changes nothing"):
        Plan((TAG,), stalled)


def test_a_plan_that_waits_may_change_something() -> None:
    assert Plan((TAG,), Waiting(Reason.ADOPTING, "")).changes == (TAG,)


ADOPTS = {
    "a plan that takes a repository": (Plan((TAG,), Waiting(Reason.ADOPTING, "")), True),
    "a plan that waits for the second look": (Plan((), Waiting(Reason.ADOPTING, "")), False),
    "a plan that waits for something else": (Plan((TAG,), Waiting(Reason.PROGRESSING, "")), False),
    "a plan that is done": (Plan((TAG,)), False),
    "a refusal": (refuse(Reason.ADOPTION_NOT_ALLOWED, ""), False),
}


@pytest.mark.parametrize(("plan", "expected"), ADOPTS.values(), ids=ADOPTS)
def test_a_plan_adopts(plan: Plan, expected: bool) -> None:
    assert plan.adopts is expected
