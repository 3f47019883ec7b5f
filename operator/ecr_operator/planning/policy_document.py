"""The text of a repository policy: read without losing anything, written compactly.

A policy may hold statements that others wrote, in any shape that AWS accepts; what is not understood is
carried along as it is.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = "2012-10-17"
"""The current version of IAM's policy language, for documents of our own."""
OLD_VERSION: Final = "2008-10-17"
"""What a document without `Version` means (IAM User Guide, "Version")."""
DEPTH_MAX: Final = 50
"""How deep a document may be nested; those of AWS need 6. Deeper ones could not be written again."""


class UnreadablePolicyError(ValueError):
    """The text is not a policy that can be taken apart without losing something."""


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """`members` are those beside `Statement`, such as `Version` and `Id`; statements keep their order."""

    members: Mapping[str, Any]
    statements: tuple[Any, ...] = ()

    @property
    def version(self) -> Any:
        """The version of the policy language that the statements are read with."""
        return self.members.get("Version", OLD_VERSION)

    def text(self) -> str:
        """Compact JSON: AWS counts its characters."""
        document = {**self.members, "Statement": list(self.statements)}
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


EMPTY: Final = PolicyDocument({"Version": VERSION})


def parse_policy(text: str | None) -> PolicyDocument:
    """The document; that of a repository without a policy is empty. Raises `UnreadablePolicyError`."""
    if text is None:
        return EMPTY
    try:
        document = json.loads(
            text, object_pairs_hook=_members, parse_constant=_no_number, parse_float=_finite
        )
        # A lone surrogate can be read, and not be sent again.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise UnreadablePolicyError("it is no JSON object with distinct names") from None
    if not isinstance(document, dict):
        raise UnreadablePolicyError("it is no JSON object")
    if _is_deep(document):
        raise UnreadablePolicyError("it is nested too deep")
    statements = document.pop("Statement", [])
    if isinstance(statements, dict):
        # One statement may stand without a list (IAM User Guide, "Grammar of the IAM JSON policy language").
        statements = [statements]
    if not isinstance(statements, list):
        raise UnreadablePolicyError("its `Statement` is neither an object nor a list")
    return PolicyDocument(document, tuple(statements))


def sid_of(statement: Any) -> str | None:
    """The statement's Sid; None where it has none that is a text."""
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    return sid if isinstance(sid, str) and sid else None


def sids_of(text: str | None) -> frozenset[str]:
    """The Sids in the text of a policy; none where it cannot be read."""
    try:
        statements = parse_policy(text).statements
    except UnreadablePolicyError:
        return frozenset()
    return frozenset(sid for sid in map(sid_of, statements) if sid)


def shown_names(statements: Iterable[tuple[int, Any]]) -> tuple[str, ...]:
    """Sids, or ``#<n>`` for the n-th statement of the document, in order; each name once."""
    names = (sid_of(statement) or f"#{number}" for number, statement in statements)
    return tuple(dict.fromkeys(names))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large to be written again")
    return number


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
