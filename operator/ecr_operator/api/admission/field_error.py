"""How the API server writes an error of one field (k8s.io/apimachinery, pkg/util/validation/field)."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Reason(StrEnum):
    """What introduces the message."""

    INVALID = "Invalid value"
    REQUIRED = "Required value"
    FORBIDDEN = "Forbidden"
    DUPLICATE = "Duplicate value"
    NOT_SUPPORTED = "Unsupported value"
    TOO_LONG = "Too long"
    TOO_MANY = "Too many"


OMITTED: Final = object()
"""Stands for a value that the message does not repeat."""

_WITHOUT_VALUE: Final = frozenset({Reason.REQUIRED, Reason.FORBIDDEN, Reason.TOO_LONG})
_BLOCKING: Final = frozenset({Reason.REQUIRED, Reason.NOT_SUPPORTED, Reason.TOO_LONG, Reason.TOO_MANY})
_ESCAPES: Final = {
    **{"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"},
    **{'"': r"\"", "\\": r"\\"},
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong; its text is the API server's sentence."""

    path: str
    """As the API server writes it, for example `spec.tags[team]`; empty for the whole object."""
    reason: Reason
    detail: str = ""
    value: Any = OMITTED
    wrong_type: bool = False

    @property
    def blocks_rules(self) -> bool:
        """Whether CEL rules are not evaluated on an object with this error."""
        return self.wrong_type or self.reason in _BLOCKING

    def __str__(self) -> str:
        parts = [self.path, self.reason]
        if self.value is not OMITTED and self.reason not in _WITHOUT_VALUE:
            parts.append(_shown(self.value))
        return ": ".join(filter(None, [*parts, self.detail]))


def quoted(text: str) -> str:
    """Return text in double quotes as Go's `%q` has it."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _shown(value: Any) -> str:
    """Return a value as Go prints it in an error: JSON with sorted keys, text in quotes."""
    if isinstance(value, str):
        return quoted(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # Go's encoder is careful about HTML.
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
