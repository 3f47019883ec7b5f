"""Where the fields of manifests stand in their text."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import yaml

from ecr_operator.cli.go_yaml import Loader
from ecr_operator.cli.json_text import Node, UnreadableError, composed, line_and_column


class Place(NamedTuple):
    """A place in a text, counted from 1."""

    line: int
    column: int


START: Final = Place(1, 1)


class Places:
    """The places of all documents of a text that `documents` could read, if only in part."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._roots: dict[int, tuple[int, Node]] = {}
        """By the lines at which documents begin: the offset and the document."""
        for line, start, root in _json(text) if text.lstrip().startswith("{") else _yaml(text):
            self._roots.setdefault(line, (start, root))

    def find(self, line: int, path: str) -> Place:
        """The place of a field of the document that begins at a line.

        ``path`` is as the API server writes it. Of a field that is not there it is the place of what should
        hold it.
        """
        if line not in self._roots:
            return Place(line, 1)
        at, node = self._roots[line]
        rest = f".{path}"
        while (found := _part(node, rest)) is not None:
            at, node, rest = found
        return Place(*line_and_column(self._text, at))


def _part(node: Node, path: str) -> tuple[int, Node, str] | None:
    """The part of a node with which a path begins: its offset, itself, and the rest of the path."""
    longest = 0
    found = None
    for step, at, part in node.parts:
        # A map's entries are written in both ways, and their names may hold dots.
        for text in (f"[{step}]", f".{step}"):
            fits = path.startswith(text) and path[len(text) : len(text) + 1] in ("", ".", "[")
            if fits and len(text) > longest:
                longest = len(text)
                found = at, part, path[longest:]
    return found


def _json(text: str) -> Iterator[tuple[int, int, Node]]:
    """Yield the line, the offset and the parts of each document."""
    at = 0
    try:
        # `documents` allows whatever Python takes for space.
        while (at := len(text) - len(text[at:].lstrip())) < len(text):
            node, end = composed(text, at)
            yield line_and_column(text, at)[0], at, node
            at = end
    except (UnreadableError, RecursionError, IndexError, AttributeError, ValueError):
        # What cannot be read is told by `documents`.
        return


def _yaml(text: str) -> Iterator[tuple[int, int, Node]]:
    try:
        loader = Loader(text)
        while loader.check_node():
            # There is one: `check_node` said so.
            node: yaml.Node = loader.get_node()  # type: ignore[assignment]
            # Puts what is merged into its place.
            loader.construct_document(node)
            # The line is as `documents` has it: YAML knows more line breaks than editors do.
            yield node.start_mark.line + 1, node.start_mark.index, _node(node, {})
    except (yaml.YAMLError, RecursionError, ValueError):
        return


def _node(node: yaml.Node, known: dict[yaml.Node, Node]) -> Node:
    """The parts of a node; ``known`` are those that were looked at, because aliases may make one many."""
    if node in known:
        return known[node]
    result = known[node] = Node()
    if isinstance(node, yaml.MappingNode):
        result.parts = [
            (str(key.value), key.start_mark.index, _node(value, known)) for key, value in node.value
        ]
    elif isinstance(node, yaml.SequenceNode):
        result.parts = [
            (index, item.start_mark.index, _node(item, known)) for index, item in enumerate(node.value)
        ]
    return result
