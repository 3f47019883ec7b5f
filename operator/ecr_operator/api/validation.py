"""Puts pydantic's ValidationError into one sentence for the person who wrote the object."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

_NAME_MAX: Final = 64
"""Characters of a map key that a message repeats."""
_VALUE_MAX: Final = 40
"""Characters of a refused value that a message repeats."""

_SENTENCES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda _: "must be specified",
    "string_type": lambda _: "must be a string",
    "bool_type": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "dict_type": lambda _: "must be a map",
    "tuple_type": lambda _: "must be a list",
    "model_type": lambda _: "must be an object",
    "enum": lambda context: f"must be {context['expected']}",
    "literal_error": lambda context: f"must be {context['expected']}",
    "string_too_short": lambda context: f"must have at least {context['min_length']} characters",
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_short": lambda context: f"must hold {context['min_length']} or more entries",
    "too_long": lambda context: f"must hold {context['max_length']} or fewer entries",
    "string_pattern_mismatch": lambda _: "must have the form that its description states",
    "value_error": lambda context: str(context["error"]),
}
"""By pydantic's error type, with the error's context. Any other type speaks in pydantic's own words."""


def describe(error: ValidationError, root: str = "spec") -> str:
    """Return one sentence on the first error, with the number of further ones.

    The field is named in back-quotes as people write it, for example
    `spec.imageTagMutabilityExclusionFilters[0].filter`. Of the refused input only a short string is
    repeated, and only where one of a few words was expected.
    """
    errors = error.errors(include_url=False)
    # A list without its wrong entries may be too short for pydantic: the entries are what is wrong.
    within = {e["loc"][:depth] for e in errors for depth in range(len(e["loc"]))}
    errors = [e for e in errors if e["loc"] not in within]
    first = errors[0]
    sentence = _SENTENCES.get(first["type"])
    problem = sentence(first.get("ctx", {})) if sentence else _in_our_words(first["msg"])
    if first["type"] in ("enum", "literal_error"):
        problem += _repeated(first["input"])
    further = len(errors) - 1
    more = f" (and {further} more {'error' if further == 1 else 'errors'})" if further else ""
    return f"`{_path(root, first['loc'])}` {problem}{more}"


def _path(root: str, location: tuple[int | str, ...]) -> str:
    """Return the path of a field as people write it."""
    path = root
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z]\w*", part):
            path += f".{part}"
        elif part != "[key]":
            path += f"['{_cut(part, _NAME_MAX)}']"
    return path


def _repeated(value: object) -> str:
    """Return a short string with what introduces it, nothing for anything else."""
    return (
        f", not '{value}'"
        if isinstance(value, str) and len(value) <= _VALUE_MAX and value.isprintable()
        else ""
    )


def _in_our_words(message: str) -> str:
    """Return pydantic's message ("Input should be greater than 0") as an order, which holds no input."""
    order = re.sub(r"^[A-Z][a-z]+ should ", "must ", message)
    return order if order != message else f"is not valid: {message[0].lower()}{message[1:]}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
