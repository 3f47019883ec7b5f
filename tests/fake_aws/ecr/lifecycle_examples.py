"""AWS's own examples of lifecycle policies: those that it takes, and those that it says it refuses.

Source: ECR User Guide, "Examples of lifecycle policies in Amazon ECR" (all of its policies, by their
headings) and, for what is refused, the sentences of "Lifecycle policy properties" that the names quote.
"""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]
Policy = dict[str, list[Rule]]

EXPIRE = {"type": "expire"}
ARCHIVE = {"type": "transition", "targetStorageClass": "archive"}


def rule(priority: int, description: str, action: dict[str, str], **selection: Any) -> Rule:
    """One rule."""
    return {
        "rulePriority": priority,
        "description": description,
        "selection": selection,
        "action": dict(action),
    }


def policy(*rules: Rule) -> Policy:
    """A policy of these rules."""
    return {"rules": list(rules)}


def keep(number: int) -> dict[str, Any]:
    """A count of images."""
    return {"countType": "imageCountMoreThan", "countNumber": number}


def days(number: int, since: str = "sinceImagePushed") -> dict[str, Any]:
    """An age."""
    return {"countType": since, "countUnit": "days", "countNumber": number}


def tagged(*patterns: str) -> dict[str, Any]:
    """Images with tags like these."""
    return {"tagStatus": "tagged", "tagPatternList": list(patterns)}


UNTAGGED = {"tagStatus": "untagged"}
ANY = {"tagStatus": "any"}
ARCHIVED = {"storageClass": "archive", **days(365, "sinceImageTransitioned")}

VALID: dict[str, Policy] = {
    "image age": policy(rule(1, "Expire images older than 14 days", EXPIRE, **tagged("prod*"), **days(14))),
    "last pulled time": policy(
        rule(1, "Archive images not pulled in 90 days", ARCHIVE, **ANY, **days(90, "sinceImagePulled"))
    ),
    "archive transition time": policy(
        rule(1, "Expire images archived for more than 365 days", EXPIRE, **ANY, **ARCHIVED)
    ),
    "image count": policy(
        rule(1, "Keep only one untagged image, expire all others", EXPIRE, **UNTAGGED, **keep(1))
    ),
    "multiple rules, example A": policy(
        rule(1, "Rule 1", EXPIRE, **tagged("prod*"), **keep(1)),
        rule(2, "Rule 2", EXPIRE, **tagged("beta*"), **keep(1)),
    ),
    "multiple rules, example B": policy(
        rule(1, "Rule 1", EXPIRE, **tagged("beta*"), **keep(1)),
        rule(2, "Rule 2", EXPIRE, **tagged("prod*"), **keep(1)),
    ),
    "multiple tags, example A": policy(rule(1, "Rule 1", EXPIRE, **tagged("alpha*", "beta*"), **days(5))),
    "multiple tags, example B": policy(rule(1, "Rule 1", EXPIRE, **tagged("alpha*", "beta*"), **keep(1))),
    "all images, example A": policy(rule(1, "Rule 1", EXPIRE, **ANY, **keep(1))),
    "all images, example B": policy(
        rule(1, "Rule 1", EXPIRE, **tagged("alpha*"), **keep(1)),
        rule(2, "Rule 2", EXPIRE, **UNTAGGED, **days(1)),
        rule(3, "Rule 3", EXPIRE, **ANY, **keep(1)),
    ),
    "archiving images older than a number of days": policy(
        rule(1, "Archive production images older than 30 days", ARCHIVE, **tagged("prod*"), **days(30))
    ),
    "archiving images not pulled in a number of days": policy(
        rule(1, "Archive images not pulled in 90 days", ARCHIVE, **ANY, **days(90, "sinceImagePulled"))
    ),
    "combining archive and expire rules": policy(
        rule(1, "Archive images older than 30 days", ARCHIVE, **ANY, **days(30)),
        rule(2, "Expire images archived for more than 365 days", EXPIRE, **ANY, **ARCHIVED),
    ),
    "four wildcards per string": policy(
        rule(1, "Patterns", EXPIRE, **tagged("*test*1*2*3", "test*1*2*3*"), **keep(1))
    ),
}
"""What AWS shows as valid."""

PATTERNS = {"tagPatternList": ["a*"]}
PREFIXES = {"tagPrefixList": ["a"]}


def one(action: dict[str, str] = EXPIRE, **selection: Any) -> Policy:
    """A policy of one rule."""
    return policy(rule(1, "The one rule of this policy, which is refused", action, **selection))


INVALID: dict[str, Policy] = {
    "a maximum of four wildcards per string": one(**tagged("test*1*2*3*4*5*6"), **keep(1)),
    "a unique value for rulePriority": policy(
        rule(1, "One", EXPIRE, **tagged("a*"), **keep(1)), rule(1, "Two", EXPIRE, **ANY, **keep(1))
    ),
    "any must have the highest value for rulePriority": policy(
        rule(1, "One", EXPIRE, **ANY, **keep(1)), rule(2, "Two", EXPIRE, **UNTAGGED, **keep(1))
    ),
    "any twice in one storage class": policy(
        rule(1, "One", ARCHIVE, **ANY, **days(9)), rule(2, "Two", EXPIRE, **ANY, **keep(1))
    ),
    "untagged once per storage class": policy(
        rule(1, "One", EXPIRE, **UNTAGGED, **days(9)), rule(2, "Two", EXPIRE, **UNTAGGED, **keep(1))
    ),
    "tagged must also specify a list": one(tagStatus="tagged", **keep(1)),
    "only if you aren't specifying a tagPatternList": one(
        tagStatus="tagged", **PATTERNS, **PREFIXES, **keep(1)
    ),
    "untagged must omit both lists: patterns": one(**UNTAGGED, **PATTERNS, **keep(1)),
    "untagged must omit both lists: prefixes": one(**UNTAGGED, **PREFIXES, **keep(1)),
    "any with prefixes": one(**ANY, **PREFIXES, **keep(1)),
    "the only supported value is standard": one(**ANY, storageClass="archive", **keep(1)),
    "since pushed on archive": one(**ANY, storageClass="archive", **days(9)),
    "since transitioned requires a storage class": one(**ANY, **days(365, "sinceImageTransitioned")),
    "since transitioned: the only supported value is archive": one(
        **ANY, storageClass="standard", **days(365, "sinceImageTransitioned")
    ),
    "at least 90 days in archive": one(**ANY, storageClass="archive", **days(89, "sinceImageTransitioned")),
    "an error will occur if you specify a count unit": one(**ANY, **keep(1), countUnit="days"),
    "a count unit is required": one(**ANY, countType="sinceImagePushed", countNumber=1),
    "days is the only unit": one(**ANY, countType="sinceImagePushed", countNumber=1, countUnit="hours"),
    "0 is not an accepted value": one(**ANY, **keep(0)),
    "count number is an integer": one(**ANY, countType="imageCountMoreThan", countNumber="5"),
    "count type": one(**ANY, countType="imageSizeMoreThan", countNumber=1),
    "tag status": one(tagStatus="all", **keep(1)),
    "storage class": one(**ANY, storageClass="glacier", **keep(1)),
    "since pulled cannot be used with expire": one(**ANY, **days(90, "sinceImagePulled")),
    "since transitioned must be used with expire": one(ARCHIVE, **ANY, **ARCHIVED),
    "action type": one({"type": "delete"}, **ANY, **keep(1)),
    "a transition has a target": one({"type": "transition"}, **ANY, **keep(1)),
    "archive is the only supported target": one(
        {"type": "transition", "targetStorageClass": "standard"}, **ANY, **keep(1)
    ),
}
"""What AWS says that it refuses."""
