"""From a pydantic model to the structural schema that a CRD wants.

Kubernetes documentation, "Custom Resource Definitions", "Specifying a structural schema": every node has a
type, and `$ref`, `const`, `anyOf` with null and most other keywords of JSON Schema are forbidden. Pydantic
emits several of them. What is known is translated, what is noise is dropped, and anything else is an
error: a keyword must not get lost unseen.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from ecr_operator.api.markers import LIST_MAP_KEYS, LIST_TYPE, MAP_TYPE, VALIDATIONS

Schema = dict[str, Any]

_KEPT: Final = frozenset(
    {"type", "format", "enum", "pattern", "minimum", "maximum"}
    | {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
    | {"required", VALIDATIONS, LIST_TYPE, LIST_MAP_KEYS, MAP_TYPE}
)
# A default in the schema would be written into users' objects, where GitOps tools see a difference; it
# lives in code and is told in the description.
_DROPPED: Final = frozenset({"title", "default"})
_UNTYPED: Final[Schema] = {"x-kubernetes-preserve-unknown-fields": True}


class UnsupportedSchemaError(TypeError):
    """A model uses what a structural schema cannot say. The message names the field and the keyword."""


def structural_schema(model: type[BaseModel]) -> Schema:
    """Return the structural schema of a model, properties in the order of its fields.

    Optional fields are neither nullable nor defaulted, nested models and enums stand where they are used,
    and a value without a type (`Any`, `str | list[str]`) keeps what it is given.
    Raises UnsupportedSchemaError.
    """
    document = model.model_json_schema(by_alias=True, mode="validation")
    return _node(document, document.get("$defs", {}), model.__name__)


def _node(node: Mapping[str, Any], definitions: Mapping[str, Schema], path: str) -> Schema:
    """Return one node of the structural schema; ``path`` is only for the error."""
    node = _resolved(node, definitions)
    if "type" not in node:
        return _described(dict(_UNTYPED), node)
    schema: Schema = {}
    for key, value in node.items():
        match key:
            case "properties":
                schema[key] = {name: _node(v, definitions, f"{path}.{name}") for name, v in value.items()}
            case "items":
                schema[key] = _node(value, definitions, f"{path}[]")
            case "additionalProperties" if isinstance(value, Mapping):
                schema[key] = _node(value, definitions, f"{path}{{}}")
            case "additionalProperties" if value is True:
                # A model with `extra="allow"`: what it does not declare must survive.
                schema |= _UNTYPED
            case "const":
                schema["enum"] = [value]
            case _ if key in _KEPT:
                schema[key] = value
            case _ if key not in _DROPPED | {"$defs", "description"}:
                raise UnsupportedSchemaError(f"{path}: {key} has no place in a structural schema")
    if schema["type"] == "integer":
        schema["format"] = "int64"
    return _described(schema, node)


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Schema]) -> Schema:
    """Return the node without `$ref` and without the null of an optional field.

    What stands beside the reference belongs to the field and wins over what the definition says of itself,
    the rules of both hold.
    """
    beside = {key: value for key, value in node.items() if key not in ("$ref", "anyOf")}
    if "$ref" in node:
        target: Mapping[str, Any] = definitions[str(node["$ref"]).removeprefix("#/$defs/")]
    elif "anyOf" in node:
        choices = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
        # Several types in one place: there is no structural way to say so.
        target = choices[0] if len(choices) == 1 else {}
    else:
        return beside
    inner = _resolved(target, definitions)
    rules = [*inner.get(VALIDATIONS, []), *beside.get(VALIDATIONS, [])]
    return inner | beside | ({VALIDATIONS: rules} if rules else {})


def _described(schema: Schema, node: Mapping[str, Any]) -> Schema:
    """Return the schema with the node's description, one line per paragraph, in front."""
    if "description" not in node:
        return schema
    paragraphs = re.split(r"\n\s*\n", str(node["description"]).strip())
    return {"description": "\n\n".join(" ".join(p.split()) for p in paragraphs)} | schema
