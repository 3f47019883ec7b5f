"""One change in a namespace, sent to the API server, and what its answer means."""

from collections.abc import Callable
from typing import Any

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json
from ecr_operator.kube.errors import Gone, KubeError, KubeUnavailable, Stale, says_absent
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import NAMESPACES, SECRETS, SERVICE_ACCOUNTS, Resource
from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    NamespaceChange,
    PatchServiceAccount,
    RemoveOwnerReferences,
)
from ecr_operator.planning.secret_redaction import without_credentials
from ecr_operator.reasons import Reason

_NOT_FOUND, _CONFLICT, _UNPROCESSABLE, _FORBIDDEN = 404, 409, 422, 403
_PASSING = (429, 503, 504)
"""Too many requests, an API server that ends or starts: nobody has refused anything, as it seems.

An admission webhook chooses its status itself, any of these and 404 and 409 too: what goes on is a refusal.
"""

SecretChange = CreateSecret | ApplySecret | RemoveOwnerReferences | DeleteSecret

Seen = Callable[[str, Json | None], None]
"""Called with the name of a Secret and what a live read has shown there; None: nothing."""


class Refused(Exception):
    """The API server has refused a change, and says why; others may go on."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


async def perform(context: Context, change: NamespaceChange, seen: Seen) -> None:
    """Carry `change` out; what it made is in the store then.

    Raises `Stale` when what is there is not what was planned for (it is in the store, or was told to `seen`),
    `Gone` when the namespace is, `Refused`, `KubeUnavailable` without an answer, and any other `KubeError`
    for what may pass by itself.
    """
    try:
        await _send(context, change)
    except KubeUnavailable:
        raise
    except KubeError as error:
        await _understand(context, change, _shown(context, change, error), seen)


def refusal(change: NamespaceChange, error: KubeError) -> Refused:
    """What users are told of an answer that stays the same."""
    described = change.describe()
    what = f"Failed: {described}" if isinstance(change, PatchServiceAccount) else f"Failed to {described}"
    return Refused(Reason.WRITE_REFUSED, f"{what}: {error}")


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
    if error.status in _PASSING:
        raise error from None
    refused = refusal(change, error)
    if error.status == _NOT_FOUND and isinstance(change, CreateSecret):
        if await _is_there(context, change.namespace, error):
            raise refused from None
        raise Gone(error.status, error.reason, error.message) from None
    if error.status not in (_NOT_FOUND, _CONFLICT) and not _may_be_stale(change, error):
        raise refused from None
    if isinstance(change, PatchServiceAccount):
        account = await _read(context, SERVICE_ACCOUNTS, change.namespace, change.name)
        if _is_same(account, change.uid, change.resource_version):
            raise refused from None
    else:
        name = _name(change)
        held = context.store.get(SECRETS.plural, change.namespace, name)
        found = await _read(context, SECRETS, change.namespace, name)
        seen(name, found)
        if isinstance(change, DeleteSecret) and error.status == _NOT_FOUND and found is None:
            context.store.remove(SECRETS.plural, change.namespace, name, change.uid)
            return
        if _is_as_planned(change, held, found):
            if error.status == _NOT_FOUND or isinstance(change, RemoveOwnerReferences):
                raise refused from None
            # A conflict within the API server, as of a quota's count, passes; that of a webhook does not.
            raise error from None
    raise Stale(error.status, error.reason, error.message) from None


async def _is_there(context: Context, namespace: str, error: KubeError) -> bool:
    """Whether the namespace that a creation did not find is there, so that somebody else has said 404."""
    held = context.store.get(NAMESPACES.plural, None, namespace)
    if held is None:
        # Namespaces are not seen, and may not be read: the API server's own words are all that there is.
        return f'namespaces "{namespace}" not found' not in error.message
    uid = str(held["metadata"]["uid"])
    try:
        found = await context.client.get(resource_path("v1", NAMESPACES.plural, name=namespace))
    except KubeError as refused:
        if not says_absent(refused, namespace):
            raise
        # The watch has missed its end, or will tell of it soon.
        context.store.remove(NAMESPACES.plural, None, namespace, uid)
        return False
    return bool(found["metadata"]["uid"] == uid)


def _shown(context: Context, change: NamespaceChange, error: KubeError) -> KubeError:
    """The answer as it may be shown: a webhook may repeat the object that it was sent, or the old one."""
    if isinstance(change, PatchServiceAccount):
        return error
    held = context.store.get(SECRETS.plural, change.namespace, _name(change))
    hidden = [(held or {}).get("data") or {}]
    if isinstance(change, CreateSecret | ApplySecret):
        hidden.append(change.wanted.data or {})
    reason, message = (without_credentials(text, hidden) for text in (error.reason, error.message))
    return KubeError(error.status, reason, message, error.causes, error.retry_after)


def _is_as_planned(change: SecretChange, held: Json | None, found: Json | None) -> bool:
    """Whether a live read has `found` what was planned for; `held` is what the store held before."""
    match change:
        case CreateSecret():
            return found is None
        case DeleteSecret():
            return found is not None and bool(found["metadata"]["uid"] == change.uid)
        case RemoveOwnerReferences():
            return _is_same(found, change.uid, change.resource_version)
        case ApplySecret():
            known = held["metadata"]["resourceVersion"] if held is not None else ""
            return _is_same(found, change.uid, change.resource_version or known)


def _may_be_stale(change: NamespaceChange, error: KubeError) -> bool:
    """Whether a 422 may say that the object is another one than was planned for, or has changed.

    A failed test of a JSON patch looks as the refusal of a ValidatingAdmissionPolicy: only the object itself
    tells the two apart.
    """
    if error.status != _UNPROCESSABLE:
        return False
    if isinstance(change, PatchServiceAccount | RemoveOwnerReferences):
        return not error.causes
    return error.causes == ("metadata.uid",)


def _is_same(found: Json | None, uid: str, resource_version: str) -> bool:
    if found is None:
        return False
    metadata = found["metadata"]
    return bool(metadata["uid"] == uid and metadata["resourceVersion"] == resource_version)


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


def _name(change: SecretChange) -> str:
    """The name of the Secret that is changed."""
    return change.wanted.name if isinstance(change, CreateSecret | ApplySecret) else change.name
