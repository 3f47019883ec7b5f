"""The documents of YAML and JSON text, as kubectl reads them: YAML becomes JSON, with Go's numbers."""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import yaml

from ecr_operator.cli.go_yaml import Loader, repeated_key
from ecr_operator.cli.json_text import UnreadableError, composed, refusal

_TEMPLATE: Final = "{{"


def documents(text: str) -> Iterator[tuple[Any, int]]:
    """Yield every document that is not empty, as JSON values, with the line at which it begins.

    Text that begins with a brace is JSON, as for kubectl. Raises UnreadableError.
    """
    try:
        yield from _json(text) if text.lstrip().startswith("{") else _yaml(text)
    except UnreadableError as error:
        if _TEMPLATE in text:
            advice = "it looks like a template: render it first, for example with `helm template`"
            raise UnreadableError(error.line, f"{error}; {advice}", error.column) from error
        raise
    except RecursionError as error:
        raise UnreadableError(1, "is nested too deeply; write it with fewer levels") from error


def _json(text: str) -> Iterator[tuple[Any, int]]:
    decoder = json.JSONDecoder(object_pairs_hook=unique)
    at = 0
    while (at := _after_space(text, at)) < len(text):
        line = text.count("\n", 0, at) + 1
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise refusal(text, error) from error
        except RepeatedKeyError as error:
            composed(text, at)
            raise UnreadableError(line, str(error)) from error
        except ValueError as error:
            raise UnreadableError(line, f"is not JSON: {error}") from error
        if value is not None:
            yield as_json(value, line), line


def _after_space(text: str, at: int) -> int:
    return next((place for place in range(at, len(text)) if not text[place].isspace()), len(text))


class RepeatedKeyError(ValueError):
    """An object holds a key twice."""


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as an object, for `json`. Raises RepeatedKeyError."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise RepeatedKeyError(repeated_key(key))
        result[key] = value
    return result


def _yaml(text: str) -> Iterator[tuple[Any, int]]:
    try:
        loader = Loader(text)
        while loader.check_node():
            # There is one: `check_node` said so.
            node: yaml.Node = loader.get_node()  # type: ignore[assignment]
            line = node.start_mark.line + 1
            value = loader.construct_document(node)
            if value is not None:
                yield as_json(value, line), line
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise UnreadableError(line, f"is not YAML: {error.problem}", column) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnreadableError(line, f"is not YAML: {error.reason}") from error
    except ValueError as error:
        # Python refuses numbers of thousands of digits.
        raise UnreadableError(1, f"is not YAML: {error}") from error


def as_json(value: Any, line: int) -> Any:
    """Return a value as it comes out of Go's JSON: numbers of 64 bits, proper Unicode."""
    if isinstance(value, dict):
        return {as_json(key, line): as_json(inner, line) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(item, line) for item in value]
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            # Halves of a character, from `\ud83d\ude00`, meet; a lone one is replaced.
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        # Not a copy: aliases may make one text many.
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnreadableError(line, f"{value} is no number in JSON; write another value")
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value
