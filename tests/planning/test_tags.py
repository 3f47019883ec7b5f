"""Which tags are set, which are taken back, and which are nobody's business."""

from dataclasses import dataclass, field

import pytest

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import Change, TagRepository, UntagRepository
from ecr_operator.planning.plan import Done, Plan, Stalled
from ecr_operator.planning.repository import Recorded
from ecr_operator.reasons import Reason
from tests.planning.samples import ARN, NAME, NEW, OWNER, desired, many_tags, observed, plan, recorded


@dataclass(frozen=True)
class Case:
    """`wanted` by the spec, `there` in AWS beside our owner tag, `managed` according to the status."""

    wanted: dict[str, str] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)
    managed: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    defaults: dict[str, str] = field(default_factory=dict)
    owner: str = OWNER


def tag(**tags: str) -> TagRepository:
    return TagRepository(NAME, ARN, tags)


def untag(*keys: str) -> UntagRepository:
    return UntagRepository(NAME, ARN, keys)


CASES = {
    "all are there": Case({"a": "1"}, {"a": "1"}, ("tags/a",)),
    "one is there as wanted, though not recorded yet": Case({"a": "1"}, {"a": "1"}),
    "one is added": Case({"a": "1"}, {}, (), (tag(a="1"),)),
    "one has another value": Case({"a": "1"}, {"a": "2"}, ("tags/a",), (tag(a="1"),)),
    "one has an empty value": Case({"a": "1"}, {"a": ""}, ("tags/a",), (tag(a="1"),)),
    "one is to have an empty value": Case({"a": ""}, {}, (), (tag(a=""),)),
    "a recorded one was removed by hand": Case({"a": "1"}, {}, ("tags/a",), (tag(a="1"),)),
    "only what differs is sent": Case(
        {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x"}, ("tags/a", "tags/b"), (tag(b="2", c="3"),)
    ),
    "a recorded one that left the spec is removed": Case({}, {"a": "1"}, ("tags/a",), (untag("a"),)),
    "whatever value it has got since": Case({}, {"a": "by hand"}, ("tags/a",), (untag("a"),)),
    "one that left the spec and is gone already needs nothing": Case({}, {}, ("tags/a",)),
    "one that is not recorded stays": Case({}, {"a": "1"}),
    "foreign ones stay beside ours": Case({"a": "1"}, {"a": "1", "foreign": "x"}, ("tags/a",)),
    "a key in another case is another's": Case({}, {"A": "1"}, ("tags/a",)),
    "those of AWS stay": Case({}, {"aws:cloudformation:stack-name": "s"}, ("tags/a",)),
    "removals come first, sorted": Case(
        {"c": "3"},
        {"b": "2", "a": "1"},
        ("tags/a", "tags/b"),
        (untag("a", "b"), tag(c="3")),
    ),
    "a renamed key": Case({"b": "1"}, {"a": "1"}, ("tags/a",), (untag("a"), tag(b="1"))),
    "a default tag is set": Case({}, {}, (), (tag(a="d"),), defaults={"a": "d"}),
    "a default tag that left the setting is removed": Case({}, {"a": "d"}, ("tags/a",), (untag("a"),)),
    "a default tag that the spec overrides": Case(
        {"a": "1"}, {"a": "d"}, ("tags/a",), (tag(a="1"),), defaults={"a": "d"}
    ),
    "a tag that left the spec falls back to the default": Case(
        {}, {"a": "1"}, ("tags/a",), (tag(a="d"),), defaults={"a": "d"}
    ),
    "a part of another kind is no tag": Case({}, {"imageTagMutability": "x"}, ("imageTagMutability",)),
    "a tag named like the first part is no owner": Case({}, {"repository": "x"}),
    "the owner tag under a previous cluster name is rewritten, with the others": Case(
        {"a": "1"},
        {"b": "2"},
        ("tags/b",),
        (untag("b"), TagRepository(NAME, ARN, {"a": "1", OWNER_TAG: OWNER})),
        owner="blue/team-a/web",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tags_are_set_and_taken_back(case: Case) -> None:
    wanted = desired(tags=case.wanted, default_tags=case.defaults)
    there = observed(case.owner, tags=case.there)
    assert plan(wanted, there, recorded(*case.managed)) == Plan(case.changes)


def test_the_owner_tag_is_never_removed() -> None:
    memory = recorded(managed=frozenset({"repository", f"tags/{OWNER_TAG}", "tags/a"}))
    assert plan(desired(), observed(tags={"a": "1"}), memory).changes == (untag("a"),)


def test_an_object_that_has_recorded_nothing_removes_nothing() -> None:
    """A restored backup, or the first look after Observe."""
    assert plan(desired(), observed(tags=many_tags(20)), NEW) == Plan()


OWNING = recorded()
FOREIGN, OURS = many_tags(30, "foreign"), many_tags(19, "ours")


@dataclass(frozen=True)
class Quota:
    """The owner tag counts among AWS's 50."""

    wanted: dict[str, str]
    there: dict[str, str] | None
    refused: bool
    memory: Recorded = OWNING
    defaults: dict[str, str] = field(default_factory=dict)


QUOTA = {
    "50 of a new repository": Quota(many_tags(45), None, False, NEW, many_tags(4, "d")),
    "51 of a new repository": Quota(many_tags(45), None, True, NEW, many_tags(5, "d")),
    "a default that the spec overrides counts once": Quota(many_tags(45), None, False, NEW, many_tags(45)),
    "50 together with foreign ones": Quota(OURS, FOREIGN, False),
    "51 together with foreign ones": Quota(OURS | {"one": "more"}, FOREIGN, True),
    "a foreign one of the same key counts once": Quota(OURS | {"foreign0": "x"}, FOREIGN, False),
    "one that is not recorded makes no room": Quota({"one": "x"}, OURS | FOREIGN, True),
    "one that is taken back makes room": Quota(
        {"new": "x"}, OURS | FOREIGN, False, recorded(*(f"tags/{key}" for key in OURS))
    ),
}


@pytest.mark.parametrize("case", QUOTA.values(), ids=QUOTA)
def test_more_than_fifty_tags_are_refused(case: Quota) -> None:
    there = None if case.there is None else observed(tags=case.there)
    result = plan(desired(tags=case.wanted, default_tags=case.defaults), there, case.memory)
    if case.refused:
        assert result.changes == ()
        assert isinstance(result.outcome, Stalled)
        assert result.outcome.reason is Reason.TOO_MANY_TAGS
        assert "51 tags" in result.outcome.message
        assert "AWS allows 50" in result.outcome.message
    else:
        assert isinstance(result.outcome, Done)
        assert result.changes


def test_the_message_counts_the_tags() -> None:
    for there, memory in ((observed(), recorded()), (None, NEW)):
        result = plan(desired(tags=many_tags(45), default_tags=many_tags(7, "d")), there, memory)
        assert isinstance(result.outcome, Stalled)
        assert "53 tags" in result.outcome.message


def test_tags_of_aws_itself_do_not_count() -> None:
    """AWS: "Tags with this prefix do not count against your tags per resource limit"."""
    stack = {f"aws:cloudformation:{key}": "x" for key in ("stack-name", "stack-id", "logical-id")}
    result = plan(desired(tags=OURS), observed(tags=FOREIGN | stack))
    assert isinstance(result.outcome, Done)
