"""Manifests of EcrLifecyclePolicy objects, for tests."""

from typing import Any

import pytest

from ecr_operator.api.kinds import ECR_LIFECYCLE_POLICY
from ecr_operator.api.names import API_VERSION
from tests.api.lifecycle_examples import days_since, rule
from tests.cluster import ApiError, Cluster
from tests.kinds import path

MINIMAL: dict[str, Any] = {"rules": [rule(1, days_since("Pushed", 14, "untagged"))]}
"""The smallest spec."""
INLINE = "spec.lifecyclePolicy."
"""Where an EcrRepository has what an EcrLifecyclePolicy has in `spec`."""


def lifecycle_policy(
    name: str, spec: dict[str, Any] | None = None, namespace: str | None = None
) -> dict[str, Any]:
    """Return the manifest of an EcrLifecyclePolicy; without rules in ``spec`` it has those of `MINIMAL`."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "apiVersion": API_VERSION,
        "kind": ECR_LIFECYCLE_POLICY.kind,
        "metadata": metadata,
        "spec": MINIMAL | (spec or {}),
    }


def of_inline(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of an EcrLifecyclePolicy that says what an EcrRepository's spec says inline."""
    return lifecycle_policy("web") | {"spec": spec["lifecyclePolicy"]}


def admitted(cluster: Cluster, obj: dict[str, Any]) -> dict[str, Any]:
    """Return the object as the API server would keep it, without keeping it. Raises ApiError."""
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    return cluster.request("POST", path(obj["kind"], "default"), obj, query=query)


def assert_refused(cluster: Cluster, obj: dict[str, Any], field: str, words: str) -> None:
    """Assert that the API server refuses the object, and names the field and what to write."""
    with pytest.raises(ApiError) as error:
        admitted(cluster, obj)
    assert error.value.status == 422
    assert f"{field}: " in error.value.message
    assert words in error.value.message
