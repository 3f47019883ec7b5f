"""Credentials cut out of a text that somebody else wrote: an admission webhook may repeat what it was sent.

Its words go into status, events and logs, which more people read than Secrets. Parts of a credential are cut
too: the message was shortened on its way, and what repeats an object often shortens it.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ecr_operator.planning.secret_data import ARGO_KEYS

CUT: Final = "[cut]"
SHORTEST: Final = 12
"""Characters in a row that a text has to share with a credential; fewer tell nothing of a token."""

_RUN = re.compile(rf"\S{{{SHORTEST},}}")
_BYTES = re.compile(rf"\d{{1,3}}(?:[\s,]+\d{{1,3}}){{{SHORTEST - 1},}}")
"""As Go prints the `[]byte` that a Secret's values are to it."""
_PUBLIC_KEYS = frozenset(ARGO_KEYS) - {"password"}
_PREFIX = "AWS:"


def without_credentials(text: str, hidden: Iterable[Mapping[str, str]]) -> str:
    """`text` without anything of the credentials in the data of Secrets ({key: base64 text}).

    Host names and other keys that are no secret stay.
    """
    credentials = {one for data in hidden for one in _credentials(data) if len(one) >= SHORTEST}
    if not credentials:
        return text
    shared = [False] * len(text)
    for run in _RUN.finditer(text):
        for begin in range(run.start(), run.end() - SHORTEST + 1):
            part = text[begin : begin + SHORTEST]
            if any(part in one for one in credentials):
                shared[begin : begin + SHORTEST] = [True] * SHORTEST
    for run in _BYTES.finditer(text):
        shared[run.start() : run.end()] = [True] * (run.end() - run.start())
    return _cut(text, shared)


def _cut(text: str, shared: list[bool]) -> str:
    parts: list[str] = []
    for position, character in enumerate(text):
        if not shared[position]:
            parts.append(character)
        elif position == 0 or not shared[position - 1]:
            parts.append(CUT)
    return "".join(parts)


def _credentials(data: Mapping[str, str]) -> Iterator[str]:
    """The values as they were sent, and what is secret of what they decode to."""
    for key, value in data.items():
        if key in _PUBLIC_KEYS:
            continue
        yield value
        decoded = _decoded(value)
        if decoded is None:
            continue
        try:
            config: Any = json.loads(decoded)
        except (ValueError, RecursionError):
            config = None
        if isinstance(config, dict) and isinstance(config.get("auths"), dict):
            # Its host names are in many honest messages.
            for entry in config["auths"].values():
                yield from _leaves(entry)
        else:
            yield decoded


def _leaves(entry: object) -> Iterator[str]:
    """The texts of an entry of `auths`: its authorization text, the password in it, and what others wrote."""
    for value in entry.values() if isinstance(entry, dict) else ():
        if isinstance(value, str):
            yield value
            decoded = _decoded(value)
            if decoded is not None:
                yield decoded.removeprefix(_PREFIX)


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
