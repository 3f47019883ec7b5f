"""Every effect that a plan may have on a namespace, as data. None shows what a Secret holds.

Beside ``planning.changes`` because these start and end no part of a repository: what is ours here is said by
labels, owner references and one annotation.
"""

from dataclasses import dataclass, field
from typing import Any

from ecr_operator.api.names import API_VERSION, PULL_SECRETS_ANNOTATION
from ecr_operator.planning.namespace_state import OWNER_KIND, WantedSecret

JsonPatch = list[dict[str, Any]]


def secret_manifest(
    wanted: WantedSecret, namespace: str, uid: str | None = None, resource_version: str = ""
) -> dict[str, Any]:
    """The whole Secret, for a POST (`uid` None) or a server-side apply to the one that we know."""
    metadata: dict[str, Any] = {"name": wanted.name, "namespace": namespace, "labels": wanted.labels}
    if uid is not None:
        metadata["uid"] = uid
    if resource_version:
        metadata["resourceVersion"] = resource_version
    if not wanted.retain:
        metadata["ownerReferences"] = [
            {
                "apiVersion": API_VERSION,
                "kind": OWNER_KIND,
                "name": wanted.owner,
                "uid": wanted.uid,
                "controller": True,
                # Flux prunes no object that has it (kustomize-controller#411).
                "blockOwnerDeletion": True,
            }
        ]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": wanted.type,
        "data": dict(wanted.data or {}),
    }


@dataclass(frozen=True, slots=True)
class CreateSecret:
    """POST the Secret; 409: read it and plan again."""

    namespace: str
    wanted: WantedSecret

    @property
    def owner(self) -> str:
        """The EcrPullSecret that it is done for."""
        return self.wanted.owner

    def manifest(self) -> dict[str, Any]:
        """What is sent."""
        return secret_manifest(self.wanted, self.namespace)

    def describe(self) -> str:
        """As a person reads it."""
        return f"create Secret {self.namespace}/{self.wanted.name}"


@dataclass(frozen=True, slots=True)
class ApplySecret:
    """Server-side apply with our manager, force, and the uid of the Secret that the plan saw."""

    namespace: str
    wanted: WantedSecret
    uid: str
    adopts: bool = False
    """It was somebody else's."""
    resource_version: str = ""
    """With `adopts`: what it holds was looked at, and must not have changed since."""
    what: str = field(default="data", compare=False)
    """What differs, for readers."""

    @property
    def owner(self) -> str:
        """The EcrPullSecret that it is done for."""
        return self.wanted.owner

    def manifest(self) -> dict[str, Any]:
        """What is sent."""
        return secret_manifest(self.wanted, self.namespace, self.uid, self.resource_version)

    def describe(self) -> str:
        """As a person reads it."""
        verb = "adopt" if self.adopts else "update"
        return f"{verb} Secret {self.namespace}/{self.wanted.name} ({self.what})"


@dataclass(frozen=True, slots=True)
class RemoveOwnerReferences:
    """JSON patch that takes references to EcrPullSecrets out of a Secret of ours.

    A server-side apply cannot: the Secret was created by POST, and what a manager wrote by one operation
    stays when it leaves that out of an apply; a second controller beside it is refused (tried on 1.36).
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    owner: str
    indexes: tuple[int, ...]

    def patch(self) -> JsonPatch:
        """What is sent; the last first, so that the indexes stay true."""
        return _tests(self.uid, self.resource_version) + [
            {"op": "remove", "path": f"/metadata/ownerReferences/{index}"}
            for index in sorted(self.indexes, reverse=True)
        ]

    def describe(self) -> str:
        """As a person reads it."""
        return f"remove the owner reference of Secret {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class DeleteSecret:
    """Delete a Secret of ours, by its uid."""

    namespace: str
    name: str
    uid: str
    owner: str

    def describe(self) -> str:
        """As a person reads it."""
        return f"delete Secret {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class PatchServiceAccount:
    """Add and remove our entries of one service account in one JSON patch; 422: read it and plan again.

    One patch, because each tests the resourceVersion: a second one would be stale.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    add: tuple[str, ...] = ()
    """Secret names, at the end of the list."""
    restored: tuple[str, ...] = ()
    """Those of `add` that we had added before: somebody took them out."""
    remove: tuple[tuple[int, str], ...] = ()
    """(index, Secret name) in the list as it was observed."""
    record: str = ""
    """The annotation afterwards; "": it goes."""
    had_list: bool = True
    had_record: bool = False
    had_annotations: bool = True
    owners: frozenset[str] = frozenset()
    """The EcrPullSecrets that it is done for."""

    def patch(self) -> JsonPatch:
        """What is sent: other entries keep their content and order."""
        patch = _tests(self.uid, self.resource_version)
        patch += [
            {"op": "remove", "path": f"/imagePullSecrets/{index}"} for index, _ in reversed(self.remove)
        ]
        if self.add and not self.had_list:
            patch.append({"op": "add", "path": "/imagePullSecrets", "value": []})
        patch += [{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": name}} for name in self.add]
        path = "/metadata/annotations/" + PULL_SECRETS_ANNOTATION.replace("~", "~0").replace("/", "~1")
        if self.record:
            if not self.had_annotations:
                patch.append({"op": "add", "path": "/metadata/annotations", "value": {}})
            patch.append({"op": "add", "path": path, "value": self.record})
        elif self.had_record:
            patch.append({"op": "remove", "path": path})
        return patch

    def describe(self) -> str:
        """As a person reads it."""
        parts = [f"add {', '.join(self.add)}"] if self.add else []
        if self.remove:
            parts.append(f"remove {', '.join(name for _, name in self.remove)}")
        return f"service account {self.namespace}/{self.name}: {' and '.join(parts) or 'correct our record'}"


NamespaceChange = CreateSecret | ApplySecret | RemoveOwnerReferences | DeleteSecret | PatchServiceAccount


def _tests(uid: str, resource_version: str) -> JsonPatch:
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/metadata/resourceVersion", "value": resource_version},
    ]


def owners_of(change: NamespaceChange) -> frozenset[str]:
    """The EcrPullSecrets whose state has to be proved before the change is made."""
    return change.owners if isinstance(change, PatchServiceAccount) else frozenset({change.owner})
