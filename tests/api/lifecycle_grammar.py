"""ECR's grammar of lifecycle policies in Python, after the User Guide's "Lifecycle policy properties".

An oracle beside the CEL rules, and policies to ask both about, generated with a fixed seed.
"""

import random
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from tests.api.lifecycle_examples import ARCHIVE, EXPIRE, archived, days_since, more_than, rule

Rules = list[dict[str, Any]]


def is_valid(rules: Rules) -> bool:
    """Whether ECR takes the policy, as far as members exclude or require each other."""
    return all(_is_valid_rule(rule) for rule in rules) and all(
        _go_together(*p) for p in combinations(rules, 2)
    )


def _is_valid_rule(rule: dict[str, Any]) -> bool:
    selection, action = rule["selection"], rule["action"]
    lists = selection.keys() & {"tagPatternList", "tagPrefixList"}
    count_type = selection["countType"]
    archive = selection.get("storageClass") == "archive"
    transitions = action["type"] == "transition"
    return all(
        (
            len(lists) == (1 if selection["tagStatus"] == "tagged" else 0),
            ("countUnit" in selection) == count_type.startswith("since"),
            archive == (count_type == "sinceImageTransitioned"),
            not archive or (selection["countNumber"] >= 90 and not transitions),
            count_type != "sinceImagePulled" or transitions,
            transitions == ("targetStorageClass" in action),
        )
    )


def _go_together(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one["rulePriority"] == other["rulePriority"]:
        return False
    first, second = sorted((one, other), key=lambda rule: rule["rulePriority"])
    a, b = first["selection"], second["selection"]
    if a.get("storageClass", "standard") != b.get("storageClass", "standard"):
        return True
    shared = set(a.get("tagPrefixList", ())) & set(b.get("tagPrefixList", ()))
    return not (shared or a["tagStatus"] == "any" or a["tagStatus"] == b["tagStatus"] == "untagged")


def policies(count: int, seed: int) -> Iterator[Rules]:
    """Yield policies; about half of them have a mistake, and most of those exactly one."""
    chance = random.Random(seed)
    for _ in range(count):
        rules = [_rule(chance, chance.randint(1, 5)) for _ in range(chance.randint(1, 4))]
        if chance.random() < 0.4:
            _spoil(chance.choice(rules), chance)
        yield rules


def _rule(chance: random.Random, priority: int) -> dict[str, Any]:
    # `any` late, as people write it: else nearly every policy of several rules is refused.
    status = "any" if priority == 5 else chance.choice(["tagged", "tagged", "tagged", "untagged"])
    prefixes = {"tagPrefixList": chance.sample("abcdef", k=chance.randint(1, 2))}
    lists: dict[str, Any] = (
        chance.choice([prefixes, {"tagPatternList": ["a*"]}]) if status == "tagged" else {}
    )
    selection, action = chance.choice(
        [
            (more_than(3, status, **lists), EXPIRE),
            (days_since("Pushed", 14, status, **lists), EXPIRE),
            (days_since("Pushed", 14, status, storageClass="standard", **lists), ARCHIVE),
            (days_since("Pulled", 30, status, **lists), ARCHIVE),
            (archived(90, status, **lists), EXPIRE),
            (archived(365, status, **lists), EXPIRE),
        ]
    )
    return rule(priority, dict(selection), dict(action))


def _spoil(rule: dict[str, Any], chance: random.Random) -> None:
    selection, action = rule["selection"], rule["action"]
    counts = ["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"]
    changes: list[Callable[[], Any]] = [
        lambda: selection.update(tagStatus=chance.choice(["tagged", "untagged", "any"])),
        lambda: selection.update(tagPrefixList=["a"]),
        lambda: selection.update(tagPatternList=["b*"]),
        lambda: selection.pop("tagPrefixList", None),
        lambda: selection.update(countType=chance.choice(counts)),
        lambda: selection.update(countUnit="days"),
        lambda: selection.pop("countUnit", None),
        lambda: selection.update(storageClass=chance.choice(["standard", "archive"])),
        lambda: selection.pop("storageClass", None),
        lambda: selection.update(countNumber=89),
        lambda: action.update(type=chance.choice(["expire", "transition"])),
        lambda: action.update(targetStorageClass="archive"),
        lambda: action.pop("targetStorageClass", None),
    ]
    chance.choice(changes)()
