"""Manifests of EcrRepository objects, for tests."""

from typing import Any

from ecr_operator.api.kinds import ECR_REPOSITORY
from ecr_operator.api.names import API_VERSION


def repository(name: str, spec: dict[str, Any] | None = None, namespace: str | None = None) -> dict[str, Any]:
    """Return the manifest of an EcrRepository."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": API_VERSION,
        "kind": ECR_REPOSITORY.kind,
        "metadata": metadata,
        "spec": spec or {},
    }
