"""The plan of one Secret: create it, mend it in place, and delete what is no longer wanted.

The uid stays for the life of the Secret: a kubelet that meets another uid asks the registry again for images
that it has (KEP-2535).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ecr_operator.planning.namespace_state import (
    ObservedNamespace,
    ObservedSecret,
    OwnerReference,
    Release,
    Released,
    WantedSecret,
)
from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    NamespaceChange,
    RemoveOwnerReferences,
)
from ecr_operator.planning.secret_ownership import SecretVerdict, Standing, judge_secret
from ecr_operator.reasons import Reason


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """`settled`: the Secret is there and ours once the changes are made. `failure` says why it is not."""

    changes: tuple[NamespaceChange, ...] = ()
    settled: bool = True
    failure: SecretVerdict | None = None


def plan_secret(
    wanted: WantedSecret,
    observed: ObservedNamespace,
    *,
    rivals: Collection[str],
    released: Mapping[str, Released],
    is_held: bool = False,
) -> SecretPlan:
    """The plan of the Secret that wins its name; `is_held`: it is contested, and not restored yet.

    `rivals` are the EcrPullSecrets that lose to it.
    """
    there = observed.secret(wanted.name)
    if there is None:
        if wanted.data is None or is_held:
            return SecretPlan(settled=False)
        return SecretPlan((CreateSecret(observed.name, wanted),))
    verdict = judge_secret(wanted, there, rivals=rivals, released=released)
    if verdict.standing == Standing.REFUSED:
        return SecretPlan(settled=False, failure=verdict)
    if wanted.data is None:
        # What is there stays, byte for byte, until there is something better.
        return SecretPlan(settled=verdict.standing == Standing.OURS)
    if is_held:
        return SecretPlan()
    if there.immutable and not (wanted.data.items() <= there.data.items()):
        return SecretPlan(settled=False, failure=_immutable(there))
    if there.type != wanted.type:
        # A Secret's type cannot be changed. This one is ours, and of an EcrPullSecret with another format.
        delete = DeleteSecret(observed.name, there.name, there.uid, wanted.owner)
        return SecretPlan((delete, CreateSecret(observed.name, wanted)))
    return SecretPlan(tuple(_updates(wanted, there, observed.name, adopts=verdict.standing == Standing.TAKE)))


def _immutable(there: ObservedSecret) -> SecretVerdict:
    """Nothing makes it mutable again, and to replace it is left to who wanted it so.

    A new one might be refused, and its namespace would be without any.
    """
    return SecretVerdict(
        Standing.REFUSED,
        Reason.WRITE_REFUSED,
        f"The Secret {there.name} was made immutable, so that its credentials cannot be refreshed; "
        "delete it, and a new one is written at once",
    )


def plan_deletions(
    observed: ObservedNamespace, winners: Collection[str], released: Mapping[str, Released]
) -> Iterable[DeleteSecret]:
    """Those of EcrPullSecrets that no longer select the namespace; the garbage collector takes others."""
    for secret in sorted(observed.secrets, key=lambda secret: secret.name):
        owner = secret.owner
        if owner is None or owner not in released or secret.name in winners:
            continue
        by = released[owner]
        if by.release != Release.DESELECTED:
            continue
        # A Secret of another name with our labels is somebody's copy.
        if secret.name == by.secret_name or any(one.uid == by.uid for one in _controllers(secret)):
            yield DeleteSecret(observed.name, secret.name, secret.uid, owner)


def _updates(
    wanted: WantedSecret, there: ObservedSecret, namespace: str, *, adopts: bool
) -> Iterable[NamespaceChange]:
    surplus = tuple(
        index
        for index, owner in enumerate(there.owners)
        if owner.is_pull_secret and (wanted.retain or owner.uid != wanted.uid)
    )
    if surplus:
        yield RemoveOwnerReferences(
            namespace, there.name, there.uid, there.resource_version, wanted.owner, surplus
        )
    differs = [
        what
        for what, is_as_wanted in (
            # Keys and labels that others added stay: an apply of ours could not remove them.
            ("data", (wanted.data or {}).items() <= there.data.items()),
            ("labels", wanted.labels.items() <= there.labels.items()),
            ("owner", wanted.retain or any(owner.uid == wanted.uid for owner in _controllers(there))),
        )
        if not is_as_wanted
    ]
    if differs:
        yield ApplySecret(
            namespace,
            wanted,
            there.uid,
            adopts,
            there.resource_version if adopts else "",
            what=", ".join(differs),
        )


def _controllers(there: ObservedSecret) -> Iterable[OwnerReference]:
    return (owner for owner in there.owners if owner.controller)
