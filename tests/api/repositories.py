"""Manifests of EcrRepository objects, for tests."""

from typing import Any

import pytest

from ecr_operator.api.kinds import ECR_REPOSITORY
from ecr_operator.api.names import API_VERSION
from tests.cluster import ApiError, Cluster


def repository(name: str, spec: dict[str, Any] | None = None, namespace: str | None = None) -> dict[str, Any]:
    """Return the manifest of an EcrRepository."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": API_VERSION,
        "kind": ECR_REPOSITORY.kind,
        "metadata": metadata,
        "spec": spec or {},
    }


def assert_refused(cluster: Cluster, namespace: str, spec: dict[str, Any], field: str, words: str) -> None:
    """Assert that the API server refuses the spec, and names the field and what to write."""
    with pytest.raises(ApiError) as error:
        cluster.create(repository("web", spec, namespace))
    assert error.value.status == 422
    assert f"{field}: " in error.value.message
    assert words in error.value.message
