"""The rules of kube-api-linter and of structural schemas that a machine can check, over a CRD.

Each check takes the path and the schema of one node and yields what is wrong with it. Sources: the
Kubernetes API conventions, kube-api-linter's rule names (in the comments), and "Specifying a structural
schema" in the Kubernetes documentation.
"""

from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]
Check = Callable[[str, Schema], Iterator[str]]

ALLOWED = frozenset(
    {"type", "format", "description", "enum", "pattern", "minimum", "maximum", "required", "default"}
    | {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
    | {"properties", "additionalProperties", "items"}
    | {"x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"}
    | {"x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields"}
)
ENTRY_KEYS = frozenset({"rule", "message", "fieldPath", "reason", "messageExpression"})
MOMENTS = frozenset({"date-time", "date"})
"""Formats that the API server checks itself, which bounds their length."""
# `kubectl` and every other client know what these three are; the API server validates them itself.
BUILT_IN = frozenset({"apiVersion", "kind", "metadata"})


def nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Yield every node of the schema with its path, without the built-in fields of the root."""
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        if not (path == "" and name in BUILT_IN):
            yield from nodes(field, f"{path}.{name}")
    for key, suffix in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            yield from nodes(schema[key], path + suffix)


def keywords(path: str, node: Schema) -> Iterator[str]:
    """Structural: nothing but what a structural schema may hold."""
    for key in node.keys() - ALLOWED:
        yield f"{path}: {key} is forbidden in a structural schema, or unknown to this linter"
    if "properties" in node and "additionalProperties" in node:
        yield f"{path}: properties and additionalProperties exclude each other"
    if node.get("additionalProperties") is False:
        yield f"{path}: additionalProperties: false is forbidden"


def types(path: str, node: Schema) -> Iterator[str]:
    """Structural: a type everywhere. NoFloats, NoNullable, Integers."""
    if "x-kubernetes-preserve-unknown-fields" in node and "type" not in node:
        return
    if node.get("type") not in ("object", "array", "string", "integer", "boolean"):
        yield f"{path}: type {node.get('type')} (floats and missing types are not allowed)"
    if node.get("type") == "integer":
        if node.get("format") not in ("int32", "int64"):
            yield f"{path}: an integer needs the format int32 or int64"
        if "minimum" not in node:
            yield f"{path}: an integer needs bounds"


def bounds(path: str, node: Schema) -> Iterator[str]:
    """MaxLength, SSATags: a bound on every string, list and map, a list type on every list."""
    match node.get("type"):
        case "string" if not ("maxLength" in node or "enum" in node or node.get("format") in MOMENTS):
            yield f"{path}: a string needs maxLength, enum or the format date-time or date"
        case "array":
            if "maxItems" not in node:
                yield f"{path}: a list needs maxItems"
            if node.get("x-kubernetes-list-type") not in ("atomic", "set", "map"):
                yield f"{path}: a list needs x-kubernetes-list-type"
            if node.get("x-kubernetes-list-type") == "map":
                for key in node.get("x-kubernetes-list-map-keys", [None]):
                    if key not in node["items"].get("required", []):
                        yield f"{path}: the list's key {key} must be required"
        case "object" if "additionalProperties" in node and "maxProperties" not in node:
            yield f"{path}: a map needs maxProperties"
    for required in node.get("required", []):
        if required not in node.get("properties", {}):
            yield f"{path}: {required} is required and not declared"


def defaults(path: str, node: Schema) -> Iterator[str]:
    """No default below `spec` and `status`: GitOps tools fight over defaults."""
    expected: Schema | None = {"observedGeneration": -1} if path == ".status" else None
    if path == ".spec" and "required" not in node:
        expected = {}
    if node.get("default") != expected:
        yield f"{path}: the default must be {expected}"


def emptiable(path: str, node: Schema) -> Iterator[str]:
    """A map or object that a person may leave empty is atomic, or server-side apply turns `{}` into null."""
    may_be_empty = node.get("type") == "object" and "required" not in node
    if path.startswith(".spec.") and may_be_empty and node.get("x-kubernetes-map-type") != "atomic":
        yield f"{path}: an object that may be empty must have x-kubernetes-map-type: atomic"


def descriptions(path: str, node: Schema) -> Iterator[str]:
    """Every field is described, in sentences."""
    if path.endswith(("[]", "{}")) and "properties" not in node:
        return
    description = node.get("description", "")
    if not description.endswith("."):
        yield f"{path}: the description must be there and end in a full stop"
    if not description[:1].isupper() and not description.startswith("`"):
        yield f"{path}: the description must start like a sentence"


def field_names(path: str, node: Schema) -> Iterator[str]:
    """Camel case; NoPhase. An object that keeps unknown fields is another system's, with that one's names."""
    foreign = "x-kubernetes-preserve-unknown-fields" in node
    for name in node.get("properties", {}):
        if not name.isalnum() or not (foreign or name[0].islower()) or name == "phase":
            yield f"{path}.{name}: a field's name must be camelCase and not 'phase'"


def rules(path: str, node: Schema) -> Iterator[str]:
    """Every rule has a message in the words of the API conventions: `must` or `may not`."""
    for entry in node.get("x-kubernetes-validations", []):
        message = entry.get("message", "")
        if entry.keys() - ENTRY_KEYS:
            yield f"{path}: unknown members in a rule: {entry.keys() - ENTRY_KEYS}"
        if "`" not in message:
            yield f"{path}: a message must name the field in back-quotes: {message}"
        if not any(word in message for word in (" must ", " may not ", " may be specified only ")):
            yield f"{path}: a message must say `must` or `may not`: {message}"
        if "should" in message:
            yield f"{path}: a message may not say `should`: {message}"
        if message.endswith(".") or "\n" in message:
            yield f"{path}: a message is one line without a full stop: {message}"


CHECKS: tuple[Check, ...] = (keywords, types, bounds, defaults, emptiable, descriptions, field_names, rules)


def lint(schema: Schema) -> list[str]:
    """Return everything that is wrong with the schema of a whole object."""
    return [finding for path, node in nodes(schema, "") for check in CHECKS for finding in check(path, node)]
