"""What JSON text does not tell by itself: where its values stand, and what its mistakes are.

`json` reads the text; this looks at text that `json` has read, or has refused.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from ecr_operator.cli.go_yaml import repeated_key

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_TEXT_OR_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^ \t\n\r,:\[\]{}]+', re.DOTALL)
_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class UnreadableError(Exception):
    """Text is not what its form demands. Places count from 1; the message says what to do."""

    def __init__(self, line: int, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@dataclass(slots=True)
class Node:
    """A value's parts, each with the offset at which it stands in the text: a member by its name."""

    parts: list[tuple[str | int, int, "Node"]] = field(default_factory=list)


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Return the place of an offset, counted from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def unreadable(text: str, at: int, message: str) -> UnreadableError:
    """Return the error for what stands at an offset."""
    line, column = line_and_column(text, at)
    return UnreadableError(line, message, column)


def composed(text: str, at: int) -> tuple[Node, int]:
    """Return the parts of the value that begins at an offset of text that is JSON, and the offset after it.

    Raises UnreadableError for a member that is there twice: `json` takes the last one.
    """
    node = Node()
    if text[at] not in "[{":
        return node, _scalar(text, at)
    named = text[at] == "{"
    names: set[str] = set()
    at = _after_space(text, at + 1)
    while text[at] not in "]}":
        start = at
        step: str | int = len(node.parts)
        if named:
            end = _scalar(text, at)
            step = json.loads(text[at:end])
            if step in names:
                raise unreadable(text, at, repeated_key(str(step)))
            names.add(str(step))
            # Over the colon.
            at = _after_space(text, _after_space(text, end) + 1)
        part, end = composed(text, at)
        node.parts.append((step, start, part))
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return node, at + 1


def refusal(text: str, error: json.JSONDecodeError) -> UnreadableError:
    """Return what is wrong where `json` stopped, in words that do not change with Python's version."""
    at = _after_space(text, error.pos)
    rest = text[at:]
    before = text[:at].rstrip()
    if rest.startswith(("//", "/*", "#")):
        told = "it holds a comment; take it out, JSON has none"
    elif re.match(r",\s*[\]}]", rest):
        told = "a comma stands before a closing bracket; take the comma out"
    elif rest.startswith(("]", "}")) and before.endswith(","):
        at = len(before) - 1
        told = "a comma stands before a closing bracket; take the comma out"
    elif rest.startswith("'"):
        told = "text stands in single quotes; write double quotes"
    elif not rest:
        told = "it ends too early; close the brackets and quotation marks that are open"
    else:
        at, told = error.pos, error.msg
    return unreadable(text, at, f"is not JSON: {told}")


def deeper_than(levels: int, text: str) -> int | None:
    """Return the offset of the first bracket that opens more than so many levels; None: there is none."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > levels:
            return found.start()
    return None


def _after_space(text: str, at: int) -> int:
    # It matches always, if nothing.
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _scalar(text: str, at: int) -> int:
    return _TEXT_OR_WORD.match(text, at).end()  # type: ignore[union-attr]
