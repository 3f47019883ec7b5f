"""Which images in use a policy would act on within two days, and from when on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle import LifecycleActionType
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.planning.lifecycle_evaluation import evaluate
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.lifecycle_risk import HORIZON, Risk, risks
from tests.api.lifecycle_examples import ARCHIVE, Rule, days_since, more_than, rule
from tests.api.lifecycle_examples import archived as archived_for
from tests.planning.bounds import bounded
from tests.planning.images import NOW, ago, archived, image, index
from tests.planning.test_lifecycle_properties import images_of, rules_of

SOON = timedelta(days=1)


def found(
    rules: Sequence[Rule], images: Sequence[Image], in_use: str = "ABCDEFGHST", horizon: timedelta = HORIZON
) -> tuple[Risk, ...]:
    """The risks for the images of these letters."""
    policy = LifecyclePolicy.from_json({"rules": list(rules)})
    return risks(policy.rules, images, frozenset(in_use), NOW, horizon)


def keep(number: int, priority: int = 1) -> Rule:
    return rule(priority, more_than(number, "tagged", tagPatternList=["*"]))


def after(days: int) -> Rule:
    return rule(1, days_since("Pushed", days, "any"))


class Case(NamedTuple):
    rules: list[Rule]
    images: list[Image]
    expected: dict[str, datetime]
    """The digests in their order, each with the time from which it is in danger."""


OLD = [image(letter, f"v{letter}", days=9 + place) for place, letter in enumerate("ABC")]
CASES: dict[str, Case] = {
    "an image whose time has come": Case([after(5)], [image("A", days=6)], {"A": NOW}),
    "one whose time comes within two days": Case([after(5)], [image("A", days=4)], {"A": NOW + SOON}),
    "one whose time comes right after two days": Case([after(5)], [image("A", days=3)], {}),
    "the soonest comes first": Case(
        [after(5)],
        [image("A", days=3.5), image("B", days=4.5), image("C", days=4)],
        {"B": ago(-0.5), "C": ago(-1), "A": ago(-1.5)},
    ),
    "of the same time the first tag, and what has none before": Case(
        [after(5)],
        [image("A", "b", days=4), image("B", "c", "a", days=4), image("C", days=4)],
        {"C": ago(-1), "B": ago(-1), "A": ago(-1)},
    ),
    "what is one too many": Case([keep(2)], OLD, {"C": NOW}),
    "what a push as one of the last two days would make one too many": Case(
        [keep(4)], [image("D", "new", days=1), *OLD], {"C": NOW}
    ),
    "pushes before the last two days are over": Case([keep(4)], [image("D", "new", days=2), *OLD], {}),
    "pushes of what the rule does not count": Case(
        [keep(3)], [*OLD, image("D", days=1), archived("E", "v", days=1, pushed=1)], {}
    ),
    "more pushes than the rule keeps: the newest stays": Case(
        [keep(2)],
        [image(letter, letter, days=place / 8) for place, letter in enumerate("ABCDE", 1)],
        dict.fromkeys("BCDE", NOW),
    ),
    "the only image": Case([keep(1)], [image("A", "v1", days=1)], {}),
    "an archived image": Case([rule(1, archived_for(90, "any"))], [archived("A", days=89)], {"A": ago(-1)}),
    "an image not pulled": Case(
        [rule(1, days_since("Pulled", 90, "any"), ARCHIVE)],
        [image("A", days=400, pulled_at=ago(88.5)), image("B", days=400, pulled_at=ago(87))],
        {"A": ago(-1.5)},
    ),
    "a signature goes with its subject, however old it is itself": Case(
        [after(5)], [image("A", days=6), image("S", days=1, subject="A")], {"A": NOW, "S": NOW}
    ),
    "and so does the signature of a signature": Case(
        [after(5)],
        [image("A", days=4), image("S", days=1, subject="A"), image("T", days=1, subject="S")],
        dict.fromkeys("AST", NOW + SOON),
    ),
    "a child of an index that stays": Case(
        [rule(1, days_since("Pushed", 5, "untagged"))],
        [index("I", "v1", children="A", days=9), image("A", days=9)],
        {},
    ),
    "a rule before it keeps the image": Case(
        [keep(9999), after(5) | {"rulePriority": 2}],
        [image("A", "v1", days=9), image("B", days=9)],
        {"B": NOW},
    ),
    "more days than a time can be": Case([after(2**31 - 1)], [image("A", days=900)], {}),
    "no rules": Case([], [image("A", days=900)], {}),
    "no images": Case([after(1)], [], {}),
}


@pytest.mark.parametrize(("rules", "images", "expected"), CASES.values(), ids=CASES)
def test_what_is_in_danger(rules: list[Rule], images: list[Image], expected: dict[str, datetime]) -> None:
    if not rules:
        assert risks((), images, "A", NOW) == ()
        return
    assert [(one.digest, one.at) for one in found(rules, images)] == list(expected.items())


def test_only_images_in_use_are_told() -> None:
    images = [image("A", days=9), image("B", days=8)]
    assert [one.digest for one in found([after(5)], images, "B")] == ["B"]
    assert found([after(5)], images, "") == ()


def test_a_risk_says_what_happens_to_which_image() -> None:
    expired = found([after(5)], [index("A", "v2", "v1", children="", days=4)])
    assert expired == (Risk("A", "v1", 1, LifecycleActionType.EXPIRE, NOW + SOON, is_index=True),)
    moved = found([rule(7, days_since("Pulled", 3, "any"), ARCHIVE)], [image("A", days=4)])
    assert moved == (Risk("A", None, 7, LifecycleActionType.TRANSITION, NOW, is_index=False, is_due=True),)


@pytest.mark.parametrize("rules", [[after(5)], [keep(1)]], ids=["by age", "by number"])
def test_what_is_said_of_a_risk_is_the_same_an_hour_later(rules: list[Rule]) -> None:
    images = [image("A", "v1", days=6), image("B", "v2", days=5.9)]
    policy = LifecyclePolicy.from_json({"rules": rules})
    said = {
        tuple(one.describe() for one in risks(policy.rules, images, "AB", NOW + timedelta(hours=hours)))
        for hours in range(3)
    }
    assert len(said) == 1


DIGEST = "sha256:0123456789abcdef" + "0" * 48
EXPIRES = Risk(
    DIGEST, "v1", 3, LifecycleActionType.EXPIRE, datetime(2026, 11, 29, 7, 5, tzinfo=NOW.tzinfo), False
)
IN_WORDS: dict[str, tuple[Risk, str]] = {
    "an image with a tag": (
        EXPIRES,
        "rule 3 would expire image 'v1' (sha256:0123456789ab) from 2026-11-29 07:05 UTC on",
    ),
    "one without": (
        replace(EXPIRES, tag=None),
        "rule 3 would expire image sha256:0123456789ab from 2026-11-29 07:05 UTC on",
    ),
    "one that is archived": (
        replace(EXPIRES, action=LifecycleActionType.TRANSITION),
        "rule 3 would archive image 'v1' (sha256:0123456789ab) from 2026-11-29 07:05 UTC on",
    ),
    "one whose time has come": (
        replace(EXPIRES, is_due=True),
        "rule 3 would expire image 'v1' (sha256:0123456789ab) at one of its next runs",
    ),
    "a time of another zone": (
        replace(EXPIRES, at=datetime(2026, 11, 29, 1, 5, tzinfo=timezone(timedelta(hours=2)))),
        "rule 3 would expire image 'v1' (sha256:0123456789ab) from 2026-11-28 23:05 UTC on",
    ),
}


@pytest.mark.parametrize(("risk", "words"), IN_WORDS.values(), ids=IN_WORDS)
def test_a_risk_in_words(risk: Risk, words: str) -> None:
    assert risk.describe() == words


HOURS = st.integers(0, 240).map(lambda hours: timedelta(hours=hours))


@bounded(100)
@given(images_of(), rules_of(), HOURS, HOURS)
def test_looking_farther_ahead_never_tells_of_fewer_images(
    images: list[Image], rules: list[Rule], horizon: timedelta, more: timedelta
) -> None:
    near = {one.digest for one in found(rules, images, horizon=horizon)}
    assert near <= {one.digest for one in found(rules, images, horizon=horizon + more)}


@bounded(100)
@given(images_of(), rules_of(), HOURS)
def test_all_that_aws_would_take_until_then_is_told(
    images: list[Image], rules: list[Rule], horizon: timedelta
) -> None:
    typed = LifecyclePolicy.from_json({"rules": rules}).rules
    told = {one.digest: one for one in found(rules, images, horizon=horizon)}
    for at in (NOW, NOW + horizon / 2, NOW + horizon):
        taken = {digest for digest, one in evaluate(typed, images, at).items() if one.action}
        assert taken <= told.keys()
    assert all(NOW <= one.at <= NOW + horizon for one in told.values())


@bounded(100)
@given(images_of(), rules_of(), st.randoms())
def test_the_order_of_images_rules_and_tags_means_nothing(
    images: list[Image], rules: list[Rule], random: Any
) -> None:
    expected = found(rules, images)
    images = [replace(one, tags=tuple(random.sample(one.tags, len(one.tags)))) for one in images]
    random.shuffle(images)
    random.shuffle(rules)
    assert found(rules, images) == expected


@bounded(100)
@given(images_of(), rules_of(), st.sets(st.sampled_from("ABCDEFGH")))
def test_what_is_used_changes_nothing_of_what_is_told_of_it(
    images: list[Image], rules: list[Rule], used: set[str]
) -> None:
    assert found(rules, images, "".join(used)) == tuple(
        one for one in found(rules, images) if one.digest in used
    )


@bounded(100)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=8), st.integers(1, 6))
def test_pushes_as_in_the_last_two_days_take_nothing_that_was_not_told(hours: list[int], number: int) -> None:
    """Except for the newest image: a rule that counts is never taken for one that keeps nothing."""
    images = [image(str(place), "v", days=age / 24) for place, age in enumerate(hours)]
    pushed = [
        replace(one, digest=f"new {one.digest}", pushed_at=one.pushed_at + HORIZON)
        for one in images
        if one.pushed_at > NOW - HORIZON
    ]
    told = {one.digest for one in found([keep(number)], images, "01234567")}
    typed = LifecyclePolicy.from_json({"rules": [keep(number)]}).rules
    later = evaluate(typed, [*images, *pushed], NOW + HORIZON)
    taken = {one.digest for one in images if later[one.digest].action}
    assert len(taken - told) <= 1
    assert taken - told <= {one.digest for one in images if one.pushed_at == max(o.pushed_at for o in images)}
