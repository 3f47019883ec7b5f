"""Objects found by a value that derives from them."""

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

Json = dict[str, Any]
"""A JSON object as the API server writes it."""

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""Namespace (empty for cluster-scoped kinds) and name."""

KeyFunction = Callable[[Json], Iterable[Hashable]]
"""The values under which an object is found in an index."""


class Index:
    """Value -> keys of the objects that have it; the inner dict is the set that keeps their order."""

    def __init__(self, name: str, values: KeyFunction) -> None:
        self._name = name
        self._values = values
        self.keys: dict[Hashable, dict[Key, None]] = {}

    def move(self, key: Key, old: Json | None, new: Json | None) -> None:
        # The values of the old object are computed again: cheaper than to keep them for 10,000 objects.
        before, after = self._of(old), self._of(new)
        for value in before - after:
            keys = self.keys[value]
            del keys[key]
            if not keys:
                del self.keys[value]
        for value in after - before:
            self.keys.setdefault(value, {})[key] = None

    def _of(self, obj: Json | None) -> set[Hashable]:
        try:
            return set() if obj is None else set(self._values(obj))
        except Exception:
            # One odd object must not keep all others out of the store.
            log.exception("Index %s has no value for %s", self._name, obj and key_of(obj))
            return set()


def key_of(obj: Mapping[str, Any]) -> Key:
    metadata = obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def namespaces(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of an index by namespace."""
    return (obj["metadata"]["namespace"],)
