"""What a namespace should hold over all EcrPullSecrets, and what it holds.

Nothing of this shows a Secret's data in its repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ecr_operator.api.names import GROUP, MANAGED_BY, MANAGED_BY_LABEL, PULL_SECRET_LABEL

OWNER_KIND = "EcrPullSecret"


@dataclass(frozen=True, slots=True)
class WantedSecret:
    """A Secret that an EcrPullSecret wants in a namespace that it selects."""

    owner: str
    """``metadata.name`` of the EcrPullSecret; they are cluster-scoped."""
    uid: str
    created: str
    """``metadata.creationTimestamp``; RFC 3339 in UTC sorts as text."""
    name: str
    type: str
    data: Mapping[str, str] | None = field(repr=False)
    """{key: base64 text}; None: no token is known yet, so that nothing can be written."""
    content_labels: Mapping[str, str] = field(default_factory=dict)
    """Those of the format."""
    adopt: bool = False
    retain: bool = False
    service_accounts: tuple[str, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """All that we set; none is copied from the owner, or GitOps tools would prune the Secret."""
        return {**self.content_labels, MANAGED_BY_LABEL: MANAGED_BY, PULL_SECRET_LABEL: self.owner}

    @property
    def age(self) -> tuple[str, str]:
        """Sorts the older first."""
        return self.created, self.owner


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """One of an object's ``metadata.ownerReferences``."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False

    @property
    def is_pull_secret(self) -> bool:
        """Whether it names an EcrPullSecret."""
        return self.kind == OWNER_KIND and self.api_version.partition("/")[0] == GROUP


@dataclass(frozen=True, slots=True)
class ObservedSecret:
    """A Secret with our label, or with the name of one that is wanted."""

    name: str
    uid: str
    resource_version: str
    type: str
    data: Mapping[str, str] = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[OwnerReference, ...] = ()
    """In the object's order: one is removed by its index."""
    immutable: bool = False
    """Nobody can change its data any more; not even that it is so."""

    @property
    def controller(self) -> OwnerReference | None:
        """The reference to the object that controls it; the API server allows one."""
        return next((owner for owner in self.owners if owner.controller), None)

    @property
    def is_retained(self) -> bool:
        """Whether no EcrPullSecret's deletion takes it along."""
        return not any(owner.is_pull_secret for owner in self.owners)

    @property
    def owner(self) -> str | None:
        """The name of the EcrPullSecret that it is of; None: it is not the operator's."""
        controller = self.controller
        if controller is not None:
            # A controller of another kind made it, or copied it with our labels.
            return controller.name if controller.is_pull_secret else None
        managed = self.labels.get(MANAGED_BY_LABEL) == MANAGED_BY
        return self.labels.get(PULL_SECRET_LABEL) if managed else None


@dataclass(frozen=True, slots=True)
class ObservedServiceAccount:
    """A service account, as a JSON patch has to know it."""

    name: str
    uid: str
    resource_version: str
    image_pull_secrets: tuple[str, ...] | None = None
    """The names in the object's order ("" for an entry without one); None: there is no list."""
    annotations: Mapping[str, str] | None = None
    """None: there is no such map."""


@dataclass(frozen=True, slots=True)
class ObservedNamespace:
    """What the plan of a namespace has to know of it."""

    name: str
    terminating: bool = False
    secrets: tuple[ObservedSecret, ...] = ()
    service_accounts: tuple[ObservedServiceAccount, ...] = ()

    def secret(self, name: str) -> ObservedSecret | None:
        """The Secret of that name."""
        return next((secret for secret in self.secrets if secret.name == name), None)


class Release(Enum):
    """Why an EcrPullSecret wants nothing in a namespace, as a live read has just shown."""

    DESELECTED = "deselected"
    """It is there, and does not select the namespace."""
    DELETING = "deleting"
    """It is being deleted, with `deletionPolicy: Delete`."""
    GONE = "gone"
    """It is not there."""


@dataclass(frozen=True, slots=True)
class Released:
    """An EcrPullSecret that is proved to want nothing in the namespace.

    One that is suspended, that cannot be read, or that is being deleted with `deletionPolicy: Retain` is
    never among them: what it has written stays as it is.
    """

    release: Release
    uid: str = ""
    secret_name: str = ""
    """Both "" where it is gone."""
