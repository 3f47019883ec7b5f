"""An identity-based policy document.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference": no
Principal in an identity-based policy, exactly one of Action and NotAction, of Resource and NotResource;
actions ignore case, ARNs do not; "IAM and AWS STS quotas": a managed policy has at most 6,144 characters,
white space aside.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import conditions, wildcards

LONGEST = 6144
VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, with a name to report its use under: its Sid, or its number in all documents."""

    name: str
    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[conditions.Condition, ...]

    def covers(self, action: str, resource: str, context: conditions.Context) -> bool:
        """Whether the statement is about such a request."""
        return (
            any(wildcards.matches(one, action, ignore_case=True) for one in self.actions) != self.not_actions
            and any(wildcards.matches(one, resource) for one in self.resources) != self.not_resources
            and all(condition.holds(context) for condition in self.conditions)
        )


def statements_of(documents: object) -> tuple[Statement, ...]:
    """The statements of a document (object or text) or of several; ValueError for one that IAM refuses."""
    found: list[Statement] = []
    for document in conditions.as_list(documents):
        content = json.loads(document) if isinstance(document, str) else document
        text = document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))
        size = len("".join(text.split()))
        if size > LONGEST:
            raise ValueError(
                f"a policy has at most {LONGEST} characters without white space, this one {size}"
            )
        if not isinstance(content, dict) or set(content) - {"Version", "Id", "Statement"}:
            raise ValueError("a policy is an object of Version, Id and Statement")
        if content.get("Version", VERSIONS[1]) not in VERSIONS:
            raise ValueError(f"Version is one of {', '.join(VERSIONS)}")
        statements = conditions.as_list(content.get("Statement"))
        sids = [one["Sid"] for one in statements if isinstance(one, dict) and "Sid" in one]
        if len(sids) != len(set(sids)):
            raise ValueError("Statement IDs (SID) in a single policy must be unique")
        found += [statement_of(one, str(number)) for number, one in enumerate(statements, len(found))]
    return tuple(found)


def statement_of(element: Any, number: str) -> Statement:
    """One statement of a document."""
    if not isinstance(element, dict) or set(element) - ELEMENTS:
        raise ValueError(f"a statement of an identity-based policy has only {', '.join(sorted(ELEMENTS))}")
    if element.get("Effect") not in ("Allow", "Deny"):
        raise ValueError("Effect is Allow or Deny")
    actions, not_actions = one_of(element, "Action")
    resources, not_resources = one_of(element, "Resource")
    for action in actions:
        vendor, colon, name = action.partition(":")
        if action != "*" and not (colon and name and vendor.isascii() and vendor.replace("-", "").isalnum()):
            raise ValueError(f"Action {action}: actions must be prefaced by a vendor, e.g. ecr:ListImages")
    for resource in resources:
        if resource != "*" and resource.count(":") < 5:
            raise ValueError(f"Resource {resource} must be in ARN format or *")
    return Statement(
        element.get("Sid", number),
        element["Effect"] == "Allow",
        actions,
        not_actions,
        resources,
        not_resources,
        conditions.parsed(element.get("Condition", {})),
    )


def one_of(element: dict[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    """The values of an element or of its negation, and whether it is the negation."""
    given = [one for one in (name, f"Not{name}") if one in element]
    if len(given) != 1:
        raise ValueError(f"a statement has either {name} or Not{name}")
    values: Sequence[Any] = conditions.as_list(element[given[0]])
    if not values or not all(isinstance(value, str) and "${" not in value for value in values):
        raise ValueError(f"{given[0]} is strings; variables are unknown to this fake")
    return tuple(values), given[0] != name
