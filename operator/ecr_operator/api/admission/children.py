"""What is in a value, each part with its schema and its path."""

from collections.abc import Iterator
from typing import Any

from ecr_operator.api.schema import Schema


def children(value: Any, schema: Schema, path: str) -> Iterator[tuple[Any, Schema, str]]:
    """Yield the entries of a list or a map and the fields of an object; no schema counts as an empty one."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield item, schema.get("items", {}), f"{path}[{index}]"
    elif isinstance(value, dict):
        properties = schema.get("properties", {})
        for key, inner in value.items():
            if key in properties:
                yield inner, properties[key], f"{path}.{key}" if path else key
            else:
                yield inner, schema.get("additionalProperties", {}), f"{path}[{key}]"
