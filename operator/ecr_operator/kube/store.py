"""What the watch and the lists have shown: the objects of each kind, indexes over them, and their changes."""

import asyncio
import logging
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ecr_operator.kube.index import Index, Json, Key, KeyFunction, key_of
from ecr_operator.kube.slim import slim

log = logging.getLogger(__name__)


OnChange = Callable[[str, Json | None, Json | None], None]
"""Called with kind, old and new object: ``old`` None when it appeared, ``new`` None when it is gone."""


# How many deleted objects are remembered by uid, to know a late sight of one for what it is.
_BURIED = 20_000


class Put(NamedTuple):
    """What ``Store.put`` found: the object held before, and whether the new one says anything else."""

    previous: Json | None
    changed: bool


@dataclass(frozen=True)
class Listed:
    """What a listing has changed in the store."""

    changed: frozenset[Key]
    """Objects that are new, or differ from what was held."""
    removed: frozenset[Key]
    """Objects that were held, and are gone."""


@dataclass(eq=False)
class Token:
    """A listing that is under way; made by ``Store.begin``."""

    kind: str
    seen: set[Key] = field(default_factory=set)
    """Objects that the watch, or an answer to a write, showed while the listing ran."""
    listed: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    """The uids of objects whose end was seen while the listing ran: a page may be older than that."""
    passed: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By uid what was shown meanwhile of what counts as deleted; the list may say that it is not."""


class Store:
    """The newest known state of each object; a kind is its plural, such as ``ecrrepositories``.

    Objects are JSON as the API server writes it, without ``managedFields`` and kubectl's copy of the last
    applied configuration, and immutable by agreement. Nothing here waits; all calls come from one event loop.

    ``expected`` names the kinds that have to be listed before ``synced`` is set, ``selected`` those of which
    only objects with a label are seen: one that vanishes may have lost its label, and come back.
    """

    def __init__(self, expected: Iterable[str], selected: Iterable[str] = ()) -> None:
        self._expected = frozenset(expected)
        self._selected = frozenset(selected)
        self._objects: dict[str, dict[Key, Json]] = {kind: {} for kind in self._expected}
        self._indexes: dict[str, dict[str, Index]] = {}
        self._listings: dict[str, Token] = {}
        self._listed: set[str] = set()
        # The uids of deleted objects, in the order of their deletion.
        self._buried: OrderedDict[str, None] = OrderedDict()
        self._subscribers: list[OnChange] = []
        self.synced = asyncio.Event()
        """Set while every expected kind has been listed at least once."""

    # Reading

    def get(self, kind: str, namespace: str | None, name: str) -> Json | None:
        """The object, or None where none was seen. It may be a ghost: a write has to prove that it lives."""
        return self._objects.get(kind, _NONE).get((namespace or "", name))

    def items(self, kind: str) -> list[Json]:
        """All objects of ``kind``: a copy of the list, so that awaiting between them is safe."""
        return list(self._objects.get(kind, _NONE).values())

    def count(self, kind: str) -> int:
        """How many objects of ``kind`` are held."""
        return len(self._objects.get(kind, _NONE))

    def by_index(self, kind: str, name: str, value: Hashable) -> list[Key]:
        """The keys of the objects for which the index ``name`` has ``value``, in the order of arrival."""
        return list(self._indexes[kind][name].keys.get(value, ()))

    # What is told of changes

    def on_change(self, callback: OnChange) -> None:
        """Call ``callback`` for every change, after the store and its indexes hold it.

        An object that differs in nothing but its resourceVersion has not changed. An exception is logged:
        it keeps neither the store nor other subscribers from the change.
        """
        self._subscribers.append(callback)

    def add_index(self, kind: str, name: str, values: KeyFunction) -> None:
        """Keep an index over the objects of ``kind``; ``values`` depends on the object alone."""
        index = Index(name, values)
        self._indexes.setdefault(kind, {})[name] = index
        for key, obj in self._objects.get(kind, _NONE).items():
            index.move(key, None, obj)

    # What was seen

    def put(self, kind: str, obj: Mapping[str, Any]) -> Put:
        """Take an object from the watch, or from the answer to a write.

        Ignored is one that is older than the one held (watch events, lists and answers overtake each other),
        and one whose deletion was seen already: only a list that began later brings it back.
        """
        return self._put(kind, obj, by_listing=False)

    def remove(self, kind: str, namespace: str | None, name: str, uid: str | None = None) -> Json | None:
        """The object with ``uid`` was seen to be gone; returns it if it was held.

        An object of that name with another uid is a newer one and stays. None is "whichever it is".
        """
        key = (namespace or "", name)
        held = self._objects.get(kind, _NONE).get(key)
        uid = uid or (held["metadata"]["uid"] if held is not None else None)
        if uid is not None:
            self._ended(kind, uid, for_good=kind not in self._selected)
        if held is None or held["metadata"]["uid"] != uid:
            return None
        self._drop(kind, key)
        return held

    # What was listed

    def begin(self, kind: str) -> Token:
        """Say that a LIST of ``kind`` starts now; ``finish`` or ``abandon`` ends it.

        While it runs the watch goes on. What was not touched since is as the list says, even where its
        resourceVersion is lower (an etcd that was restored); what was touched is as the newer one says; what
        was deleted meanwhile stays deleted. What counted as deleted before, and is listed, is there: the API
        server was misunderstood, or etcd restored. A second list of a kind takes the place of the first,
        whose token has no effect any more.
        """
        token = Token(kind)
        self._listings[kind] = token
        return token

    def add_page(self, token: Token, objects: Iterable[Mapping[str, Any]]) -> None:
        """Take a part of the listed objects."""
        if self._listings.get(token.kind) is not token:
            return
        for obj in objects:
            key = key_of(obj)
            token.listed.add(key)
            uid = obj["metadata"]["uid"]
            if uid in token.removed:
                continue
            if uid in self._buried and key not in token.seen:
                del self._buried[uid]
                obj = max(obj, token.passed.get(uid, obj), key=_revision_of)
            if self._put(token.kind, obj, by_listing=key not in token.seen).changed:
                token.changed.add(key)

    def spare(self, token: Token, namespace: str) -> None:
        """What is held of a namespace stays as it is: it could not be listed."""
        held = self._objects.get(token.kind, _NONE)
        token.listed.update(key for key in held if key[0] == namespace)

    def finish(self, token: Token) -> Listed:
        """The list was complete: drop what it did not show, and what nobody else showed since it began."""
        if self._listings.get(token.kind) is not token:
            return Listed(frozenset(), frozenset())
        self.abandon(token)
        held = self._objects.setdefault(token.kind, {})
        removed = frozenset(held.keys() - token.listed - token.seen)
        for key in removed:
            self._drop(token.kind, key)
        self._listed.add(token.kind)
        if self._listed >= self._expected:
            self.synced.set()
        return Listed(frozenset(token.changed & held.keys()), removed)

    def abandon(self, token: Token) -> None:
        """The list has failed, or is finished; what it has shown so far is kept."""
        if self._listings.get(token.kind) is token:
            del self._listings[token.kind]

    def replace(self, kind: str, objects: Iterable[Mapping[str, Any]], token: Token) -> Listed:
        """Take a complete list at once: ``add_page`` and ``finish``."""
        if token.kind != kind:
            raise ValueError(f"a token for {token.kind}, not {kind}")
        self.add_page(token, objects)
        return self.finish(token)

    def reset(self, kind: str) -> None:
        """The kind itself is gone (its CRD was deleted), and with it all its objects."""
        self._listings.pop(kind, None)
        self._listed.discard(kind)
        if kind in self._expected:
            self.synced.clear()
        for key in list(self._objects.get(kind, _NONE)):
            self._drop(kind, key)

    # Inside

    def _put(self, kind: str, obj: Mapping[str, Any], by_listing: bool) -> Put:
        metadata = obj["metadata"]
        key = key_of(obj)
        objects = self._objects.setdefault(kind, {})
        held = objects.get(key)
        listing = self._listings.get(kind)
        if metadata["uid"] in self._buried:
            if listing is not None:
                listing.passed[metadata["uid"]] = obj
            return Put(held, False)
        if not by_listing and listing is not None:
            listing.seen.add(key)
        if held is not None:
            version = held["metadata"]["resourceVersion"]
            if metadata["resourceVersion"] == version:
                return Put(held, False)
            if not by_listing and _revision(metadata["resourceVersion"]) < _revision(version):
                return Put(held, False)
            if held["metadata"]["uid"] != metadata["uid"]:
                # Another object of the same name: that the first one went was not seen.
                self._ended(kind, held["metadata"]["uid"], for_good=True)
                self._drop(kind, key)
                objects[key] = new = slim(obj)
                self._changed(kind, key, None, new)
                return Put(held, True)
        objects[key] = new = slim(obj)
        if held is not None and _same(held, new):
            return Put(held, False)
        self._changed(kind, key, held, new)
        return Put(held, True)

    def _drop(self, kind: str, key: Key) -> None:
        self._changed(kind, key, self._objects[kind].pop(key), None)

    def _ended(self, kind: str, uid: str, *, for_good: bool) -> None:
        if kind in self._listings:
            self._listings[kind].removed.add(uid)
        if for_good:
            self._buried[uid] = None
            if len(self._buried) > _BURIED:
                self._buried.popitem(last=False)

    def _changed(self, kind: str, key: Key, old: Json | None, new: Json | None) -> None:
        for index in self._indexes.get(kind, {}).values():
            index.move(key, old, new)
        for callback in self._subscribers:
            try:
                callback(kind, old, new)
            except Exception:
                log.exception("A subscriber failed at a change of %s %s/%s", kind, *key)


_NONE: dict[Key, Json] = {}


def _revision(resource_version: str) -> int:
    """The order of states; all of one kind come from one etcd, whatever their uid."""
    return int(resource_version) if resource_version.isdecimal() else sys.maxsize


def _revision_of(obj: Mapping[str, Any]) -> int:
    return _revision(obj["metadata"]["resourceVersion"])


def _same(one: Json, other: Json) -> bool:
    """Whether two states differ at most in resourceVersion (and in what was left out of them)."""
    return all(
        one.get(part) == other.get(part) for part in one.keys() | other.keys() if part != "metadata"
    ) and {**one["metadata"], "resourceVersion": ""} == {**other["metadata"], "resourceVersion": ""}
