"""The field reference in `crds/README.md`, from the same schema as the CRDs."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ecr_operator.api.kind import Kind
from ecr_operator.api.markers import LIST_MAP_KEYS, LIST_TYPE, VALIDATIONS
from ecr_operator.api.names import API_VERSION
from ecr_operator.api.schema import Schema

_INTRODUCTION: Final = f"""\
# Custom resource definitions

Install them with `kubectl apply --server-side -k crds`. What follows are the fields of `{API_VERSION}`;
`kubectl explain` shows the same texts.
"""


def reference(kinds: Iterable[tuple[Kind, Schema]]) -> str:
    """Return the reference as Markdown; each kind comes with the schema of its whole object."""
    return "\n".join([_INTRODUCTION, *("\n".join(_kind(kind, schema)) for kind, schema in kinds)])


def _kind(kind: Kind, schema: Schema) -> Iterator[str]:
    yield f"## {kind.kind}\n"
    yield f"{schema['description']}\n"
    yield (
        f"{kind.scope}; `kubectl get {kind.plural}`, short name `{kind.short_name}`. "
        f"Columns: {', '.join(f'{c.name} (`-o wide`)' if c.wide else c.name for c in kind.columns)}.\n"
    )
    rules = schema.get(VALIDATIONS, [])
    if rules:
        yield "Rules of the whole object:\n"
        yield from (f"- {_prose(rule['message'])}." for rule in rules)
        yield ""
    for part in ("spec", "status"):
        yield from _object(f"{kind.kind}.{part}", schema["properties"][part])


def _object(path: str, schema: Schema) -> Iterator[str]:
    """Yield the section of one object, then those of the objects in it."""
    yield f"### {path}\n"
    yield f"{schema['description']}\n"
    rules = schema.get(VALIDATIONS, [])
    if rules:
        yield from (f"- {_prose(rule['message'])}." for rule in rules)
        yield ""
    yield "| field | type | required | description | rules |"
    yield "|---|---|---|---|---|"
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        need = "yes" if name in required else ""
        rules = "<br>".join(_cell(rule) for rule in _rules(field))
        yield f"| `{name}` | {_type(field)} | {need} | {_cell(field['description'])} | {rules} |"
    yield ""
    for name, field in schema["properties"].items():
        for inner, suffix in ((field, ""), (field.get("items", {}), "[]")):
            if "properties" in inner:
                yield from _object(f"{path}.{name}{suffix}", inner)


def _type(schema: Schema) -> str:
    """Return a field's type as people name it."""
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {_type(schema['additionalProperties'])}"
    if schema.get("format") == "date-time":
        return "time (RFC 3339)"
    return str(schema.get("type", "any"))


def _rules(schema: Schema) -> Iterator[str]:
    """Yield the bounds of a field, then its rules and those of its entries."""
    if "enum" in schema:
        yield "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    for unit, low, high in (
        ("{} characters", "minLength", "maxLength"),
        ("{} entries", "minItems", "maxItems"),
        ("{} keys", "minProperties", "maxProperties"),
        ("{}", "minimum", "maximum"),
    ):
        bounds = _bounds(schema.get(low), schema.get(high))
        if bounds:
            yield unit.format(bounds)
    if "pattern" in schema:
        yield f"matches `{schema['pattern']}`"
    if schema.get(LIST_TYPE) == "set":
        yield "no entry twice"
    if schema.get(LIST_TYPE) == "map":
        yield "one entry per " + ", ".join(f"`{key}`" for key in schema[LIST_MAP_KEYS])
    yield from (rule["message"] for rule in schema.get(VALIDATIONS, []) if "properties" not in schema)
    inner: Schema = schema.get("items") or schema.get("additionalProperties") or {}
    if inner and "properties" not in inner:
        yield from (f"each: {rule}" for rule in _rules(inner))


def _bounds(low: int | None, high: int | None) -> str:
    if low is None:
        return "" if high is None else f"at most {high}"
    if high is None:
        return f"at least {low}"
    return str(low) if low == high else f"{low} to {high}"


def _prose(text: str) -> str:
    """Return text with the values that stand in single quotes as code: Markdown would read `*` and `<`."""
    return re.sub(r"(?<!\w)'([^']+)'(?!\w)", r"`\1`", text)


def _cell(text: str) -> str:
    """Return text that stays in its cell of a table."""
    return _prose(text).replace("|", "\\|").replace("\n\n", " ")
