"""Lifecycle rules within what was read: which rule an error is about, and the warnings about all."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from ecr_operator.api.admission import Problem
from ecr_operator.api.kinds import ECR_LIFECYCLE_POLICY, ECR_REPOSITORY
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.planning.lifecycle_lint import LifecycleWarning, lifecycle_warnings

POLICY_OF: Final[Mapping[str, tuple[str, ...]]] = {
    ECR_REPOSITORY.kind: ("spec", "lifecyclePolicy"),
    ECR_LIFECYCLE_POLICY.kind: ("spec",),
}
"""By kind, where a lifecycle policy is."""

_BLAMED: Final = re.compile(r"look at the rule with `rulePriority` (\d+)$")
"""How the API server's messages name the rule that breaks a rule over all of them (`api.lifecycle`)."""


def rules_path(kind: str) -> str | None:
    """The path of a kind's lifecycle rules, None where it has none."""
    parts = POLICY_OF.get(kind)
    return None if parts is None else ".".join([*parts, "rules"])


def blamed(obj: dict[str, Any], problem: Problem) -> tuple[str, int | None]:
    """The field that a problem is about, as near as its words tell, and the lifecycle rule's priority."""
    path = rules_path(str(obj.get("kind")))
    if path is None:
        return problem.path, None
    priorities = [
        entry.get("rulePriority") if isinstance(entry, dict) else None for entry in _rules(obj) or ()
    ]
    if problem.path == path and (found := _BLAMED.search(problem.sentence)):
        named = int(found[1])
        # Of two with one priority the later one is too much.
        last = max((place for place, priority in enumerate(priorities) if priority == named), default=None)
        return (path if last is None else f"{path}[{last}]"), named
    if not (entry := re.match(re.escape(path) + r"\[(\d+)\]", problem.path)):
        return problem.path, None
    priority = priorities[int(entry[1])]
    # Python counts truth among the whole numbers.
    return problem.path, priority if type(priority) is int else None


def warned(obj: dict[str, Any]) -> Iterator[tuple[str, LifecycleWarning]]:
    """Yield the warnings about the rules of an object that the API server takes, each with its field."""
    path, rules = rules_path(obj["kind"]), _rules(obj)
    if path is None or rules is None:
        return
    try:
        understood = LifecyclePolicy.from_json({"rules": rules}).rules
    except ValidationError:
        return
    places = {rule.rule_priority: place for place, rule in enumerate(understood)}
    for warning in lifecycle_warnings(understood):
        yield f"{path}[{places[warning.rule_priority]}].{warning.field}", warning


def _rules(obj: dict[str, Any]) -> list[Any] | None:
    value: Any = obj
    for part in (*POLICY_OF.get(str(obj.get("kind")), ()), "rules"):
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, list) else None
