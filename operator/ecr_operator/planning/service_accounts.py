"""Our entries in a service account's `imagePullSecrets`, and the record of them.

The list is atomic and belongs to many: an entry is ours only if the annotation
``ecr-operator.dev/pull-secrets`` says so. An entry that was there before we wanted it is not recorded, and
so never removed.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from ecr_operator.api.names import PULL_SECRETS_ANNOTATION
from ecr_operator.planning.namespace_state import ObservedServiceAccount, Release, Released
from ecr_operator.planning.secret_changes import PatchServiceAccount

RECORDS_MAX: Final = 100
"""Items of an annotation that are read: anybody who may edit a service account writes it."""
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""A DNS subdomain, as names of Secrets and of EcrPullSecrets are."""

Record = Mapping[str, str]
"""{Secret name: EcrPullSecret that wanted the entry}."""


def read_record(annotation: str | None) -> dict[str, str]:
    """The record in an annotation: a comma list of `<Secret>=<EcrPullSecret>`; other items record nothing."""
    items = (item.strip().partition("=") for item in (annotation or "").split(",", RECORDS_MAX)[:RECORDS_MAX])
    return {name: owner for name, _, owner in items if _NAME.fullmatch(name) and _NAME.fullmatch(owner)}


def record_text(record: Record) -> str:
    """The annotation's value, the same for the same record."""
    return ",".join(f"{name}={owner}" for name, owner in sorted(record.items()))


@dataclass(frozen=True, slots=True)
class Entry:
    """What should become of a Secret's entries in the service accounts of a namespace."""

    owner: str
    """The EcrPullSecret that the Secret is of."""
    service_accounts: frozenset[str]
    settled: bool
    """Whether the Secret is there and ours once the plan is done; if not, all entries stay as they are."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """`change` None: nothing to do. `contested` are the Secrets whose entry is left to who takes it out."""

    change: PatchServiceAccount | None = None
    contested: tuple[str, ...] = ()


def plan_service_account(
    namespace: str,
    account: ObservedServiceAccount,
    entries: Mapping[str, Entry],
    *,
    present: Collection[str],
    released: Mapping[str, Released],
    retained: Collection[str] = (),
    held: Collection[str] = (),
) -> AccountPlan:
    """The plan of one service account.

    `entries` is by Secret name. `present` are the EcrPullSecrets that want a Secret in the namespace, and
    `released` those that are proved to want none: entries that either has recorded may go, others stay.
    `retained` are the Secrets that outlived their EcrPullSecret on purpose, `held` those whose entry here
    is contested and is not put back yet.
    """
    annotation = (account.annotations or {}).get(PULL_SECRETS_ANNOTATION)
    before = read_record(annotation)
    names = list(account.image_pull_secrets or ())
    record: dict[str, str] = {}
    remove: list[tuple[int, str]] = []
    owners: set[str] = set()
    for name, owner in before.items():
        entry = entries.get(name)
        if entry is not None and (not entry.settled or account.name in entry.service_accounts):
            record[name] = entry.owner if entry.settled else owner
        elif owner in present or _may_go(name, owner, released, retained):
            owners.add(owner)
            if name in names:
                # Ours was added at the end: an equal one before it is somebody else's.
                remove.append((len(names) - 1 - names[::-1].index(name), name))
        else:
            record[name] = owner
    missing = [
        name
        for name, entry in sorted(entries.items())
        if entry.settled and account.name in entry.service_accounts and name not in names
    ]
    add = [name for name in missing if name not in held]
    record.update({name: entries[name].owner for name in add})
    contested = tuple(name for name in missing if name in held)
    if not add and not remove and record == before:
        return AccountPlan(None, contested)
    owners.update(owner for name, owner in record.items() if before.get(name) != owner or name in add)
    return AccountPlan(
        PatchServiceAccount(
            namespace=namespace,
            name=account.name,
            uid=account.uid,
            resource_version=account.resource_version,
            add=tuple(add),
            restored=tuple(name for name in add if name in before),
            remove=tuple(sorted(remove)),
            record=record_text(record),
            had_list=bool(names),
            had_record=annotation is not None,
            had_annotations=bool(account.annotations),
            owners=frozenset(owners),
        ),
        contested,
    )


def _may_go(name: str, owner: str, released: Mapping[str, Released], retained: Collection[str]) -> bool:
    if owner not in released:
        return False
    return not (released[owner].release == Release.GONE and name in retained)
