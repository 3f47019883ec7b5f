"""The CEL rules over a former state (`oldSelf`): what may not be changed in an object that is there."""

from collections.abc import Iterator
from typing import Any

from ecr_operator.api.admission.expressions import EvaluationError, evaluate
from ecr_operator.api.admission.field_error import OMITTED, FieldError, Reason
from ecr_operator.api.admission.rules import as_cel, is_transition
from ecr_operator.api.markers import VALIDATIONS
from ecr_operator.api.schema import Schema


def transition_errors(value: Any, old: Any, schema: Schema, path: str = "") -> Iterator[FieldError]:
    """Yield the rules that the change from ``old`` breaks.

    Both must have the types of the schema. Only fields of objects are followed: entries of a list are of the
    same state only where the list is a map, and no rule of ours lies in one.
    """
    if not isinstance(value, dict) or not isinstance(old, dict):
        return
    for rule in schema.get(VALIDATIONS, []):
        if is_transition(rule) and not _holds(rule["rule"], as_cel(value, schema), as_cel(old, schema)):
            blamed = (path + rule.get("fieldPath", "")).removeprefix(".")
            yield FieldError(blamed, Reason.INVALID, rule["message"].strip(), OMITTED)
    for name, inner in schema.get("properties", {}).items():
        yield from transition_errors(value.get(name), old.get(name), inner, f"{path}.{name}")


def _holds(expression: str, value: Any, old: Any) -> bool:
    try:
        return evaluate(expression, value, old=old) is True
    except EvaluationError:
        # The API server says so itself at the apply.
        return True
