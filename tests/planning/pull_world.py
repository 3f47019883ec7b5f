"""An API server of a few lines: what becomes of a namespace when the changes of a plan are made.

It does what the real one was seen to do: an apply keeps what others own, two controllers are refused, a stale
JSON patch is refused.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ecr_operator.planning.namespace_state import (
    ObservedNamespace,
    ObservedSecret,
    ObservedServiceAccount,
    OwnerReference,
)
from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    JsonPatch,
    NamespaceChange,
    PatchServiceAccount,
    RemoveOwnerReferences,
)


def performed(changes: Iterable[NamespaceChange], observed: ObservedNamespace) -> ObservedNamespace:
    """`observed` after the changes, made in order."""
    for change in changes:
        assert change.namespace == observed.name
        observed = _performed(change, observed)
    return observed


def _performed(change: NamespaceChange, observed: ObservedNamespace) -> ObservedNamespace:
    secrets = {secret.name: secret for secret in observed.secrets}
    accounts = {one.name: one for one in observed.service_accounts}
    match change:
        case CreateSecret():
            manifest = change.manifest()
            name = manifest["metadata"]["name"]
            assert name not in secrets, "409"
            empty = ObservedSecret(name, f"new-{name}", "1", manifest["type"], {})
            secrets[name] = _applied(manifest, empty)
        case ApplySecret():
            manifest = change.manifest()
            name = manifest["metadata"]["name"]
            assert secrets[name].uid == manifest["metadata"]["uid"], "422"
            assert secrets[name].type == manifest["type"], "422: immutable"
            secrets[name] = _applied(manifest, secrets[name])
        case RemoveOwnerReferences():
            secrets[change.name] = _without_owners(change, secrets[change.name])
        case DeleteSecret():
            assert secrets.pop(change.name).uid == change.uid, "409"
        case PatchServiceAccount():
            accounts[change.name] = _patched_account(change.patch(), accounts[change.name])
    return replace(observed, secrets=tuple(secrets.values()), service_accounts=tuple(accounts.values()))


def _applied(manifest: dict[str, Any], secret: ObservedSecret) -> ObservedSecret:
    metadata = manifest["metadata"]
    owners = {owner.uid: owner for owner in secret.owners}
    for one in metadata.get("ownerReferences", ()):
        owners[one["uid"]] = OwnerReference(
            one["apiVersion"], one["kind"], one["name"], one["uid"], one["controller"]
        )
    assert sum(owner.controller for owner in owners.values()) <= 1, "422: one controller"
    return replace(
        secret,
        resource_version=_next(secret.resource_version),
        data={**secret.data, **manifest["data"]},
        labels={**secret.labels, **metadata["labels"]},
        owners=tuple(owners.values()),
    )


def _without_owners(change: RemoveOwnerReferences, secret: ObservedSecret) -> ObservedSecret:
    document = {
        "metadata": {
            "uid": secret.uid,
            "resourceVersion": secret.resource_version,
            "ownerReferences": list(secret.owners),
        }
    }
    owners = patched(change.patch(), document)["metadata"]["ownerReferences"]
    return replace(secret, owners=tuple(owners), resource_version=_next(secret.resource_version))


def _patched_account(patch: JsonPatch, account: ObservedServiceAccount) -> ObservedServiceAccount:
    document: dict[str, Any] = {"metadata": {"uid": account.uid, "resourceVersion": account.resource_version}}
    if account.annotations is not None:
        document["metadata"]["annotations"] = dict(account.annotations)
    if account.image_pull_secrets is not None:
        document["imagePullSecrets"] = [{"name": name} for name in account.image_pull_secrets]
    after = patched(patch, document)
    # An empty list or map is not stored.
    names = tuple(entry["name"] for entry in after.get("imagePullSecrets", ()))
    return replace(
        account,
        image_pull_secrets=names or None,
        annotations=after["metadata"].get("annotations") or None,
        resource_version=_next(account.resource_version),
    )


def patched(patch: JsonPatch, document: dict[str, Any]) -> dict[str, Any]:
    """`document` after a JSON patch (RFC 6902) of `test`, `add` and `remove`."""
    document = deepcopy(document)
    for operation in patch:
        *path, last = (
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        )
        target: Any = document
        for part in path:
            target = target[int(part) if isinstance(target, list) else part]
        match operation["op"]:
            case "test":
                assert target[last] == operation["value"], "422"
            case "add" if isinstance(target, list):
                assert last == "-"
                target.append(operation["value"])
            case "add":
                target[last] = operation["value"]
            case "remove":
                del target[int(last) if isinstance(target, list) else last]
    return document


def _next(version: str) -> str:
    return str(int(version) + 1)
