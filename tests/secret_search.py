"""Looks for texts of credentials where none may be: in whatever users, logs or other programs can see."""

import base64
import logging
from collections.abc import Iterable

import yaml

from tests.cluster import Cluster

PART = 100
"""A part of a long text would be as bad as the whole."""


def found(secrets: Iterable[str], shown: Iterable[str]) -> list[str]:
    """The beginnings of those texts, or of parts of them, that are in what is shown; also in base64."""
    texts = {form for text in secrets for form in (text, base64.b64encode(text.encode()).decode())}
    parts = {text[start : start + PART] for text in texts for start in range(0, max(1, len(text) - 99), PART)}
    assert all(len(part) >= 10 for part in parts)
    places = list(shown)
    return [part[:4] for part in parts if any(part in place for place in places)]


def objects_and_events(cluster: Cluster, kind: str, prefix: str) -> str:
    """What objects of a kind without namespaces show, whose names begin so."""
    objects = [one for one in cluster.list(kind) if one["metadata"]["name"].startswith(prefix)]
    events = [one for one in cluster.list("Event", "default") if one["regarding"]["name"].startswith(prefix)]
    return yaml.safe_dump_all([*objects, *events])


def logged(records: Iterable[logging.LogRecord]) -> str:
    """Log records with the exceptions in them."""
    formatter = logging.Formatter()
    return "\n".join(map(formatter.format, records))
