"""The CEL rules of a schema on an object, as apiextensions-apiserver (pkg/apiserver/schema/cel) asks them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from ecr_operator.api.admission.children import children
from ecr_operator.api.admission.expressions import BudgetError, EvaluationError, evaluate
from ecr_operator.api.admission.field_error import OMITTED, FieldError, Reason
from ecr_operator.api.admission.values import is_whole
from ecr_operator.api.markers import VALIDATIONS
from ecr_operator.api.schema import Schema

_MESSAGE_MAX: Final = 5 * 1024
"""Bytes of a messageExpression's text; a longer one is not taken."""
_REASONS: Final = {
    "FieldValueRequired": Reason.REQUIRED,
    "FieldValueForbidden": Reason.FORBIDDEN,
    "FieldValueDuplicate": Reason.DUPLICATE,
}


def rule_errors(value: Any, schema: Schema, path: str = "") -> Iterator[FieldError]:
    """Yield the rules that a value breaks, and those of all that is in it.

    The value must have the types of the schema.
    """
    if value is None:
        return
    rules = [rule for rule in schema.get(VALIDATIONS, []) if not is_transition(rule)]
    if rules:
        own = as_cel(value, schema)
        yield from (error for rule in rules if (error := _broken(rule, own, schema, path)))
    for child in children(value, schema, path):
        yield from rule_errors(*child)


def is_transition(rule: Mapping[str, str]) -> bool:
    """Whether the rule compares with the former state, which an object that is new does not have."""
    return re.search(r"\boldSelf\b", rule["rule"]) is not None


def _broken(rule: Mapping[str, str], value: Any, schema: Schema, path: str) -> FieldError | None:
    """Return the error of one rule, None when it holds."""
    try:
        if _holds(rule["rule"], value):
            return None
    except EvaluationError as error:
        return FieldError(path, Reason.INVALID, f"{error} evaluating rule: {rule['message']}", schema["type"])
    blamed = (path + rule.get("fieldPath", "")).removeprefix(".")
    shown = OMITTED if schema["type"] in ("object", "array") else value
    return FieldError(
        blamed, _REASONS.get(rule.get("reason", ""), Reason.INVALID), _message(rule, value), shown
    )


def _holds(expression: str, value: Any) -> bool:
    try:
        return evaluate(expression, value) is True
    except BudgetError:
        return all(answer is True for answer in _by_entry(expression, value))


def _message(rule: Mapping[str, str], value: Any) -> str:
    """Return what messageExpression says, the fixed message where it says nothing of use."""
    if "messageExpression" in rule:
        text = _text(rule["messageExpression"], value)
        if isinstance(text, str):
            text = text.strip()
            if text and "\n" not in text and len(text.encode()) <= _MESSAGE_MAX:
                return text
    return rule["message"].strip()


def _text(expression: str, value: Any) -> Any:
    try:
        return evaluate(expression, value)
    except BudgetError:
        return next(_by_entry(expression, value), None)
    except EvaluationError:
        return None


_OUTER_SELF: Final = re.compile(r"\bself(?=[.](all|filter|map)[(])")


def _by_entry(expression: str, value: Any) -> Iterator[Any]:
    """Yield what an expression that is too much for the engine says of each entry of a list alone.

    In `self.all(a, ...)` and `self.filter(a, ...)[0]` only the first `self` becomes the entry: it is still
    compared with all. Nothing is yielded where that cannot be done or has no value; a rule then holds.
    """
    alone = _OUTER_SELF.sub("part", expression, count=1)
    if alone != expression and isinstance(value, list):
        for entry in value:
            with suppress(EvaluationError):
                yield evaluate(alone, value, part=[entry])


_RESERVED: Final = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"}
    | {"import", "let", "loop", "package", "namespace", "return", "var", "void", "while"}
)
_SPELT: Final = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))


def as_cel(value: Any, schema: Schema) -> Any:
    """Return a value as its rules see it: whole numbers as integers, fields by names that CEL can write."""
    if isinstance(value, list):
        return [as_cel(item, schema.get("items", {})) for item in value]
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        return {
            _name(key) if key in properties else key: as_cel(inner, properties.get(key, others))
            for key, inner in value.items()
        }
    return int(value) if schema.get("type") == "integer" and is_whole(value) else value


def _name(field: str) -> str:
    """Return a field's name in expressions (Kubernetes documentation, "Validation rules", "Escaping")."""
    if field in _RESERVED:
        return f"__{field}__"
    for characters, word in _SPELT:
        field = field.replace(characters, word)
    return field
