"""What holds of every lifecycle policy and every repository."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle import LifecycleActionType, LifecycleRule
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.planning.lifecycle_evaluation import Verdict, evaluate, matcher
from ecr_operator.planning.lifecycle_image import Image
from tests.api.lifecycle_examples import ARCHIVE, EXPIRE, Rule, days_since, more_than, rule
from tests.api.lifecycle_examples import archived as archived_for
from tests.planning.images import ARCHIVED, NOW, ago, image, verdicts

DIGESTS = "ABCDEFGH"
TAGS = st.lists(st.sampled_from(["prod-1", "prod-2", "beta-1", "beta-2", "v1"]), max_size=3, unique=True)
DAYS = st.one_of(st.integers(0, 6).map(float), st.floats(0, 6))
"""Few whole days, so that images tie and rules meet their limits."""
SOME_DAYS = st.none() | DAYS


@st.composite
def images_of(draw: st.DrawFn, *, alone: bool = False) -> list[Image]:
    """Images of one repository; without indexes and signatures where they are to be `alone`."""
    drawn = []
    for digest in draw(st.sets(st.sampled_from(DIGESTS))):
        others = st.sampled_from([other for other in DIGESTS if other < digest] or [None])
        linked = draw(st.sampled_from(["nothing", "index", "referrer"])) if not alone and digest > "A" else ""
        times = {
            name: None if (days := draw(SOME_DAYS)) is None else ago(days)
            for name in ("pulled_at", "archived_at", "activated_at")
        }
        more: dict[str, Any] = times
        if draw(st.booleans()):
            more = more | {"storage_class": ARCHIVED}
        if linked == "index":
            more = more | {"is_index": True, "children": tuple(draw(st.sets(others)))}
        elif linked == "referrer":
            more = more | {"subject": draw(others)}
        drawn.append(image(digest, *draw(TAGS), days=draw(DAYS), **more))
    return drawn


def _tags_of_rule() -> st.SearchStrategy[Rule]:
    globs = st.lists(
        st.sampled_from(["prod*", "beta*", "*-1", "v1", "*"]), min_size=1, max_size=2, unique=True
    )
    return st.one_of(
        globs.map(lambda found: {"tagStatus": "tagged", "tagPatternList": found}),
        st.just({"tagStatus": "untagged"}),
        st.just({"tagStatus": "any"}),
    )


@st.composite
def rules_of(draw: st.DrawFn, *, ages_only: bool = False) -> list[Rule]:
    """Rules of a policy, except that their number of `any` and `untagged` rules is free."""
    kinds = ["Pushed", "Pulled", "Transitioned"] + ([] if ages_only else ["count", "count"])
    found = []
    for priority in draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True)):
        kind, tags = draw(st.sampled_from(kinds)), draw(_tags_of_rule())
        action = draw(st.sampled_from([EXPIRE, ARCHIVE]))
        if kind == "count":
            selection = more_than(draw(st.integers(1, 4)), **_named(tags))
        elif kind == "Transitioned":
            # Not AWS's 90 days: the evaluator does not ask, and the images are young.
            selection, action = archived_for(draw(st.integers(1, 4)), **_named(tags)), EXPIRE
        else:
            selection = days_since(kind, draw(st.integers(1, 4)), **_named(tags))
            action = ARCHIVE if kind == "Pulled" else action
        found.append(rule(priority, selection, action))
    return found


def _named(tags: Rule) -> dict[str, Any]:
    return {"status" if name == "tagStatus" else name: value for name, value in tags.items()}


def _expired(found: dict[str, Verdict]) -> set[str]:
    return {digest for digest, one in found.items() if one.action == LifecycleActionType.EXPIRE}


def _acted(found: dict[str, Verdict]) -> set[str]:
    return {digest for digest, one in found.items() if one.action}


@given(images_of(), rules_of())
def test_each_image_has_one_verdict_by_a_rule_of_its_class_unless_it_follows(
    images: list[Image], rules: list[Rule]
) -> None:
    found = verdicts(rules, *images)
    by_priority = {one.rule_priority: one for one in LifecyclePolicy.from_json({"rules": rules}).rules}
    assert found.keys() == {one.digest for one in images}
    for one in images:
        verdict = found[one.digest]
        if verdict.action is None:
            continue
        assert verdict.rule is not None
        by = by_priority[verdict.rule]
        assert verdict.action == by.action.type
        assert verdict.held_by is None
        if verdict.follows is None:
            assert by.selection.effective_storage_class == one.storage_class
            assert matcher(by.selection)(one)
        else:
            assert (verdict.follows, verdict.action) == (one.subject, found[verdict.follows].action)


@given(images_of(), rules_of(), st.randoms())
def test_the_order_of_images_and_rules_means_nothing(
    images: list[Image], rules: list[Rule], random: Any
) -> None:
    expected = verdicts(rules, *images)
    random.shuffle(images)
    random.shuffle(rules)
    assert verdicts(rules, *images) == expected


@given(images_of(), rules_of(), _tags_of_rule())
def test_a_keep_rule_of_the_highest_priority_never_acts_on_more(
    images: list[Image], rules: list[Rule], tags: Rule
) -> None:
    lower = [one | {"rulePriority": one["rulePriority"] + 1} for one in rules]
    keep = rule(1, more_than(9999, **_named(tags)))
    before, after = verdicts(lower, *images), verdicts([keep, *lower], *images)
    assert _expired(after) <= _expired(before)
    assert _acted(after) <= _acted(before)


@given(images_of(), rules_of(ages_only=True), st.integers(0, 10), st.integers(0, 10))
def test_ages_alone_never_act_on_fewer_images_later(
    images: list[Image], rules: list[Rule], days: int, more: int
) -> None:
    assert _acted(verdicts(rules, *images, days=days)) <= _acted(verdicts(rules, *images, days=days + more))


@given(images_of(), rules_of())
def test_no_child_of_an_index_in_standard_storage_goes_before_it(
    images: list[Image], rules: list[Rule]
) -> None:
    found = verdicts(rules, *images)
    standing = [one for one in images if one.storage_class != ARCHIVED and not found[one.digest].action]
    assert not _acted(found) & {child for one in standing for child in one.children}


@given(images_of(), rules_of())
def test_nobody_stays_whose_subject_is_expired_unless_an_index_holds_it(
    images: list[Image], rules: list[Rule]
) -> None:
    found = verdicts(rules, *images)
    standing = [one for one in images if one.storage_class != ARCHIVED and not found[one.digest].action]
    held = {child for one in standing for child in one.children}
    expired = _expired(found)
    assert {one.digest for one in images if one.subject in expired} <= expired | held


@given(images_of(alone=True), rules_of())
def test_images_alone_are_marked_as_the_documentation_tells_it(
    images: list[Image], rules: list[Rule]
) -> None:
    """Every rule marks by itself; then the marks count by priority, where no rule before matches."""
    typed = sorted(LifecyclePolicy.from_json({"rules": rules}).rules, key=lambda one: one.rule_priority)
    found = evaluate(typed, images, NOW)
    for one in images:
        seen_by = [by for by in typed if _is_about(by, one)]
        marking = [by for by in seen_by if one.digest in _marked(by, images)]
        expected = marking[0] if marking and marking[0] == seen_by[0] else None
        assert found[one.digest].action == (expected.action.type if expected else None)


def _is_about(by: LifecycleRule, one: Image) -> bool:
    return by.selection.effective_storage_class == one.storage_class and matcher(by.selection)(one)


def _marked(by: LifecycleRule, images: Sequence[Image]) -> set[str]:
    """What the rule would act on if it were the only one."""
    return _acted(evaluate([by], images, NOW))


@given(st.lists(DAYS, max_size=6), st.integers(1, 6))
def test_a_count_keeps_so_many_except_for_ties(days: list[float], number: int) -> None:
    images = [image(str(place), days=age) for place, age in enumerate(days)]
    found = verdicts([rule(1, more_than(number, "any"))], *images)
    kept = [one.pushed_at for one in images if not found[one.digest].action]
    gone = [one.pushed_at for one in images if found[one.digest].action]
    tied = {one.pushed_at for one in images if found[one.digest].tied}
    # Of those that tie one may be the last that is kept.
    assert (len(kept) < number) if tied else (len(kept) == min(number, len(images)))
    assert tied <= {max(gone, default=NOW)}
    assert not kept or not gone or min(kept) > max(gone)
