"""One change in a namespace, sent to the API server, and what its answer means."""

from collections.abc import Callable
from typing import Any

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json
from ecr_operator.kube.errors import Gone, KubeError, KubeUnavailable, Stale
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import SECRETS, SERVICE_ACCOUNTS, Resource
from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    NamespaceChange,
    PatchServiceAccount,
    RemoveOwnerReferences,
)
from ecr_operator.reasons import Reason

_NOT_FOUND, _CONFLICT, _UNPROCESSABLE, _FORBIDDEN, _TOO_MANY = 404, 409, 422, 403, 429

Seen = Callable[[str, Json], None]
"""Called with the name of a Secret that is in the way, and the object."""


class Refused(Exception):
    """The API server has refused a change, and says why; others may go on."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


async def perform(context: Context, change: NamespaceChange, seen: Seen) -> None:
    """Carry `change` out; what it made is in the store then.

    Raises `Stale` when what is there is not what was planned for (it is in the store, or was told to `seen`),
    `Gone` when the namespace is, `Refused`, and `KubeUnavailable` without an answer.
    """
    try:
        await _send(context, change)
    except KubeUnavailable:
        raise
    except KubeError as error:
        await _understand(context, change, error, seen)


async def _send(context: Context, change: NamespaceChange) -> None:
    client, store = context.client, context.store
    match change:
        case CreateSecret():
            path = resource_path("v1", SECRETS.plural, change.namespace)
            store.put(SECRETS.plural, await client.post(path, change.manifest()))
        case ApplySecret():
            path = _secret(change.namespace, change.wanted.name)
            store.put(SECRETS.plural, await client.apply(path, change.manifest()))
        case RemoveOwnerReferences():
            path = _secret(change.namespace, change.name)
            store.put(SECRETS.plural, await client.json_patch(path, change.patch()))
        case DeleteSecret():
            await client.delete(_secret(change.namespace, change.name), uid=change.uid)
            store.remove(SECRETS.plural, change.namespace, change.name, change.uid)
        case PatchServiceAccount():
            path = resource_path("v1", SERVICE_ACCOUNTS.plural, change.namespace, change.name)
            store.put(SERVICE_ACCOUNTS.plural, await client.json_patch(path, change.patch()))


async def _understand(context: Context, change: NamespaceChange, error: KubeError, seen: Seen) -> None:
    if error.status == _FORBIDDEN and "being terminated" in error.message:
        message = f"The namespace {change.namespace} is being deleted"
        raise Refused(Reason.NAMESPACE_TERMINATING, message) from None
    # A failed test of a JSON patch and a refused value are both 422; only the refused value names fields.
    stale = error.status in (_NOT_FOUND, _CONFLICT) or (
        error.status == _UNPROCESSABLE and (not error.causes or error.causes == ("metadata.uid",))
    )
    if not stale:
        if error.status == _TOO_MANY:
            raise error
        raise Refused(Reason.WRITE_REFUSED, f"{_what(change)}: {error}") from None
    if isinstance(change, PatchServiceAccount):
        await _read(context, SERVICE_ACCOUNTS, change.namespace, change.name)
    else:
        name = change.wanted.name if isinstance(change, CreateSecret | ApplySecret) else change.name
        if error.status == _NOT_FOUND and isinstance(change, CreateSecret):
            raise Gone(error.status, error.reason, error.message) from None
        if isinstance(change, DeleteSecret) and error.status == _NOT_FOUND:
            context.store.remove(SECRETS.plural, change.namespace, name, change.uid)
            return
        found = await _read(context, SECRETS, change.namespace, name)
        if found is not None:
            seen(name, found)
    raise Stale(error.status, error.reason, error.message) from None


async def _read(context: Context, resource: Resource, namespace: str, name: str) -> Json | None:
    """The object as it is now, and into the store where the store may hold it."""
    held = context.store.get(resource.plural, namespace, name)
    path = resource_path(resource.api_version, resource.plural, namespace, name)
    try:
        found = await context.client.get(path)
    except KubeError as error:
        if error.status != _NOT_FOUND:
            raise
        if held is not None:
            context.store.remove(resource.plural, namespace, name, held["metadata"]["uid"])
        return None
    if _is_watched(resource, found):
        context.store.put(resource.plural, found)
    elif held is not None:
        # Its label was taken off.
        context.store.remove(resource.plural, namespace, name, held["metadata"]["uid"])
    return found


def _is_watched(resource: Resource, obj: Json) -> bool:
    labels: dict[str, Any] = obj["metadata"].get("labels") or {}
    return not resource.selector or resource.selector in labels


def _secret(namespace: str, name: str) -> str:
    return resource_path("v1", SECRETS.plural, namespace, name)


def _what(change: NamespaceChange) -> str:
    described = change.describe()
    return f"Failed to {described}" if not isinstance(change, PatchServiceAccount) else f"Failed: {described}"
