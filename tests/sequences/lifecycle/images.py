"""The images of these tests, and which of them AWS would take by rules, after AWS's documentation.

No image comes to a rule's age within a sequence, nor within the two days that the operator looks ahead, and
none counts as pushed lately: what a policy takes now is what it takes then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.lifecycle import keep, older_than

Rules = list[dict[str, Any]]


@dataclass(frozen=True)
class Image:
    """`age` in days; without a tag where that is empty."""

    tag: str
    age: int


IMAGES = {
    "prod-1": Image("prod-1", 36),
    "v1": Image("v1", 35),
    "nameless": Image("", 26),
    "v2": Image("v2", 25),
    "v3": Image("v3", 15),
    "prod-2": Image("prod-2", 7),
    "v4": Image("v4", 5),
}
"""By a name; the oldest first."""


def _prod(rule: dict[str, Any]) -> dict[str, Any]:
    selection = {**rule["selection"], "tagStatus": "tagged", "tagPatternList": ["prod-*"]}
    return {**rule, "selection": selection}


RULES: tuple[Rules, ...] = (
    [keep(30)],
    [keep(3)],
    [keep(1)],
    [older_than(10)],
    [older_than(20)],
    [older_than(1)],
    [older_than(10, "untagged")],
    [_prod(older_than(20))],
    [_prod(keep(100)), older_than(20, rulePriority=2)],
    [_prod(keep(1)), keep(2, rulePriority=2)],
)
OTHER: Rules = [older_than(999, "untagged", rulePriority=7)]
"""Somebody else's."""


def taken(rules: Rules, names: Iterable[str]) -> set[str]:
    """The images of a repository with these that AWS would expire by the rules.

    An image that a rule's tags select is not for rules after it, and counts for them all the same.
    """
    images = sorted(set(names), key=lambda name: IMAGES[name].age)
    going: set[str] = set()
    passed: set[str] = set()
    for rule in sorted(rules, key=lambda rule: int(rule["rulePriority"])):
        selection, number = rule["selection"], rule["selection"]["countNumber"]
        selected = [name for name in images if _selects(selection, IMAGES[name].tag)]
        if selection["countType"] == "imageCountMoreThan":
            hit = set(selected[number:])
        else:
            hit = {name for name in selected if IMAGES[name].age > number}
        going |= hit - passed
        passed |= set(selected)
    return going


def _selects(selection: dict[str, Any], tag: str) -> bool:
    match selection["tagStatus"]:
        case "tagged":
            return bool(tag) and all(fnmatchcase(tag, pattern) for pattern in selection["tagPatternList"])
        case "untagged":
            return not tag
    return True
