"""Policies as AWS may answer them: the same meaning in another form.

IAM User Guide, "Grammar of the IAM JSON policy language": a value and a list of it alone are the same, order
means nothing; "Principal": an account and its root are the same. A `Choices` decides where there is a choice.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

Choices = Random
"""hypothesis's `randoms()`, or a seeded one."""


def shown_policy(text: str, choices: Choices | None = None) -> str:
    """A repository policy as it is read back."""
    choices = choices or Random(len(text))
    document = json.loads(text)
    statements = document["Statement"]
    if isinstance(statements, list):
        found = [shown_statement(one, choices) for one in statements]
        choices.shuffle(found)
        document["Statement"] = found
    return json.dumps(document, indent=2)


def shown_statement(statement: Any, choices: Choices) -> Any:
    """One statement in another form; what is no statement stays as it is."""
    if not isinstance(statement, dict):
        return statement
    members = list(statement.items())
    choices.shuffle(members)
    return {name: _member(name, value, choices) for name, value in members}


def shown_lifecycle(text: str, choices: Choices | None = None) -> str:
    """A lifecycle policy as it is read back."""
    choices = choices or Random(len(text))
    rules = sorted(json.loads(text)["rules"], key=lambda rule: rule["rulePriority"])
    for rule in rules:
        selection = rule["selection"]
        if choices.random() < 0.5:
            selection.setdefault("storageClass", "standard")
        for name in ("tagPrefixList", "tagPatternList"):
            choices.shuffle(selection.get(name, []))
    return json.dumps({"rules": rules}, indent=choices.choice([None, 2]))


def _member(name: str, value: Any, choices: Choices) -> Any:
    match name:
        case "Action" | "NotAction":
            return _values(value, choices)
        case "Principal" | "NotPrincipal" if value == "*":
            return choices.choice(["*", {"AWS": "*"}])
        case "Principal" | "NotPrincipal" if isinstance(value, dict):
            return {
                kind: _values(entries, choices, _account if kind == "AWS" else lambda entry, _: entry)
                for kind, entries in value.items()
            }
        case "Condition" if isinstance(value, dict):
            return {
                operator: {key: _values(values, choices, _text) for key, values in keys.items()}
                if isinstance(keys, dict)
                else keys
                for operator, keys in value.items()
            }
    return value


def _values(
    values: Any, choices: Choices, form: Callable[[Any, Choices], Any] = lambda entry, _: entry
) -> Any:
    entries = [form(entry, choices) for entry in (values if isinstance(values, list) else [values])]
    choices.shuffle(entries)
    if len(entries) == 1 and choices.random() < 0.5:
        return entries[0]
    return entries


def _account(entry: Any, choices: Choices) -> Any:
    if not isinstance(entry, str) or choices.random() < 0.5:
        return entry
    if entry.isdigit():
        return f"arn:aws:iam::{entry}:root"
    return entry.split(":")[4] if entry.startswith("arn:aws:iam:") and entry.endswith(":root") else entry


def _text(entry: Any, choices: Choices) -> Any:
    return json.dumps(entry) if isinstance(entry, bool | int) and choices.random() < 0.5 else entry
