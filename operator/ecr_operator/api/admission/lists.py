"""Entries that may not be there twice: lists of the types `set` and `map`.

As apiextensions-apiserver, pkg/apiserver/schema/listtype.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ecr_operator.api.admission.children import children
from ecr_operator.api.admission.field_error import FieldError, Reason
from ecr_operator.api.markers import LIST_MAP_KEYS, LIST_TYPE
from ecr_operator.api.schema import Schema


def list_errors(value: Any, schema: Schema, path: str = "") -> Iterator[FieldError]:
    """Yield the entries that repeat an earlier one, in a value and in all that is in it."""
    if isinstance(value, list):
        match schema.get(LIST_TYPE):
            case "set":
                yield from _repeated(value, path)
            case "map":
                yield from _repeated_keys(value, schema[LIST_MAP_KEYS], path)
    for child in children(value, schema, path):
        yield from list_errors(*child)


def _repeated(entries: Sequence[Any], path: str) -> Iterator[FieldError]:
    """Yield the second of each group of equal entries; further ones are not told."""
    times: dict[str, int] = {}
    for index, entry in enumerate(entries):
        # As JSON, because Python takes `True` and `1` for equal.
        text = json.dumps(entry, sort_keys=True)
        times[text] = times.get(text, 0) + 1
        if times[text] == 2:
            yield FieldError(f"{path}[{index}]", Reason.DUPLICATE, value=entry)


def _repeated_keys(entries: list[Any], keys: list[str], path: str) -> Iterator[FieldError]:
    for index, entry in enumerate(entries):
        if entry is not None and not isinstance(entry, dict):
            detail = "must be an object for an array of list-type map"
            yield FieldError(f"{path}[{index}]", Reason.INVALID, detail, entry)
            return
    yield from _repeated(
        [{key: entry[key] for key in keys if key in (entry or {})} for entry in entries], path
    )
