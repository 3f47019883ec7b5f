"""Live reads of EcrPullSecrets: nothing is written in a namespace, or taken away there, on the store's word.

One read serves all namespaces for `PROOF_SECONDS`: a refresh writes to a thousand of them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.handouts import Handouts
from ecr_operator.controllers.pull_subject import PullSubject, what_users_change
from ecr_operator.controllers.subject import Json, UnsupportedSpecError, is_deleting
from ecr_operator.kube.errors import KubeError, Stale, says_absent
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import PULL_SECRETS
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import Release, Released

PROOF_SECONDS = 10.0
REMEMBERED = 1000
"""Reads that are kept though they prove nothing any more: what names an EcrPullSecret, anybody may write."""


class Proof:
    """What live reads have shown lately."""

    def __init__(self, context: Context, handouts: Handouts) -> None:
        self._context = context
        self._handouts = handouts
        self._read: dict[str, tuple[float, Json | None]] = {}
        self._reading: dict[str, asyncio.Lock] = {}
        self._forgotten = Counter[str]()
        self._spared: set[str] = set()

    async def unchanged(self, names: Iterable[str]) -> None:
        """Raises `Stale` when one of these EcrPullSecrets is not as the store held it; now it is."""
        for name in sorted(names):
            held = self._context.store.get(PULL_SECRETS.plural, None, name)
            now = await self._live(name)
            if (now and what_users_change(now)) != (held and what_users_change(held)):
                raise Stale(409, "Conflict", f"EcrPullSecret {name} has changed since it was read")

    async def released(self, names: Iterable[str], namespace: Namespace) -> dict[str, Released]:
        """Those of `names` that are proved to want nothing in the namespace."""
        released = {}
        for name in sorted(names):
            obj = await self._live(name)
            if obj is None:
                if name not in self._spared:
                    released[name] = Released(Release.GONE)
                continue
            found = released_by(obj, namespace)
            if found is not None:
                released[name] = found
        return released

    def forget(self, name: str) -> None:
        """The EcrPullSecret has changed: it is read anew, also where a read is under way."""
        self._forgotten[name] += 1
        self._read.pop(name, None)

    def spare(self, name: str, spared: bool) -> None:
        """Whether what the EcrPullSecret has written stays when it is gone: it was suspended."""
        if spared:
            self._spared.add(name)
        else:
            self._spared.discard(name)

    async def _live(self, name: str) -> Json | None:
        """One read for all that ask at the same time."""
        async with self._reading.setdefault(name, asyncio.Lock()):
            known = self._read.get(name)
            if known is not None and self._context.monotonic() - known[0] < PROOF_SECONDS:
                return known[1]
            return await self._read_live(name)

    async def _read_live(self, name: str) -> Json | None:
        """What it shows is in the store then; what has arrived since it began is left to the next read."""
        store = self._context.store
        while True:
            forgotten, began = self._forgotten[name], self._context.monotonic()
            held = store.get(PULL_SECRETS.plural, None, name)
            obj = await self._get(name)
            if self._forgotten[name] == forgotten:
                break
        # A change is told at once, and forgets what was read before it: this comes after.
        if obj is not None:
            store.put(PULL_SECRETS.plural, obj)
        elif held is not None:
            store.remove(PULL_SECRETS.plural, None, name, held["metadata"]["uid"])
        self._read[name] = (began, obj)
        self._prune()
        return obj

    @property
    def remembered(self) -> int:
        """How many names something is kept of."""
        return max(len(self._read), len(self._reading), len(self._forgotten))

    def _prune(self) -> None:
        if len(self._reading) <= REMEMBERED:
            return
        now = self._context.monotonic()
        self._read = {name: read for name, read in self._read.items() if now - read[0] < PROOF_SECONDS}
        self._reading = {name: lock for name, lock in self._reading.items() if lock.locked()}
        self._forgotten = Counter({name: self._forgotten[name] for name in self._reading})

    async def _get(self, name: str) -> Json | None:
        path = resource_path(PULL_SECRETS.api_version, PULL_SECRETS.plural, name=name)
        try:
            return await self._context.client.get(path)
        except KubeError as error:
            # A refused read proves nothing.
            if says_absent(error, name):
                return None
            raise


def released_by(obj: Json, namespace: Namespace) -> Released | None:
    """Whether an EcrPullSecret, as it was just read, wants nothing in the namespace; None: it may."""
    try:
        subject = PullSubject.of(obj)
    except UnsupportedSpecError:
        return None
    if subject.spec.is_suspended:
        return None
    if is_deleting(obj):
        if subject.retains:
            return None
        return Released(Release.DELETING, subject.uid, subject.secret_name)
    # A namespace that is being deleted is left to its deletion.
    if namespace.terminating or subject.selection.selects(namespace):
        return None
    return Released(Release.DESELECTED, subject.uid, subject.secret_name)
