"""YAML with the scalars of go-yaml v2, which kubectl uses; PyYAML sees some of them differently.

    tags: {account: 012345678901, debug: y, at: 2026-01-02}

go-yaml takes the first for a number, the second for `true` and the third for text; PyYAML the first two for
text and the third for a date.
"""

import math
import re
from typing import Any, ClassVar, Final

import yaml

Scalar = bool | int | float | str | None

_TAG: Final = "tag:yaml.org,2002:"
_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGERS: Final = (
    (re.compile(r"[-+]?0[bB][01]+"), 2),
    (re.compile(r"[-+]?0[oO]?[0-7]+"), 8),
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+"), 16),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), 10),
)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TAGS: Final[dict[type, str]] = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}


def _plain(text: str) -> Scalar:
    """Return what a scalar without quotes means (go-yaml v2, resolve.go)."""
    if text in _WORDS:
        return _WORDS[text]
    if not re.match(r"[-+.0-9]", text):
        return text
    number = text.replace("_", "") if text[0] != "." else text
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(number):
            return int(number, base)
    return float(number) if _FLOAT.fullmatch(number) else text


def repeated_key(key: str) -> str:
    """Return the message for a key that a map holds twice."""
    return f'key "{key}" already set in map; keep one of the two'


class _Expansion:
    """Counts a document's nodes with its aliases written out, and stops where go-yaml stops (decode.go)."""

    def __init__(self) -> None:
        self._nodes = 0
        self._aliased = 0
        self._seen: set[yaml.Node] = set()
        self._open: set[yaml.Node] = set()

    def check(self, node: yaml.Node, *, aliased: bool = False) -> None:
        """Count a node and all that is in it. Raises ConstructorError."""
        if node in self._open:
            raise yaml.constructor.ConstructorError(None, None, "an anchor contains itself", node.start_mark)
        if node in self._seen:
            # PyYAML has the anchor's own node in the place of an alias; go-yaml counts both.
            self._count(aliased)
            aliased = True
        self._seen.add(node)
        self._count(aliased)
        if self._aliased > 100 and self._nodes > 1000 and self._aliased > self._nodes * self._allowed():
            problem = "its aliases stand for too much; write out what they stand for"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        if isinstance(node, yaml.CollectionNode):
            self._open.add(node)
            for inner in node.value:
                for part in inner if isinstance(inner, tuple) else (inner,):
                    self.check(part, aliased=aliased)
            self._open.remove(node)

    def _count(self, aliased: bool) -> None:
        self._nodes += 1
        self._aliased += aliased

    def _allowed(self) -> float:
        """The part of the nodes that may come from aliases: 0.99 of 400,000, falling to 0.1 of 4,000,000."""
        return 0.99 - 0.89 * min(max((self._nodes - 400_000) / 3_600_000, 0), 1)


class Loader(yaml.SafeLoader):
    """Safe, strict about keys, and with go-yaml's idea of scalars and of too many aliases."""

    def compose_document(self) -> yaml.Node | None:
        """Return the next document's node, which is no bomb."""
        node = super().compose_document()
        if node is not None:
            _Expansion().check(node)
        return node

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """Return the tag of a node that has none of its own."""
        if kind is not yaml.ScalarNode:
            return f"{_TAG}{'seq' if kind is yaml.SequenceNode else 'map'}"
        if not implicit[0]:
            return f"{_TAG}str"
        return f"{_TAG}{'merge' if value == '<<' else _TAGS[type(_plain(value))]}"

    def plain(self, node: yaml.ScalarNode) -> Scalar:
        """Return the value of a word or a number."""
        value = _plain(node.value)
        if node.tag == f"{_TAG}float" and isinstance(value, int):
            value = float(value)
        if f"{_TAG}{_TAGS[type(value)]}" != node.tag:
            problem = f"cannot decode {node.value!r} as {node.tag.replace(_TAG, '!!')}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the map with its keys as text; a key that is there twice is an error."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue
            key = self._key(key_node)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, repeated_key(key), key_node.start_mark)
            seen.add(key)
        self.flatten_mapping(node)
        return {self._key(key): self.construct_object(value, deep=deep) for key, value in node.value}

    def _key(self, node: yaml.Node) -> str:
        value = self.construct_object(node, deep=True)
        if value is None or not isinstance(value, str | int | float):
            problem = "a key must be text; put quotes around it"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return str(value).lower() if isinstance(value, bool) else str(value)

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **dict.fromkeys((f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float", f"{_TAG}null"), plain),
        f"{_TAG}str": yaml.SafeLoader.construct_yaml_str,
        f"{_TAG}seq": yaml.SafeLoader.construct_yaml_seq,
        f"{_TAG}map": yaml.SafeLoader.construct_yaml_map,
        None: yaml.SafeLoader.construct_undefined,
    }
    """What has no form in JSON, a date or bytes, is an error."""
