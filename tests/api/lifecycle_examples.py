"""The lifecycle policies of AWS's documentation (ECR User Guide, "Examples of lifecycle policies").

And the parts that tests build others of.
"""

from typing import Any, Final

Rule = dict[str, Any]

EXPIRE: Final[Rule] = {"type": "expire"}
ARCHIVE: Final[Rule] = {"type": "transition", "targetStorageClass": "archive"}


def rule(priority: int, selection: Rule, action: Rule = EXPIRE, description: str | None = None) -> Rule:
    """Return a rule as a policy holds it."""
    described = {"description": description} if description else {}
    return {"rulePriority": priority, **described, "selection": selection, "action": action}


def more_than(count: int, status: str, **lists: list[str]) -> Rule:
    """Select all but the ``count`` newest images."""
    return {"tagStatus": status, **lists, "countType": "imageCountMoreThan", "countNumber": count}


def days_since(event: str, days: int, status: str, **more: Any) -> Rule:
    """Select the images whose ``event`` (`Pushed`, `Pulled`, `Transitioned`) was ``days`` ago or earlier."""
    return {
        "tagStatus": status,
        **more,
        "countType": f"sinceImage{event}",
        "countUnit": "days",
        "countNumber": days,
    }


def archived(days: int, status: str, **lists: list[str]) -> Rule:
    """Select the images that were archived ``days`` ago or earlier."""
    return days_since("Transitioned", days, status, storageClass="archive", **lists)


EXAMPLES: Final[dict[str, list[Rule]]] = {
    "filtering on image age": [
        rule(
            1,
            days_since("Pushed", 14, "tagged", tagPatternList=["prod*"]),
            description="Expire images older than 14 days",
        )
    ],
    "filtering on image age, untagged": [rule(1, days_since("Pushed", 14, "untagged"))],
    "filtering on image count": [
        rule(1, more_than(1, "untagged"), description="Keep only one untagged image, expire all others")
    ],
    "filtering on multiple rules, A: prod first": [
        rule(1, more_than(1, "tagged", tagPatternList=["prod*"]), description="Rule 1"),
        rule(2, more_than(1, "tagged", tagPatternList=["beta*"]), description="Rule 2"),
    ],
    "filtering on multiple rules, B: beta first": [
        rule(1, more_than(1, "tagged", tagPatternList=["beta*"]), description="Rule 1"),
        rule(2, more_than(1, "tagged", tagPatternList=["prod*"]), description="Rule 2"),
    ],
    "filtering on multiple rules, with prefixes": [
        rule(1, more_than(1, "tagged", tagPrefixList=["prod"]), description="Rule 1"),
        rule(2, more_than(1, "tagged", tagPrefixList=["beta"]), description="Rule 2"),
    ],
    "filtering on multiple tags in a single rule": [
        rule(1, more_than(1, "tagged", tagPatternList=["alpha*", "beta*"]), description="Rule 1")
    ],
    "filtering on multiple prefixes in a single rule": [
        rule(1, more_than(1, "tagged", tagPrefixList=["alpha", "beta"]), description="Rule 1")
    ],
    "filtering on all images: count": [
        rule(1, more_than(5, "any"), description="Rule 1"),
    ],
    "filtering on all images: the rest after prod": [
        rule(1, more_than(1, "tagged", tagPatternList=["prod*"]), description="Rule 1"),
        rule(2, days_since("Pushed", 1, "untagged"), description="Rule 2"),
        rule(3, days_since("Pushed", 14, "any"), description="Rule 3"),
    ],
    "archiving images not pulled within 90 days": [
        rule(1, days_since("Pulled", 90, "any"), ARCHIVE, "Archive images not pulled in 90 days")
    ],
    "archiving images by age": [
        rule(1, days_since("Pushed", 30, "tagged", tagPatternList=["prod*"]), ARCHIVE),
        rule(2, more_than(50, "untagged"), ARCHIVE),
    ],
    "expiring images that were archived": [
        rule(1, archived(365, "any"), description="Expire images archived for 365 days")
    ],
    "combining archive and expire rules": [
        rule(1, days_since("Pulled", 90, "any"), ARCHIVE, "Archive images not pulled in 90 days"),
        rule(2, archived(365, "any"), description="Expire images archived for 365 days"),
    ],
    "four wildcards in a pattern": [
        rule(1, more_than(1, "tagged", tagPatternList=["*test*1*2*3", "test*1*2*3*"]))
    ],
}
"""The rules of each policy, by the title of its section."""
