"""Lifecycle policies with one mistake each, and what the API server has to say to them."""

from typing import Any

from tests.api.lifecycle_examples import ARCHIVE, EXPIRE, archived, days_since, more_than, rule

RULES = "spec.lifecyclePolicy.rules"
PROD = {"tagPatternList": ["prod*"]}


def policy(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"lifecyclePolicy": {"rules": list(rules)}}


def one(selection: dict[str, Any], action: dict[str, Any] = EXPIRE) -> dict[str, Any]:
    return policy(rule(1, selection, action))


def without(field: str, selection: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in selection.items() if key != field}


def prefixes(priority: int, *entries: str) -> dict[str, Any]:
    return rule(priority, more_than(1, "tagged", tagPrefixList=list(entries)))


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no rules": (policy(), RULES, "at least 1 items"),
    "rules left out": ({"lifecyclePolicy": {}}, RULES, "Required value"),
    "51 rules": (policy(*(prefixes(n, f"p{n}") for n in range(1, 52))), RULES, "at most 50 items"),
    "a rule without a priority": (
        policy(without("rulePriority", rule(1, more_than(1, "any")))),
        f"{RULES}[0].rulePriority",
        "Required value",
    ),
    "a priority of 0": (policy(rule(0, more_than(1, "any"))), f"{RULES}[0].rulePriority", "equal to 1"),
    "a rule without an action": (
        policy(without("action", rule(1, more_than(1, "any")))),
        f"{RULES}[0].action",
        "Required value",
    ),
    "a rule without a selection": (
        policy(without("selection", rule(1, {}))),
        f"{RULES}[0].selection",
        "Required value",
    ),
    "an unknown tag status": (
        one(more_than(1, "all")),
        f"{RULES}[0].selection.tagStatus",
        '"tagged", "untagged", "any"',
    ),
    "a selection without a tag status": (
        one(without("tagStatus", more_than(1, "any"))),
        f"{RULES}[0].selection.tagStatus",
        "Required value",
    ),
    "tagged without patterns or prefixes": (
        one(more_than(1, "tagged")),
        f"{RULES}[0].selection",
        "exactly one of `tagPatternList` and `tagPrefixList` must be specified when `tagStatus` is 'tagged'",
    ),
    "tagged with patterns and prefixes": (
        one(more_than(1, "tagged", **PROD, tagPrefixList=["prod"])),
        f"{RULES}[0].selection",
        "exactly one of `tagPatternList` and `tagPrefixList` must be specified when `tagStatus` is 'tagged'",
    ),
    "untagged with patterns": (
        one(more_than(1, "untagged", **PROD)),
        f"{RULES}[0].selection.tagPatternList",
        "`tagPatternList` may be specified only when `tagStatus` is 'tagged'",
    ),
    "untagged with prefixes": (
        one(more_than(1, "untagged", tagPrefixList=["prod"])),
        f"{RULES}[0].selection.tagPrefixList",
        "`tagPrefixList` may be specified only when `tagStatus` is 'tagged'",
    ),
    "any with patterns": (
        one(more_than(1, "any", **PROD)),
        f"{RULES}[0].selection.tagPatternList",
        "`tagPatternList` may be specified only when `tagStatus` is 'tagged'",
    ),
    "any with prefixes": (
        one(more_than(1, "any", tagPrefixList=["prod"])),
        f"{RULES}[0].selection.tagPrefixList",
        "`tagPrefixList` may be specified only when `tagStatus` is 'tagged'",
    ),
    "no pattern in the list": (
        one(more_than(1, "tagged", tagPatternList=[])),
        f"{RULES}[0].selection.tagPatternList",
        "at least 1 items",
    ),
    "no prefix in the list": (
        one(more_than(1, "tagged", tagPrefixList=[])),
        f"{RULES}[0].selection.tagPrefixList",
        "at least 1 items",
    ),
    "26 patterns": (
        one(more_than(1, "tagged", tagPatternList=[f"p{n}" for n in range(26)])),
        f"{RULES}[0].selection.tagPatternList",
        "at most 25 items",
    ),
    "a pattern with five wildcards": (
        one(more_than(1, "tagged", tagPatternList=["prod*", "a*b*c*d*e*"])),
        f"{RULES}[0].selection.tagPatternList[1]",
        "an entry of `tagPatternList` must hold at most four '*'",
    ),
    "an empty pattern": (
        one(more_than(1, "tagged", tagPatternList=[""])),
        f"{RULES}[0].selection.tagPatternList[0]",
        "at least 1 chars long",
    ),
    "a prefix of 129 characters": (
        one(more_than(1, "tagged", tagPrefixList=["a" * 129])),
        f"{RULES}[0].selection.tagPrefixList[0]",
        "more than 128",
    ),
    "an unknown type of count": (
        one(more_than(1, "any") | {"countType": "sinceImageBuilt"}),
        f"{RULES}[0].selection.countType",
        '"imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"',
    ),
    "a count of 0": (one(more_than(0, "any")), f"{RULES}[0].selection.countNumber", "equal to 1"),
    "a count in words": (
        one(more_than(1, "any") | {"countNumber": "30"}),
        f"{RULES}[0].selection.countNumber",
        "must be of type integer",
    ),
    "days without their unit": (
        one(without("countUnit", days_since("Pushed", 14, "any"))),
        f"{RULES}[0].selection.countUnit",
        "`countUnit` must be 'days' when `countType` is 'sinceImagePushed', 'sinceImagePulled' or",
    ),
    "days since a pull without their unit": (
        one(without("countUnit", days_since("Pulled", 14, "any")), ARCHIVE),
        f"{RULES}[0].selection.countUnit",
        "`countUnit` must be 'days'",
    ),
    "days since archiving without their unit": (
        one(without("countUnit", archived(90, "any"))),
        f"{RULES}[0].selection.countUnit",
        "`countUnit` must be 'days'",
    ),
    "a number of images with a unit": (
        one(more_than(1, "any") | {"countUnit": "days"}),
        f"{RULES}[0].selection.countUnit",
        "`countUnit` may not be specified when `countType` is 'imageCountMoreThan'",
    ),
    "a unit other than days": (
        one(days_since("Pushed", 2, "any") | {"countUnit": "weeks"}),
        f"{RULES}[0].selection.countUnit",
        '"days"',
    ),
    "days since archiving without a storage class": (
        one(days_since("Transitioned", 90, "any")),
        f"{RULES}[0].selection.storageClass",
        "`storageClass` must be 'archive' when `countType` is 'sinceImageTransitioned'",
    ),
    "days since archiving in standard": (
        one(days_since("Transitioned", 90, "any", storageClass="standard")),
        f"{RULES}[0].selection.storageClass",
        "`storageClass` must be 'archive' when `countType` is 'sinceImageTransitioned'",
    ),
    "archived images by their number": (
        one(more_than(1, "any") | {"storageClass": "archive"}),
        f"{RULES}[0].selection.countType",
        "`countType` must be 'sinceImageTransitioned' when `storageClass` is 'archive'",
    ),
    "archived images by their push": (
        one(days_since("Pushed", 365, "any", storageClass="archive")),
        f"{RULES}[0].selection.countType",
        "`countType` must be 'sinceImageTransitioned' when `storageClass` is 'archive'",
    ),
    "archived images by their pull": (
        one(days_since("Pulled", 365, "any", storageClass="archive"), ARCHIVE),
        f"{RULES}[0].selection.countType",
        "`countType` must be 'sinceImageTransitioned' when `storageClass` is 'archive'",
    ),
    "an unknown storage class": (
        one(more_than(1, "any") | {"storageClass": "STANDARD"}),
        f"{RULES}[0].selection.storageClass",
        '"standard", "archive"',
    ),
    "archived for less than 90 days": (
        one(archived(89, "any")),
        f"{RULES}[0].selection.countNumber",
        "`countNumber` must be 90 or more when `countType` is 'sinceImageTransitioned'",
    ),
    "an unknown action": (
        one(more_than(1, "any"), {"type": "delete"}),
        f"{RULES}[0].action.type",
        '"expire"',
    ),
    "a transition without its target": (
        one(more_than(1, "any"), {"type": "transition"}),
        f"{RULES}[0].action.targetStorageClass",
        "`targetStorageClass` must be 'archive' when `type` is 'transition'",
    ),
    "a transition to standard": (
        one(more_than(1, "any"), {"type": "transition", "targetStorageClass": "standard"}),
        f"{RULES}[0].action.targetStorageClass",
        '"archive"',
    ),
    "expiry with a target": (
        one(more_than(1, "any"), ARCHIVE | EXPIRE),
        f"{RULES}[0].action.targetStorageClass",
        "`targetStorageClass` may be specified only when `type` is 'transition'",
    ),
    "expiry by the last pull": (
        one(days_since("Pulled", 90, "any")),
        f"{RULES}[0].action.type",
        "`action.type` must be 'transition' when `selection.countType` is 'sinceImagePulled'",
    ),
    "archiving what is archived": (
        one(archived(90, "any"), ARCHIVE),
        f"{RULES}[0].action.type",
        "`action.type` must be 'expire' when `selection.countType` is 'sinceImageTransitioned'",
    ),
    "the second rule is wrong": (
        policy(prefixes(1, "a"), rule(2, days_since("Pulled", 90, "any"))),
        f"{RULES}[1].action.type",
        "`action.type` must be 'transition'",
    ),
    "a priority twice": (
        policy(prefixes(1, "a"), prefixes(7, "b"), prefixes(7, "c")),
        RULES,
        "`rulePriority` must be unique among the rules; look at the rule with `rulePriority` 7",
    ),
    "two untagged rules": (
        policy(rule(3, more_than(1, "untagged")), rule(5, days_since("Pushed", 1, "untagged"))),
        RULES,
        "`tagStatus` 'untagged' must stand in at most one rule of each storage class; "
        "look at the rule with `rulePriority` 5",
    ),
    "two untagged rules, one of which names the default storage class": (
        policy(
            rule(5, more_than(1, "untagged") | {"storageClass": "standard"}),
            rule(3, more_than(2, "untagged")),
        ),
        RULES,
        "`tagStatus` 'untagged' must stand in at most one rule of each storage class; "
        "look at the rule with `rulePriority` 5",
    ),
    "two untagged rules of the archive": (
        policy(rule(1, archived(90, "untagged")), rule(2, archived(365, "untagged"))),
        RULES,
        "`tagStatus` 'untagged' must stand in at most one rule of each storage class; "
        "look at the rule with `rulePriority` 2",
    ),
    "two rules for any": (
        policy(rule(1, days_since("Pushed", 14, "any")), rule(2, more_than(5, "any"))),
        RULES,
        "`tagStatus` 'any' must stand in at most one rule of each storage class; "
        "look at the rule with `rulePriority` 2",
    ),
    "two rules for any of the archive": (
        policy(rule(1, archived(90, "any")), rule(2, archived(365, "any"))),
        RULES,
        "`tagStatus` 'any' must stand in at most one rule of each storage class",
    ),
    "any before another rule": (
        policy(prefixes(9, "a"), rule(4, more_than(5, "any")), rule(1, more_than(1, "untagged"))),
        RULES,
        "`rulePriority` of a rule whose `tagStatus` is 'any' must be the highest among the rules of its "
        "storage class; look at the rule with `rulePriority` 9",
    ),
    "any before another rule of the archive": (
        policy(rule(1, archived(90, "any")), rule(2, archived(90, "untagged"))),
        RULES,
        "must be the highest among the rules of its storage class; look at the rule with `rulePriority` 2",
    ),
    "a prefix in two rules": (
        policy(prefixes(1, "prod", "web"), prefixes(2, "beta"), prefixes(3, "dev", "web")),
        RULES,
        "an entry of `tagPrefixList` must stand in one rule only of each storage class; "
        "look at the rule with `rulePriority` 3",
    ),
    "a prefix in two rules of the archive": (
        policy(
            rule(1, archived(90, "tagged", tagPrefixList=["a"])),
            rule(2, archived(99, "tagged", tagPrefixList=["a"])),
        ),
        RULES,
        "an entry of `tagPrefixList` must stand in one rule only of each storage class",
    ),
}
