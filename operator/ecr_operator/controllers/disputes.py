"""Who keeps undoing what was written in namespaces: noticed by what was written last, lost at a restart."""

from collections.abc import Collection
from typing import Any, NamedTuple

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.handouts import Handouts
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import SECRETS, SERVICE_ACCOUNTS
from ecr_operator.planning.contention import SOMEBODY, EntryStrikes, SecretStrikes, last_manager
from ecr_operator.planning.namespace_state import ObservedNamespace, WantedSecret
from ecr_operator.planning.pull_secret import Contested, NamespacePlan
from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    NamespaceChange,
    PatchServiceAccount,
)
from ecr_operator.planning.secret_data import content_hash
from ecr_operator.planning.service_accounts import read_record


class Entry(NamedTuple):
    """A Secret's entry in a service account."""

    namespace: str
    account: str
    uid: str
    """Of the service account."""
    secret: str


class Disputes:
    """Strikes against our writes, by namespace."""

    def __init__(self, context: Context, handouts: Handouts) -> None:
        self._context = context
        self._handouts = handouts
        self._written: dict[tuple[str, str], object] = {}
        self._entered: set[Entry] = set()
        self._secrets: dict[tuple[str, str], SecretStrikes] = {}
        self._entries: dict[Entry, EntryStrikes] = {}

    def made(self, namespace: str, change: NamespaceChange) -> None:
        """A change was carried out: undoing it is a strike."""
        match change:
            case CreateSecret(wanted=wanted) | ApplySecret(wanted=wanted):
                self._written[namespace, wanted.name] = _said(wanted)
            case DeleteSecret():
                # Our own doing, whoever wants it back.
                self._written.pop((namespace, change.name), None)
            case PatchServiceAccount():
                gone = {Entry(namespace, change.name, change.uid, name) for _, name in change.remove}
                self._entered -= gone
                entries = (Entry(namespace, change.name, change.uid, name) for name in change.add)
                self._entered.update(entries)

    async def noticed(self, namespace: str, plan: NamespacePlan, observed: ObservedNamespace) -> bool:
        """Count what `plan` would do again; whether there is anything new."""
        new = False
        for change in plan.changes:
            match change:
                case CreateSecret(wanted=wanted) | ApplySecret(wanted=wanted):
                    if self._written.get((namespace, wanted.name)) == _said(wanted):
                        await self._secret_struck(namespace, wanted.name, observed)
                        new = True
                case PatchServiceAccount():
                    # Who replaces the whole service account takes our record away too.
                    for name in change.add:
                        entry = Entry(namespace, change.name, change.uid, name)
                        if entry in self._entered:
                            await self._entry_struck(entry, read_record(change.record)[name])
                            new = True
        return new

    def of(self, namespace: str, wanted: Collection[WantedSecret]) -> Contested:
        """What is contested in a namespace now."""
        now = self._context.monotonic()
        names = [one.name for one in wanted]
        strikes = {
            name: self._secrets[namespace, name] for name in names if (namespace, name) in self._secrets
        }
        generations = {one.name: self._generation(one.owner) for one in wanted}
        return Contested(
            secrets={name: one.manager for name, one in strikes.items() if one.is_contested(now)},
            held=[name for name, one in strikes.items() if one.is_held(now)],
            entries={
                (entry.account, entry.secret): one.manager
                for entry, one in self._entries.items()
                if entry.namespace == namespace and one.is_held(now, generations.get(entry.secret, 0))
            },
        )

    def next_look(self, namespace: str, wanted: Collection[WantedSecret]) -> float | None:
        """Seconds until something that is contested may be tried again; None: nothing is."""
        now = self._context.monotonic()
        untils = [
            self._secrets[namespace, one.name].until
            for one in wanted
            if (namespace, one.name) in self._secrets
        ]
        untils += [one.until for entry, one in self._entries.items() if entry.namespace == namespace]
        return min((until - now for until in untils if until > now), default=None)

    def forget(self, namespace: str) -> None:
        """The namespace is gone."""
        for known in (self._written, self._secrets):
            for key in [key for key in known if key[0] == namespace]:
                del known[key]
        for entry in [entry for entry in self._entries if entry.namespace == namespace]:
            del self._entries[entry]
        self._entered = {entry for entry in self._entered if entry.namespace != namespace}

    async def _secret_struck(self, namespace: str, name: str, observed: ObservedNamespace) -> None:
        key = (namespace, name)
        del self._written[key]
        manager = SOMEBODY
        if observed.secret(name) is not None:
            manager = await self._manager(SECRETS.plural, namespace, name, "data")
        strikes = self._secrets.get(key, SecretStrikes())
        self._secrets[key] = strikes.struck(self._context.monotonic(), manager)

    async def _entry_struck(self, entry: Entry, owner: str) -> None:
        self._entered.discard(entry)
        manager = await self._manager(
            SERVICE_ACCOUNTS.plural, entry.namespace, entry.account, "imagePullSecrets"
        )
        strikes = self._entries.get(entry, EntryStrikes())
        generation = self._generation(owner)
        self._entries[entry] = strikes.struck(self._context.monotonic(), generation, manager)

    async def _manager(self, plural: str, namespace: str, name: str, field: str) -> str:
        """Who wrote last, as a live read says: the store holds no managed fields."""
        try:
            obj: dict[str, Any] = await self._context.client.get(resource_path("v1", plural, namespace, name))
        except KubeError:
            return SOMEBODY
        return last_manager(obj["metadata"].get("managedFields") or (), field)

    def _generation(self, owner: str) -> int:
        subject = self._handouts.subject(owner)
        return subject.generation if subject is not None else 0


def _said(wanted: WantedSecret) -> object:
    """What a Secret was written with; equal while nothing of ours has changed."""
    return content_hash(wanted.data or {}), tuple(sorted(wanted.labels.items())), wanted.retain, wanted.uid
