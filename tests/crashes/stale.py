"""Views of the API server that lag behind: an old list, and a watch that shows nothing of an object."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ecr_operator.kube.store import Store
from ecr_operator.kube.watch import Watch
from tests.cluster import Object
from tests.kinds import KINDS


@dataclass(frozen=True)
class Older:
    """An object as it was; None: it was not there."""

    kind: str
    namespace: str | None
    name: str
    obj: Object | None


def show_old_lists(store: Store, older: Iterable[Older]) -> None:
    """List all objects of a kind anew, from a cache of the API server that holds what these were.

    To be called in the operator's event loop.
    """
    for one in older:
        plural = KINDS[one.kind].plural
        token = store.begin(plural)
        others = [
            obj
            for obj in store.items(plural)
            if (obj["metadata"].get("namespace"), obj["metadata"]["name"]) != (one.namespace, one.name)
        ]
        store.replace(plural, others if one.obj is None else [*others, one.obj], token)


class Deafness:
    """The objects, by their name or that of their namespace, of which no watch shows anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[str] = set()

    def add(self, name: str) -> None:
        """Show nothing of the object from now on."""
        with self._lock:
            self._names.add(name)

    def end(self) -> None:
        """Show everything again."""
        with self._lock:
            self._names.clear()

    @property
    def names(self) -> frozenset[str]:
        """Of objects and of namespaces."""
        with self._lock:
            return frozenset(self._names)


@contextmanager
def deafness() -> Iterator[Deafness]:
    """Who is not heard, in all operators that run meanwhile; lists and answers to writes go on."""
    deaf = Deafness()
    hand_over = Watch._hand_over

    def heard(watch: Watch) -> None:
        arrived = list(watch._arrived)
        watch._arrived.clear()
        watch._arrived.extend(entry for entry in arrived if not _names(entry[2]) & deaf.names)
        hand_over(watch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watch, "_hand_over", heard)
        yield deaf


def _names(obj: Object) -> set[str]:
    return {obj["metadata"]["name"], obj["metadata"].get("namespace", "")}
