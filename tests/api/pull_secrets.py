"""Manifests of EcrPullSecret objects, for tests."""

from typing import Any

import pytest

from ecr_operator.api.kinds import ECR_PULL_SECRET
from ecr_operator.api.names import API_VERSION
from tests.cluster import ApiError, Cluster
from tests.kinds import path

MINIMAL: dict[str, Any] = {"registries": [{}], "namespaces": {"include": ["*"]}}
"""The smallest spec: the operator's own registry, every namespace."""


def pull_secret(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of an EcrPullSecret; what ``spec`` leaves out of the required is `MINIMAL`'s."""
    return {
        "apiVersion": API_VERSION,
        "kind": ECR_PULL_SECRET.kind,
        "metadata": {"name": name},
        "spec": MINIMAL | spec,
    }


def admitted(cluster: Cluster, obj: dict[str, Any]) -> dict[str, Any]:
    """Return the object as the API server would keep it, without keeping it. Raises ApiError."""
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    return cluster.request("POST", path(ECR_PULL_SECRET.kind), obj, query=query)


def assert_refused(cluster: Cluster, spec: dict[str, Any], field: str, words: str) -> None:
    """Assert that the API server refuses the spec with one sentence: the field, and what to write."""
    with pytest.raises(ApiError) as error:
        admitted(cluster, pull_secret("web", spec))
    assert error.value.status == 422
    assert f"{field}: " in error.value.message
    assert words in error.value.message


def assert_accepted(cluster: Cluster, spec: dict[str, Any]) -> None:
    """Assert that the API server takes the spec and keeps it as it is written."""
    assert admitted(cluster, pull_secret("web", spec))["spec"] == MINIMAL | spec
