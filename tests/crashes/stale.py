"""Views of the API server that lag behind: an old list, and a watch that shows nothing of an object."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ecr_operator.kube.store import Store
from ecr_operator.kube.watch import Watch
from tests.cluster import Object
from tests.kinds import KINDS
from tests.repositories import KIND

PLURAL = KINDS[KIND].plural


def show_old_list(store: Store, namespace: str, name: str, old: Object | None) -> None:
    """List all objects anew, from a cache of the API server that holds `old` of one; None: none yet.

    To be called in the operator's event loop.
    """
    token = store.begin(PLURAL)
    others = [
        obj
        for obj in store.items(PLURAL)
        if (obj["metadata"]["namespace"], obj["metadata"]["name"]) != (namespace, name)
    ]
    store.replace(PLURAL, others if old is None else [*others, old], token)


class Deafness:
    """The objects, by name, of which no watch shows anything."""

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

    def __contains__(self, name: object) -> bool:
        with self._lock:
            return name in self._names


@contextmanager
def deafness() -> Iterator[Deafness]:
    """Who is not heard, in all operators that run meanwhile; lists and answers to writes go on."""
    deaf = Deafness()
    hand_over = Watch._hand_over

    def heard(watch: Watch) -> None:
        arrived = list(watch._arrived)
        watch._arrived.clear()
        watch._arrived.extend(entry for entry in arrived if entry[2]["metadata"]["name"] not in deaf)
        hand_over(watch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watch, "_hand_over", heard)
        yield deaf
