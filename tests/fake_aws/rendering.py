"""An operation's result as JSON, by the shape that botocore's model has for it.

moto's own serializer does the same for all protocols and costs a fifth of a call; ECR and the tagging API
speak JSON 1.1 alone. A result is a dict with the model's member names, or an object of moto's with the
names in snake case (``image_digest``), for repositories without their prefix (``repositoryArn`` is
``arn``).
"""

from __future__ import annotations

import base64
import calendar
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from botocore import xform_name

Renderer = Callable[[Any], Any]


class Verbatim(dict[str, Any]):
    """Members that are JSON already, right or wrong: sent as they are."""


def render(shape: Any, result: Any) -> dict[str, Any]:
    """The JSON members of `result`."""
    if isinstance(result, Verbatim):
        return result
    return {} if shape is None or result is None else renderer_of(shape)(result)


def renderer_of(shape: Any) -> Renderer:
    """The function that turns a value of `shape` into JSON."""
    if shape.type_name == "structure":
        return structure_renderer(shape)
    if shape.type_name == "list":
        item = renderer_of(shape.member)
        return lambda values: [item(value) for value in values]
    if shape.type_name == "map":
        item = renderer_of(shape.value)
        return lambda values: {key: item(value) for key, value in values.items()}
    return SCALARS.get(shape.type_name, lambda value: value)


@cache
def structure_renderer(shape: Any) -> Renderer:
    """The renderer of a structure, built once per shape."""
    members = [
        (name, aliases_of(shape.name, name), renderer_of(member)) for name, member in shape.members.items()
    ]

    def rendered(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        plain = isinstance(value, dict)
        for name, aliases, member in members:
            one = value.get(name) if plain else attribute(value, aliases)
            if one is not None:
                found[name] = member(one)
        return found

    return rendered


def aliases_of(structure: str, member: str) -> tuple[str, ...]:
    """The attribute names under which moto's objects keep a member."""
    names = [xform_name(member)]
    if member.lower().startswith(structure.lower()) and len(member) > len(structure):
        names.append(xform_name(member[len(structure) :]))
    return tuple(names)


def attribute(value: Any, aliases: tuple[str, ...]) -> Any:
    """The first attribute that `value` has of `aliases`."""
    for alias in aliases:
        if hasattr(value, alias):
            return getattr(value, alias)
    return None


def timestamp(value: Any) -> float:
    """Seconds since the epoch, as JSON 1.1 writes a timestamp; moto keeps naive UTC datetimes, numbers and
    ISO text.
    """
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return calendar.timegm(value.utctimetuple()) + value.microsecond // 1000 / 1000
    return float(value)


def blob(value: Any) -> str:
    """Base64, as JSON writes bytes."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def text(value: Any) -> str:
    """A string; moto keeps some as members of an enum."""
    return str(getattr(value, "value", value))


SCALARS: dict[str, Renderer] = {"timestamp": timestamp, "blob": blob, "string": text}
