"""The EcrLifecyclePolicy that all repositories of a population have."""

from dataclasses import dataclass

from ecr_operator.api.names import API_VERSION
from tests.bench.api_server import Holds, Request
from tests.cluster import Object
from tests.kinds import path

KIND = "EcrLifecyclePolicy"
NAME = "bench"
IMAGES = 20
"""In each repository, one pushed an hour; what is kept is less."""


@dataclass(frozen=True)
class LifecyclePolicy:
    """One object, which selects all EcrRepositories of its namespace."""

    namespace: str

    def create(self, kept: int) -> Request:
        """Create it with a rule that keeps so many images."""
        body = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {"name": NAME, "namespace": self.namespace},
            "spec": {"repositorySelector": {}, "rules": [_keep(kept)]},
        }
        return Request("POST", path(KIND, self.namespace), body)

    def change(self, kept: int) -> Request:
        """Let its rule keep another number of images."""
        return self._patch({"spec": {"rules": [_keep(kept)]}})

    def annotate(self, value: str) -> Request:
        """Change what bears on no repository."""
        return self._patch({"metadata": {"annotations": {"example.com/reviewed": value}}})

    def _patch(self, body: Object) -> Request:
        return Request("PATCH", path(KIND, self.namespace, NAME), body)


def policy_hash(obj: Object | None) -> str | None:
    """The hash of the policy that a repository's status says AWS holds; None: it does not say so."""
    found = ((obj or {}).get("status") or {}).get("lifecyclePolicy") or {}
    return found.get("hash") if found.get("state") == "Applied" else None


def has_another(before: str | None) -> Holds:
    """AWS holds a policy, and not the one with the hash `before`."""
    return lambda obj: policy_hash(obj) not in (None, before)


def _keep(kept: int) -> Object:
    return {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": kept},
        "action": {"type": "expire"},
    }
