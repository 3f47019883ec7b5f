"""The documents of YAML and JSON text, as kubectl reads them: YAML becomes JSON, with Go's numbers."""

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import yaml

from ecr_operator.cli.go_yaml import Loader, repeated_key

_TEMPLATE: Final = "{{"


class UnreadableError(Exception):
    """Text is not what its form demands. ``line`` counts from 1; the message says what to do."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def documents(text: str) -> Iterator[tuple[Any, int]]:
    """Yield every document that is not empty, as JSON values, with the line at which it begins.

    Text that begins with a brace is JSON, as for kubectl. Raises UnreadableError.
    """
    try:
        yield from _json(text) if text.lstrip().startswith("{") else _yaml(text)
    except UnreadableError as error:
        if _TEMPLATE in text:
            advice = "it looks like a template: render it first, for example with `helm template`"
            raise UnreadableError(error.line, f"{error}; {advice}") from error
        raise
    except RecursionError as error:
        raise UnreadableError(1, "is nested too deeply; write it with fewer levels") from error


def _json(text: str) -> Iterator[tuple[Any, int]]:
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    at = 0
    while (at := _after_space(text, at)) < len(text):
        line = text.count("\n", 0, at) + 1
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise UnreadableError(error.lineno, f"is not JSON: {error.msg}") from error
        except ValueError as error:
            raise UnreadableError(line, str(error)) from error
        if value is not None:
            yield _as_json(value, line), line


def _after_space(text: str, at: int) -> int:
    return next((place for place in range(at, len(text)) if not text[place].isspace()), len(text))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(repeated_key(key))
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
                yield _as_json(value, line), line
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(mark.line + 1 if mark else 1, f"is not YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnreadableError(line, f"is not YAML: {error.reason}") from error
    except ValueError as error:
        # Python refuses numbers of thousands of digits.
        raise UnreadableError(1, f"is not YAML: {error}") from error


def _as_json(value: Any, line: int) -> Any:
    """Return a value as it comes out of Go's JSON: numbers of 64 bits, proper Unicode."""
    if isinstance(value, dict):
        return {_as_json(key, line): _as_json(inner, line) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(item, line) for item in value]
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
