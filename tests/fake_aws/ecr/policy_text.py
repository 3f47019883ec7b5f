"""A repository policy as ECR keeps and answers it.

Source: the answers in the AWS CLI's and botocore's examples (Jackson's pretty printer: ``"Version" : "..."``,
lists on one line; a single action without brackets in the API reference of CreateRepositoryCreationTemplate);
IAM User Guide, "AWS JSON policy elements: Principal": an account's id and the ARN of its root are the same,
and services may turn one into the other; "Grammar": a list of one and its only value are the same, and the
order of a list means nothing. Inferred: that lists are re-ordered and freed of doubles, and that conditions'
booleans and numbers become strings; whoever compares texts must be ready for it by the grammar.
"""

from __future__ import annotations

import json
from typing import Any

from .policy_grammar import MEMBERS, RESOURCES, TOP_MEMBERS, Document
from .principals import ACCOUNT, root_of


def stored_document(document: Document, partition: str) -> Document:
    """What ECR keeps of a document; statements keep their order."""
    found = {name: document[name] for name in TOP_MEMBERS if name in document}
    found["Statement"] = [stored_statement(one, partition) for one in document["Statement"]]
    return found


def stored_statement(statement: dict[str, Any], partition: str) -> dict[str, Any]:
    """What ECR keeps of one statement."""
    found = {name: statement[name] for name in MEMBERS if name in statement}
    for name in ("Principal", "NotPrincipal"):
        if isinstance(found.get(name), dict):
            found[name] = stored_principal(found[name], partition)
    for name in RESOURCES | {"Action", "NotAction"}:
        if name in found:
            found[name] = merged(found[name])
    if "Condition" in found:
        found["Condition"] = {
            operator: {key: merged(values, condition_value) for key, values in keys.items()}
            for operator, keys in found["Condition"].items()
        }
    return found


def stored_principal(principal: dict[str, Any], partition: str) -> dict[str, Any]:
    """Accounts by the ARN of their root, lists merged."""

    def resolved(value: str) -> str:
        return root_of(value, partition) if ACCOUNT.fullmatch(value) else value

    return {kind: merged(values, resolved if kind == "AWS" else str) for kind, values in principal.items()}


def merged(values: Any, form: Any = str) -> Any:
    """A list without doubles and in an order of its own (descending); a single value without its list."""
    listed = values if isinstance(values, list) else [values]
    found = sorted({form(value) for value in listed}, reverse=True)
    return found[0] if len(found) == 1 else found


def condition_value(value: Any) -> str:
    """A condition's value as a string."""
    return value if isinstance(value, str) else json.dumps(value)


def pretty(value: Any, indent: int = 0) -> str:
    """JSON as Jackson's default pretty printer writes it."""
    if isinstance(value, dict):
        if not value:
            return "{ }"
        inner = "  " * (indent + 1)
        members = (f"{inner}{quoted(key)} : {pretty(one, indent + 1)}" for key, one in value.items())
        return "{\n" + ",\n".join(members) + "\n" + "  " * indent + "}"
    if isinstance(value, list):
        return f"[ {', '.join(pretty(one, indent) for one in value)} ]" if value else "[ ]"
    return quoted(value)


def quoted(value: Any) -> str:
    """A scalar as JSON."""
    return json.dumps(value, ensure_ascii=False)


def with_unique_ids(text: str, ids: dict[str, str]) -> str:
    """A stored text with principals that are gone shown by their unique id."""
    if not ids:
        return text
    document = json.loads(text)
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Principal", "NotPrincipal"):
            principal = statement.get(name) if isinstance(statement, dict) else None
            if isinstance(principal, dict) and "AWS" in principal:
                principal["AWS"] = replaced(principal["AWS"], ids)
    return pretty(document)


def replaced(values: Any, ids: dict[str, str]) -> Any:
    """One value or a list, with ids in the place of what is gone."""
    if isinstance(values, list):
        return [ids.get(value, value) for value in values]
    return ids.get(values, values)
