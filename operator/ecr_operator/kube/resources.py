"""The resources that the operator lists and watches."""

from collections.abc import Mapping
from dataclasses import dataclass

from ecr_operator.api.names import API_VERSION, PULL_SECRET_LABEL
from ecr_operator.kube.paths import resource_path


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the API server; `plural` is also its kind in the store."""

    api_version: str
    plural: str
    namespaced: bool
    selector: str = ""
    """A label selector: others of the kind are never seen."""

    @property
    def params(self) -> Mapping[str, str]:
        """The query of a LIST."""
        return {"labelSelector": self.selector} if self.selector else {}

    def paths(self, namespaces: tuple[str, ...] = ()) -> dict[str, str]:
        """What to list, by namespace: each of them, or everything ("")."""
        if not namespaces or not self.namespaced:
            return {"": resource_path(self.api_version, self.plural)}
        return {
            namespace: resource_path(self.api_version, self.plural, namespace) for namespace in namespaces
        }

    @property
    def group_and_version(self) -> tuple[str, str]:
        """`("", "v1")` for the core group."""
        group, _, version = self.api_version.rpartition("/")
        return group, version


LIFECYCLE_POLICIES = Resource(API_VERSION, "ecrlifecyclepolicies", namespaced=True)
REPOSITORIES = Resource(API_VERSION, "ecrrepositories", namespaced=True)
NAMESPACES = Resource("v1", "namespaces", namespaced=False)
PULL_SECRETS = Resource(API_VERSION, "ecrpullsecrets", namespaced=False)
SECRETS = Resource("v1", "secrets", namespaced=True, selector=PULL_SECRET_LABEL)
"""Ours alone: other Secrets are nobody's business but their owners'."""
SERVICE_ACCOUNTS = Resource("v1", "serviceaccounts", namespaced=True)
