"""A Secret's data without its credentials: enough to plan with, nothing to keep secret.

What planning looks at in a Secret's data is which hosts and keys it holds, and whether it is what is handed
out, which a hash tells. The `plan` command works with outlines alone.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from ecr_operator.planning.secret_data import (
    DOCKER_KEY,
    FILE_KEY,
    Format,
    SecretContent,
    bare_host,
    content_hash,
    keys_of,
    secret_content,
)

NEW: Final = "new"
"""Stands for credentials that nobody has asked for yet."""
_UNREADABLE: Final = "!"
"""No base64, as little as a value that a reader cannot make sense of."""


def outlined_content(format: Format, hosts: tuple[str, ...], mark: str) -> SecretContent:
    """The content for `hosts` with `mark` in place of each token: equal marks, equal credentials."""
    text = base64.b64encode(f"AWS:{mark}".encode()).decode()
    return secret_content(format, dict.fromkeys(hosts, text))


def outline(
    data: Mapping[str, str],
    format: Format | None = None,
    handed_out: SecretContent | None = None,
    hash: str = "",
) -> dict[str, str]:
    """What any Secret's data holds, by the names of hosts and keys alone (`secret_data.held`).

    Where the data in the keys of `format` has `hash`, it is `handed_out`, an outlined content.
    """
    outlined = {key: _outlined(key, value) for key, value in data.items()}
    if format is None or handed_out is None:
        return outlined
    ours = {key: data[key] for key in keys_of(format) if key in data}
    return {**outlined, **handed_out.data} if content_hash(ours) == hash else outlined


def _outlined(key: str, value: str) -> str:
    if key not in (DOCKER_KEY, FILE_KEY, "url"):
        return ""
    text = _decoded(value)
    if text is None:
        return _UNREADABLE
    if key == "url":
        return _encoded(bare_host(text))
    try:
        config: Any = json.loads(text)
    except (ValueError, RecursionError):
        return _UNREADABLE
    if not isinstance(config, dict) or not isinstance(config.get("auths", {}), dict):
        return _UNREADABLE
    # A key may hold a user and a password too.
    auths: dict[str, Any] = {bare_host(host): {} for host in config.get("auths", {})}
    members = dict.fromkeys(config)
    return _encoded(json.dumps(members | {"auths": auths} if "auths" in config else members))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
