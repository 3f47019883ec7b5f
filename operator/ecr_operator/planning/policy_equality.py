"""Whether two statements of a policy mean the same, though AWS re-formats what it is given.

IAM User Guide, "JSON policy elements": an account id as principal equals the ARN of its root; one value
equals a list of one; the order of lists means nothing; names of actions and condition keys are read
without regard to case; a principal `*` equals `{"AWS": "*"}`; a Boolean or number in a condition equals its
text. A unique id (`AROA...`) in place of an ARN is a deleted principal, and equals nothing else.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from ecr_operator.planning.naming import Place
from ecr_operator.planning.policy_document import UnreadablePolicyError, parse_policy

ACCOUNT_PATTERN: Final = re.compile(r"[0-9]{12}")
_DELETED: Final = re.compile(r"A(ROA|IDA|GPA|NPA)[A-Z0-9]{12,}")


def same_statements(these: Iterable[Any], those: Iterable[Any], place: Place) -> bool:
    """Whether both are the same statements, in whatever order."""
    return Counter(canonical(one, place) for one in these) == Counter(canonical(one, place) for one in those)


def same_policies(this: str | None, that: str | None, place: Place) -> bool:
    """Whether two texts are the same policy; None is no policy, and equals none but that."""
    if this is None or that is None or this == that:
        return this == that
    try:
        these, those = parse_policy(this), parse_policy(that)
    except UnreadablePolicyError:
        return False
    # `Id` and the like are carried along, and mean nothing.
    return these.version == those.version and same_statements(these.statements, those.statements, place)


def canonical(statement: Any, place: Place) -> str:
    """A text that is equal for statements of equal meaning. What is not understood stands for itself."""
    if not isinstance(statement, dict):
        return _json(statement)
    return _json(
        {name: _member(name, value, place) for name, value in statement.items() if not _moot(name, value)}
    )


def deleted_principals(statement: Any) -> tuple[str, ...]:
    """The unique ids that AWS shows in place of principals that were deleted, sorted."""
    principal = statement.get("Principal") if isinstance(statement, dict) else None
    values = _values(principal.get("AWS", ())) if isinstance(principal, dict) else []
    return tuple(sorted(value for value in values if isinstance(value, str) and _DELETED.fullmatch(value)))


def is_deleted(principal: str) -> bool:
    """Whether it is the unique id of a role or user, which AWS shows once it has been deleted."""
    return _DELETED.fullmatch(principal) is not None


def _moot(name: str, value: Any) -> bool:
    if name == "Resource":
        # In the policy of a repository there is but one.
        return _values(value) == ["*"]
    return (name == "Sid" and value == "") or (name == "Condition" and value == {})


def _member(name: str, value: Any, place: Place) -> Any:
    match name:
        case "Principal" | "NotPrincipal":
            return _principal(value, place)
        case "Action" | "NotAction":
            return _sorted(entry.lower() if isinstance(entry, str) else entry for entry in _values(value))
        case "Resource" | "NotResource":
            return _sorted(_values(value))
        case "Condition" if isinstance(value, dict):
            return {operator: _condition(operands) for operator, operands in value.items()}
    return value


def _principal(value: Any, place: Place) -> Any:
    if isinstance(value, str):
        value = {"AWS": value}
    if not isinstance(value, dict):
        return value
    return {
        kind: _sorted(_account(entry, place) if kind == "AWS" else entry for entry in _values(entries))
        for kind, entries in value.items()
    }


def _account(entry: Any, place: Place) -> Any:
    return place.root(entry) if isinstance(entry, str) and ACCOUNT_PATTERN.fullmatch(entry) else entry


def _condition(operands: Any) -> Any:
    if not isinstance(operands, dict):
        return operands
    # Two spellings of one key are two tests of it, as AWS reads them or not: kept apart.
    tests = [[key.lower(), _sorted(map(_text, _values(values)))] for key, values in operands.items()]
    return sorted(tests, key=_json)


def _text(value: Any) -> Any:
    return _json(value) if isinstance(value, bool | int | float) else value


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Sorted, each once; whatever JSON they are."""
    return [json.loads(text) for text in sorted({_json(value) for value in values})]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
