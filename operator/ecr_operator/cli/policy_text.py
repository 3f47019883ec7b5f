"""Lifecycle policies as AWS takes them: JSON text, stricter than what a manifest may hold."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ecr_operator.api.kinds import ECR_REPOSITORY
from ecr_operator.api.names import API_VERSION
from ecr_operator.cli.documents import RepeatedKeyError, as_json, unique
from ecr_operator.cli.json_text import composed, deeper_than, refusal, unreadable
from ecr_operator.cli.manifests import BYTE_ORDER_MARK
from ecr_operator.planning.lifecycle import TEXT_MAX

WITHIN: Final = "spec.lifecyclePolicy"
"""Where the policy is in the object that `as_object` returns."""
_LEVELS: Final = 20
"""A policy needs 5."""
_COMMENTS: Final = re.compile(r"(?:\s|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_MANIFEST: Final = re.compile(r'"(?:apiVersion|kind)"\s*:')
_TEMPLATE: Final = "{{"


def is_policy_text(source: str, text: str) -> bool:
    """Whether a file is to be read as a policy of AWS's: it is JSON, or nearly so, and no manifest.

    A manifest says what it is; that is looked for in the text, because text with a mistake has no members.
    """
    # It matches always, if nothing.
    start = _COMMENTS.match(text.removeprefix(BYTE_ORDER_MARK)).end()  # type: ignore[union-attr]
    begins = text.removeprefix(BYTE_ORDER_MARK)[start:]
    if not begins:
        return Path(source).suffix == ".json"
    is_json = begins.startswith(("{", "[")) and not begins.startswith(_TEMPLATE)
    return is_json and _MANIFEST.search(text) is None


def read_policy(text: str) -> dict[str, Any]:
    """Return the policy. Raises UnreadableError for all that is no JSON in AWS's eyes."""
    if text.startswith(BYTE_ORDER_MARK):
        raise unreadable(text, 0, "begins with a byte order mark; save it as UTF-8 without one")
    if not text.strip():
        raise unreadable(text, 0, 'is empty; write a policy: {"rules": [...]}')
    if (deepest := deeper_than(_LEVELS, text)) is not None:
        raise unreadable(text, deepest, "is nested too deeply; a policy needs 5 levels")
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[error.pos :].lstrip().startswith(("{", "[")):
            at = error.pos
            raise unreadable(text, at, "holds a second document; write one policy in a file") from error
        raise refusal(text, error) from error
    except RepeatedKeyError:
        # Says where.
        composed(text, len(text) - len(text.lstrip()))
        raise
    except ValueError as error:
        raise unreadable(text, 0, f"is not JSON: {error}") from error
    value = as_json(value, 1)
    if not isinstance(value, dict) or "rules" not in value:
        told = (
            "is neither a manifest (`apiVersion`, `kind`) nor a lifecycle policy (`rules`); write what it is"
        )
        raise unreadable(text, 0, told)
    if len(text) > TEXT_MAX:
        told = (
            f"has {len(text):,} characters, AWS allows {TEXT_MAX:,}; shorten descriptions or leave out spaces"
        )
        raise unreadable(text, 0, told)
    return value


def as_object(policy: dict[str, Any]) -> dict[str, Any]:
    """Return an object that holds the policy, to be judged by the API server's rules."""
    return {
        "apiVersion": API_VERSION,
        "kind": ECR_REPOSITORY.kind,
        "metadata": {"name": "policy"},
        "spec": {"lifecyclePolicy": policy},
    }


def nulls(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of nulls: a manifest may hold them, AWS refuses them."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from nulls(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nulls(inner, f"{path}[{index}]")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON; write another value")
