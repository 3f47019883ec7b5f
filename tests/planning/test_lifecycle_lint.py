"""Warnings about lifecycle policies that ECR takes: which policies get them, and which nearby ones do not."""

from collections.abc import Iterator
from itertools import permutations
from random import Random
from typing import Any

import pytest

from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.api.meta import MESSAGE_MAX
from ecr_operator.planning.lifecycle_lint import Check, LifecycleWarning, lifecycle_warnings
from ecr_operator.planning.tag_matching import matches_all
from tests.api.lifecycle_examples import ARCHIVE, EXAMPLES, Rule, archived, days_since, more_than, rule
from tests.api.lifecycle_grammar import is_valid, policies


def warnings(rules: list[Rule]) -> tuple[LifecycleWarning, ...]:
    assert is_valid(rules)
    return lifecycle_warnings(LifecyclePolicy.from_json({"rules": rules}).rules)


def tagged(*patterns: str) -> dict[str, Any]:
    return {"status": "tagged", "tagPatternList": list(patterns)}


def prefixed(*prefixes: str) -> dict[str, Any]:
    return {"status": "tagged", "tagPrefixList": list(prefixes)}


ANY = {"status": "any"}
UNTAGGED = {"status": "untagged"}


def keep(priority: int, number: int, which: dict[str, Any]) -> Rule:
    return rule(priority, more_than(number, **which))


def expire(priority: int, days: int, which: dict[str, Any]) -> Rule:
    return rule(priority, days_since("Pushed", days, **which))


RELEASES = keep(1, 30, tagged("release-*"))

WARNED: dict[str, tuple[list[Rule], list[tuple[Check, int, str]]]] = {
    "several patterns": (
        [keep(1, 5, tagged("alpha*", "beta*"))],
        [(Check.SEVERAL_PATTERNS, 1, "selection.tagPatternList")],
    ),
    "several prefixes": (
        [keep(1, 5, prefixed("alpha", "beta"))],
        [(Check.SEVERAL_PATTERNS, 1, "selection.tagPrefixList")],
    ),
    "a prefix after a shorter one": (
        [keep(4, 5, prefixed("prod")), keep(7, 5, prefixed("prod-eu"))],
        [(Check.NEVER_ACTS, 7, "selection")],
    ),
    "the order of the priorities counts, not that of the list": (
        [keep(7, 5, prefixed("prod-eu")), keep(4, 5, prefixed("prod"))],
        [(Check.NEVER_ACTS, 7, "selection")],
    ),
    "a pattern that an earlier one matches wholly": (
        [keep(1, 5, tagged("*-eu*")), expire(2, 5, tagged("prod-eu-*"))],
        [(Check.NEVER_ACTS, 2, "selection")],
    ),
    "a pattern after a prefix": (
        [keep(1, 5, prefixed("v")), keep(2, 5, tagged("v1.*"))],
        [(Check.NEVER_ACTS, 2, "selection")],
    ),
    "one of several patterns is matched by an earlier rule": (
        [keep(1, 5, tagged("a*")), keep(2, 5, tagged("ab*", "c*"))],
        [(Check.SEVERAL_PATTERNS, 2, "selection.tagPatternList"), (Check.NEVER_ACTS, 2, "selection")],
    ),
    "any after all tagged and all untagged": (
        [keep(1, 5, tagged("*")), expire(2, 14, UNTAGGED), expire(3, 90, ANY)],
        [(Check.NEVER_ACTS, 3, "selection")],
    ),
    "an archived class has its own order": (
        [
            rule(1, archived(90, "tagged", tagPatternList=["a*"])),
            rule(2, archived(99, "tagged", tagPatternList=["ab*"])),
        ],
        [(Check.NEVER_ACTS, 2, "selection")],
    ),
    "what is kept comes after what is expired by age": (
        [expire(1, 14, tagged("pr-*")), keep(2, 30, tagged("release-*"))],
        [(Check.KEPT_TOO_LATE, 2, "rulePriority")],
    ),
    "all images by age": ([expire(1, 7, ANY)], [(Check.NOTHING_KEPT, 1, "selection.countType")]),
    "tagged images by age": (
        [expire(1, 14, tagged("prod*"))],
        [(Check.NOTHING_KEPT, 1, "selection.countType")],
    ),
    "a number of untagged images is not what is meant": (
        [keep(1, 5, UNTAGGED), expire(2, 7, ANY)],
        [(Check.NOTHING_KEPT, 2, "selection.countType")],
    ),
    "a rule that keeps, but is never reached": (
        [expire(1, 7, tagged("*")), keep(2, 5, tagged("prod*"))],
        [(Check.NOTHING_KEPT, 1, "selection.countType"), (Check.NEVER_ACTS, 2, "selection")],
    ),
    "a number of all images": ([keep(1, 30, ANY)], [(Check.COUNTS_PLATFORMS, 1, "selection.countNumber")]),
    "a number of all images after a rule without a bound": (
        [
            rule(1, days_since("Pushed", 30, "tagged", tagPatternList=["prod*"]), ARCHIVE),
            keep(2, 60, ANY),
        ],
        [
            (Check.ARCHIVE_SAVES_NOTHING, 1, "action.type"),
            (Check.COUNTS_PLATFORMS, 2, "selection.countNumber"),
            (Check.COUNTS_OTHERS, 2, "selection.countNumber"),
        ],
    ),
    "a shorter prefix that keeps as many as the longer one": (
        [keep(1, 30, prefixed("prod-eu")), keep(2, 30, prefixed("prod"))],
        [(Check.COUNTS_OTHERS, 2, "selection.countNumber")],
    ),
    "a number of tagged images that includes those of two rules": (
        [keep(1, 30, prefixed("prod")), keep(2, 30, tagged("beta*")), keep(3, 60, tagged("*"))],
        [(Check.COUNTS_OTHERS, 3, "selection.countNumber")],
    ),
    "untagged images after a day": (
        [expire(1, 1, UNTAGGED)],
        [(Check.UNTAGGED_TOO_SOON, 1, "selection.countNumber")],
    ),
    "archiving by the last pull": (
        [rule(1, days_since("Pulled", 90, "any"), ARCHIVE)],
        [
            (Check.PULL_TIME_MISLEADS, 1, "selection.countType"),
            (Check.ARCHIVE_SAVES_NOTHING, 1, "action.type"),
        ],
    ),
    "archiving by age": (
        [rule(1, days_since("Pushed", 90, "untagged"), ARCHIVE)],
        [(Check.ARCHIVE_SAVES_NOTHING, 1, "action.type")],
    ),
    "archiving by number": (
        [rule(1, more_than(30, "tagged", tagPatternList=["v*"]), ARCHIVE)],
        [(Check.ARCHIVE_SAVES_NOTHING, 1, "action.type")],
    ),
}


@pytest.mark.parametrize(("rules", "expected"), WARNED.values(), ids=WARNED.keys())
def test_what_gets_which_warning(rules: list[Rule], expected: list[tuple[Check, int, str]]) -> None:
    found = warnings(rules)
    assert [(one.check, one.rule_priority, one.field) for one in found] == expected


CLEAN: dict[str, list[Rule]] = {
    "one pattern": [keep(1, 5, tagged("alpha*"))],
    "one pattern, written twice": [keep(1, 5, tagged("alpha*", "alpha*"))],
    "prefixes of which none begins another": [keep(1, 5, prefixed("prod")), keep(2, 5, prefixed("beta"))],
    "the longer prefix first, and the shorter one keeps more": [
        keep(1, 5, prefixed("prod-eu")),
        keep(2, 30, prefixed("prod")),
    ],
    "the longer prefix first, and the shorter one goes by age": [
        keep(1, 5, prefixed("prod-eu")),
        expire(2, 30, prefixed("prod")),
    ],
    "patterns that overlap in part": [keep(1, 5, tagged("*-eu")), keep(2, 5, tagged("prod-*"))],
    "a pattern that needs more than the later one": [
        keep(1, 5, tagged("*a*b*")),
        keep(2, 90, tagged("*a*")),
    ],
    "any after all tagged": [keep(1, 5, tagged("*")), expire(2, 90, ANY)],
    "what is kept comes first": [RELEASES, expire(2, 14, tagged("pr-*"))],
    "all others by age": [RELEASES, expire(2, 90, ANY)],
    "what is untagged goes by age": [expire(1, 14, UNTAGGED)],
    "archived images go by age": [rule(1, archived(365, "any"))],
    "a number of all tagged images": [keep(1, 30, tagged("*")), expire(2, 14, UNTAGGED)],
    "a number of tagged images that includes fewer of others": [
        keep(1, 30, prefixed("prod")),
        keep(2, 30, tagged("beta*")),
        keep(3, 61, tagged("*")),
    ],
    "untagged images after two days": [expire(1, 2, UNTAGGED)],
    "rules of different classes": [
        RELEASES,
        rule(2, archived(90, "tagged", tagPatternList=["release-*"])),
    ],
}


@pytest.mark.parametrize("rules", CLEAN.values(), ids=CLEAN.keys())
def test_what_gets_none(rules: list[Rule]) -> None:
    assert warnings(rules) == ()


def test_every_check_has_a_policy_that_gets_it() -> None:
    assert {check for _, expected in WARNED.values() for check, *_ in expected} == set(Check)


SENTENCES: dict[str, tuple[list[Rule], str]] = {
    "one other rule": (
        [keep(4, 5, prefixed("prod")), keep(7, 5, prefixed("prod-eu"))],
        "because rule 4 comes first and selects all of its images",
    ),
    "two other rules": (
        [keep(1, 5, tagged("*")), expire(2, 14, UNTAGGED), expire(3, 90, ANY)],
        "because rules 1 and 2 come first and select all images",
    ),
    "three other rules": (
        [keep(n, 30, prefixed(f"p{n}")) for n in (1, 2, 3)] + [keep(4, 90, tagged("*"))],
        "it counts the images of rules 1, 2 and 3 too: when these are the 90 newest",
    ),
    "five other rules": (
        [keep(n, 30, prefixed(f"p{n}")) for n in range(1, 6)] + [keep(6, 90, tagged("*"))],
        "it counts the images of rules 1, 2, 3, 4 and 5 too",
    ),
    "six other rules": (
        [keep(n, 30, prefixed(f"p{n}")) for n in range(1, 7)] + [keep(7, 90, tagged("*"))],
        "it counts the images of rules 1, 2, 3, 4 and 2 more too",
    ),
    "a day": ([expire(1, 1, UNTAGGED)], "an image of 1 day is expired"),
    "days": ([expire(1, 7, ANY)], "when nothing is pushed for 7 days"),
}


@pytest.mark.parametrize(("rules", "words"), SENTENCES.values(), ids=SENTENCES.keys())
def test_a_sentence_names_rules_and_numbers(rules: list[Rule], words: str) -> None:
    assert words in warnings(rules)[-1].sentence


@pytest.mark.parametrize("rules", [*EXAMPLES.values(), *(rules for rules, _ in WARNED.values())])
def test_a_sentence_says_what_to_do_and_the_order_of_the_list_means_nothing(rules: list[Rule]) -> None:
    found = warnings(rules)
    assert all("; " in one.sentence and not one.sentence.endswith(".") for one in found)
    assert all(warnings(list(order)) == found for order in permutations(rules))


def _widened(rules: list[Rule]) -> list[Rule]:
    """The same rules with the longest priorities; numbers of their own meaning stay."""
    return [one | {"rulePriority": FIRST + one["rulePriority"]} for one in rules]


FIRST = 2**31 - 50
LONGEST: dict[str, list[Rule]] = {
    "rules that expire by age before one that keeps": [
        *(expire(FIRST + n, 2**31 - 1, tagged(f"p{n}*")) for n in range(49)),
        keep(FIRST + 49, 2**31 - 1, tagged("q*")),
    ],
    "rules that another one counts": [
        *(keep(FIRST + n, 2**31 - 1, tagged(f"p{n}*")) for n in range(49)),
        keep(FIRST + 49, 2**31 - 1, ANY),
    ],
    **{title: _widened(rules) for title, (rules, _) in WARNED.items()},
}


@pytest.mark.parametrize("rules", LONGEST.values(), ids=LONGEST)
def test_a_sentence_fits_into_a_status(rules: list[Rule]) -> None:
    """With as many rules, and as long numbers, as ECR takes."""
    found = warnings(rules)
    assert found
    assert max(len(one.sentence) for one in found) <= MESSAGE_MAX


def test_rules_of_another_class_change_nothing() -> None:
    separate = [rules for rules in policies(2000, seed=7) if is_valid(rules)]
    assert len(separate) > 500
    for rules in separate:
        standard, archive = (
            [one for one in rules if (one["selection"].get("storageClass") == "archive") is there]
            for there in (False, True)
        )
        parts = [*(warnings(standard) if standard else ()), *(warnings(archive) if archive else ())]
        assert list(warnings(rules)) == sorted(parts, key=lambda one: one.rule_priority)


def test_one_pattern_within_another_is_what_the_tags_say() -> None:
    """All tags of up to 5 of the letters, against all patterns of up to 3 characters."""
    tags = list(texts("abc", 5))
    some = list(texts("ab*", 3))
    matched = {pattern: {tag for tag in tags if glob(pattern, tag)} for pattern in some}
    for one, other in Random(5).sample([(one, other) for one in some for other in some], k=600):
        assert matches_all(one, other) == (matched[one] >= matched[other]), (one, other)


def texts(letters: str, longest: int) -> Iterator[str]:
    words = [""]
    for _ in range(longest):
        words = [word + letter for word in words for letter in letters]
        yield from words


def glob(pattern: str, tag: str) -> bool:
    """Whether a pattern matches, by trying all that a star may stand for."""
    if not pattern:
        return not tag
    if pattern[0] == "*":
        return any(glob(pattern[1:], tag[skipped:]) for skipped in range(len(tag) + 1))
    return tag[:1] == pattern[0] and glob(pattern[1:], tag[1:])
