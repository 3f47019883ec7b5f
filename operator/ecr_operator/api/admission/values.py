"""Values against the structural schema, as kube-openapi (pkg/validation/validate) checks them.

Not with the package jsonschema: it has other messages, no notion of a Kubernetes list, and takes 0.3 s to
import, while a CRD knows a dozen keywords (`api.schema` lets no other one through).
"""

from collections.abc import Iterator
from typing import Any, Final

from ecr_operator.api.admission.expressions import found
from ecr_operator.api.admission.field_error import FieldError, Reason, quoted
from ecr_operator.api.schema import Schema


def value_errors(value: Any, schema: Schema, path: str = "") -> Iterator[FieldError]:
    """Yield what is wrong with a value and with all that is in it."""
    wrong = _wrong_type(value, schema)
    if wrong:
        expected, found_type = wrong
        detail = f"{path} in body must be of type {expected}: {quoted(found_type)}"
        yield FieldError(path, Reason.INVALID, detail, found_type, wrong_type=True)
    match value:
        case str():
            yield from _text(value, schema, path)
        case int() | float() if not isinstance(value, bool):
            yield from _number(value, schema, path)
        case list():
            yield from _list(value, schema, path)
        case dict():
            yield from _map(value, schema, path)
    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(quoted(str(choice)) for choice in schema["enum"])
        yield FieldError(path, Reason.NOT_SUPPORTED, f"supported values: {supported}", value)


_TYPES: Final[dict[type, str]] = {
    **{bool: "boolean", int: "integer", float: "number", str: "string"},
    **{list: "array", dict: "object", type(None): "null"},
}


def is_whole(value: Any) -> bool:
    """Whether JSON Schema takes the value for an integer: 3, and 3.0 as well."""
    return _type_of(value) == "integer" or (isinstance(value, float) and value.is_integer())


def _type_of(value: Any) -> str:
    """Return the name of a value's type in JSON Schema."""
    return _TYPES[type(value)]


def _wrong_type(value: Any, schema: Schema) -> tuple[str, str] | None:
    """Return the type that is expected and the one that is there, when they do not fit."""
    expected, actual = schema.get("type"), _type_of(value)
    if expected is None or actual == expected or (value is None and schema.get("nullable")):
        return None
    if expected == "integer" and is_whole(value):
        return None
    if expected == "number" and actual == "integer":
        return None
    # Go knows the width of the numbers that it has read, and no width of anything else.
    if "format" in schema and actual in ("boolean", "number", "object"):
        return schema["format"], "float64" if actual == "number" else ""
    return expected, actual


def _text(value: str, schema: Schema, path: str) -> Iterator[FieldError]:
    """The first rule that a string breaks; lengths are in characters, whatever the message says."""
    if len(value) > (most := schema.get("maxLength", len(value))):
        yield FieldError(path, Reason.TOO_LONG, f"may not be more than {most} byte{'s' * (most != 1)}")
    elif len(value) < (least := schema.get("minLength", 0)):
        yield FieldError(path, Reason.INVALID, f"{path} in body should be at least {least} chars long", value)
    elif "pattern" in schema and not found(schema["pattern"], value):
        yield FieldError(path, Reason.INVALID, f"{path} in body should match '{schema['pattern']}'", value)


def _number(value: float, schema: Schema, path: str) -> Iterator[FieldError]:
    should = f"{path} in body should be"
    if value < (least := schema.get("minimum", value)):
        yield FieldError(path, Reason.INVALID, f"{should} greater than or equal to {least}", value)
    if value > (most := schema.get("maximum", value)):
        yield FieldError(path, Reason.INVALID, f"{should} less than or equal to {most}", value)


def _list(value: list[Any], schema: Schema, path: str) -> Iterator[FieldError]:
    if "items" in schema:
        for index, item in enumerate(value):
            yield from value_errors(item, schema["items"], f"{path}[{index}]")
    yield from _count(len(value), schema, path, "Items", "items")


def _map(value: dict[str, Any], schema: Schema, path: str) -> Iterator[FieldError]:
    yield from _count(len(value), schema, path, "Properties", "properties")
    properties = schema.get("properties", {})
    for key, inner in value.items():
        field = properties.get(key, schema.get("additionalProperties"))
        if field is not None:
            yield from value_errors(inner, field, f"{path}.{key}" if path else key)
    for key in schema.get("required", []):
        if key not in value:
            yield FieldError(f"{path}.{key}" if path else key, Reason.REQUIRED)


def _count(count: int, schema: Schema, path: str, suffix: str, what: str) -> Iterator[FieldError]:
    """Entries of a list or of a map: too few are named as what they are, too many are always items."""
    if count < (least := schema.get(f"min{suffix}", 0)):
        yield FieldError(path, Reason.INVALID, f"{path} in body should have at least {least} {what}", count)
    if count > (most := schema.get(f"max{suffix}", count)):
        detail = f"must have at most {most} item{'s' * (most != 1)}"
        yield FieldError(path, Reason.TOO_MANY, detail, count)
