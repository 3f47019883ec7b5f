"""What a namespace holds, from the store's objects to what planning knows of them."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from ecr_operator.api.names import PULL_SECRETS_ANNOTATION
from ecr_operator.controllers.subject import Json
from ecr_operator.kube.resources import SECRETS, SERVICE_ACCOUNTS
from ecr_operator.kube.store import Store
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import (
    ObservedNamespace,
    ObservedSecret,
    ObservedServiceAccount,
    OwnerReference,
)
from ecr_operator.planning.service_accounts import read_record

BY_NAMESPACE = "namespace"
"""The store's index of Secrets and service accounts by their namespace."""
BY_RECORD = "record"
"""The store's index of service accounts by the EcrPullSecrets in their record."""
BY_OWNER = "owner"
"""The store's index of Secrets by the EcrPullSecret that they are of."""


def namespaces(obj: Json) -> Iterable[Hashable]:
    """The value of `BY_NAMESPACE` for an object."""
    return (obj["metadata"]["namespace"],)


def recorded_owners(account: Json) -> Iterable[Hashable]:
    """The values of `BY_RECORD` for a service account."""
    annotations = account["metadata"].get("annotations") or {}
    return read_record(annotations.get(PULL_SECRETS_ANNOTATION)).values()


def owners(secret: Json) -> Iterable[Hashable]:
    """The values of `BY_OWNER` for a Secret."""
    owner = observed_secret(secret).owner
    return () if owner is None else (owner,)


def observe(store: Store, namespace: Namespace, others: Mapping[str, Json]) -> ObservedNamespace:
    """What the namespace holds; `others` are Secrets by name that the store does not hold."""
    secrets = {
        key[1]: store.get(SECRETS.plural, *key)
        for key in store.by_index(SECRETS.plural, BY_NAMESPACE, namespace.name)
    }
    accounts = [
        store.get(SERVICE_ACCOUNTS.plural, *key)
        for key in store.by_index(SERVICE_ACCOUNTS.plural, BY_NAMESPACE, namespace.name)
    ]
    return ObservedNamespace(
        name=namespace.name,
        terminating=namespace.terminating,
        secrets=tuple(observed_secret(obj) for obj in {**others, **secrets}.values() if obj is not None),
        service_accounts=tuple(_account(obj) for obj in accounts if obj is not None),
    )


def observed_secret(obj: Json) -> ObservedSecret:
    """A Secret."""
    metadata = obj["metadata"]
    return ObservedSecret(
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        type=obj.get("type") or "",
        data=obj.get("data") or {},
        labels=metadata.get("labels") or {},
        owners=tuple(map(_reference, metadata.get("ownerReferences") or ())),
        immutable=bool(obj.get("immutable")),
    )


def _reference(reference: Mapping[str, Any]) -> OwnerReference:
    return OwnerReference(
        reference["apiVersion"],
        reference["kind"],
        reference["name"],
        reference["uid"],
        bool(reference.get("controller")),
    )


def _account(obj: Json) -> ObservedServiceAccount:
    metadata, entries = obj["metadata"], obj.get("imagePullSecrets")
    return ObservedServiceAccount(
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        image_pull_secrets=None if entries is None else tuple(entry.get("name") or "" for entry in entries),
        annotations=metadata.get("annotations"),
    )
