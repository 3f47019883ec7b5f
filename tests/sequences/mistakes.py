"""Slightly invalid specs: a valid one with one mistake in it that the API server has to refuse."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.sequences.specs import Schema, Spec, refused, spec_schema, valid_spec

TRIES = 100

Place = tuple[Any, str | int, Schema]
"""A container, the name or index in it, and the schema of what stands there."""


def invalid_spec(random: Random) -> Spec:
    """A spec that the API server has to refuse, by the offline check of the same rules."""
    for _ in range(TRIES):
        spec = copy.deepcopy(valid_spec(random))
        places = list(_places(spec, spec_schema()))
        container, key, schema = random.choice(places) if places else (spec, "tags", {"type": "object"})
        container[key] = _wrong(
            container.get(key) if isinstance(container, dict) else container[key], schema, random
        )
        if refused(spec):
            return spec
    raise AssertionError(f"no invalid spec in {TRIES} tries")


def _wrong(value: Any, schema: Schema, random: Random) -> Any:
    options: list[Any] = [{"surprise": 1}, ["surprise"], 7, True, "surprise", ""]
    if isinstance(value, str):
        options += [value.swapcase(), f"{value} ", f"{value}*?", value * 200]
    if isinstance(value, bool):
        options += ["true"]
    elif isinstance(value, int):
        options += [0, -value, schema.get("maximum", 0) + 1, str(value), value + 0.5]
    if isinstance(value, list):
        options += [[], [*value, *value], value * 60]
    if isinstance(value, dict):
        options += [{**value, "surprise": 1}, {}]
        if value:
            name = random.choice(sorted(value))
            options += [{other: item for other, item in value.items() if other != name}] * 3
    return copy.deepcopy(random.choice(options))


def _places(value: Any, schema: Schema) -> Iterator[Place]:
    """Every place in the spec that the schema knows."""
    if isinstance(value, dict):
        for name, item in value.items():
            child = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if child:
                yield value, name, child
                yield from _places(item, child)
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield value, index, schema["items"]
            yield from _places(item, schema["items"])
