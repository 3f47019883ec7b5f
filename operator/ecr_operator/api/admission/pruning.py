"""What the API server does to an object before it looks at it: nulls, defaults, unknown fields.

As apiextensions-apiserver, pkg/apiserver/schema/pruning and schema/defaulting.
"""

import copy
from collections.abc import Callable
from typing import Any, Final

from ecr_operator.api.schema import Schema

PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"


def pruned(obj: Any, schema: Schema) -> tuple[Any, tuple[str, ...]]:
    """Return a copy as the API server would go on with, and the paths of the fields that it does not know.

    A null counts as absent wherever the schema does not allow it (entries of lists aside), defaults are
    filled in, and unknown fields are gone. The argument is left as it is.
    """
    unknown: list[str] = []
    return _pruned(obj, schema, "", unknown.append), tuple(sorted(unknown))


def _pruned(value: Any, schema: Schema, path: str, report: Callable[[str], None]) -> Any:
    if isinstance(value, list):
        if PRESERVE in schema and "items" not in schema:
            return copy.deepcopy(value)
        items = schema.get("items", {})
        return [_pruned(item, items, f"{path}[{index}]", report) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    properties: dict[str, Schema] = schema.get("properties", {})
    others: Schema | None = schema.get("additionalProperties")
    result: dict[str, Any] = {}
    for key, inner in value.items():
        where = f"{path}.{key}" if path else key
        field = properties.get(key, others)
        if field is None:
            if PRESERVE in schema:
                result[key] = copy.deepcopy(inner)
            else:
                report(where)
        elif inner is not None or field.get("nullable"):
            result[key] = _pruned(inner, field, where, report)
    for key, field in properties.items():
        if key not in result and "default" in field:
            result[key] = copy.deepcopy(field["default"])
    return result
