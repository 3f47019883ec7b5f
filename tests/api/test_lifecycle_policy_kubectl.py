"""What a person sees of EcrLifecyclePolicies with kubectl."""

import json
from typing import Any

import pytest

from ecr_operator.api.lifecycle_policy import EcrLifecyclePolicySpec, EcrLifecyclePolicyStatus
from ecr_operator.api.schema import structural_schema
from tests.api.lifecycle_policies import lifecycle_policy
from tests.api.test_kubectl import READY, explained, rows
from tests.cluster import Cluster

KIND = "EcrLifecyclePolicy"
COUNTS = {"matched": 12, "applied": 9, "held": 2, "withdrawn": 1, "pending": 0, "conflicting": 0}
STATUS = {"observedGeneration": 1, "ruleCount": 3, "repositories": COUNTS, "conditions": [READY]}


@pytest.fixture
def table(cluster: Cluster, namespace: str) -> str:
    """Put an object with a status into the namespace; return its name there."""
    cluster.create(lifecycle_policy("keep-releases", {}, namespace))
    cluster.status_patch(KIND, namespace, "keep-releases", STATUS)
    return namespace


@pytest.mark.parametrize("resource", ["ecrlp", "ecrlifecyclepolicies", "ecrlifecyclepolicy", KIND])
def test_the_columns_of_get(cluster: Cluster, table: str, resource: str) -> None:
    header, row = rows(cluster, table, resource)
    assert header == ["NAME", "RULES", "MATCHED", "APPLIED", "HELD", "READY", "REASON", "AGE"]
    assert row[:7] == ["keep-releases", "3", "12", "9", "2", "True", "InSync"]


def test_the_category_lists_the_kind(cluster: Cluster, table: str) -> None:
    listed = [row[0] for row in rows(cluster, table, "ecr") if row]
    assert "ecrlifecyclepolicy.ecr-operator.dev/keep-releases" in listed


def test_wait_sees_the_condition(cluster: Cluster, table: str) -> None:
    cluster.kubectl("wait", "-n", table, "ecrlp/keep-releases", "--for=condition=Ready", "--timeout=5s")


@pytest.mark.parametrize("part", ["spec", "status"])
def test_explain_tells_every_field_in_the_words_of_the_model(cluster: Cluster, part: str) -> None:
    text = explained(cluster, f"ecrlifecyclepolicy.{part}")
    model = {"spec": EcrLifecyclePolicySpec, "status": EcrLifecyclePolicyStatus}[part]
    fields: dict[str, Any] = structural_schema(model)["properties"]
    for name, field in fields.items():
        assert f" {name} <" in text
        assert " ".join(field["description"].split()) in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ecrlp", "A lifecycle policy for repositories of its namespace"),
        ("ecrlp.spec", "rules <[]Object> -required-"),
        ("ecrlp.spec.rules.selection.tagPatternList", "several patterns mean AND"),
        ("ecrlp.spec.protection.imagesInUse", "ENUM: Hold Warn Ignore"),
        ("ecrlp.spec.protection.imagesInUse", "Defaults to `Hold`."),
        ("ecrlp.spec.repositorySelector.matchExpressions.operator", "ENUM: In NotIn Exists DoesNotExist"),
        ("ecrlp.spec.deletionPolicy", "Defaults to `Delete`."),
        ("ecrlp.status.details", "state <string> -required-"),
    ],
)
def test_explain(cluster: Cluster, path: str, words: str) -> None:
    assert words in explained(cluster, path)


MISSPELT: dict[str, tuple[dict[str, Any], str]] = {
    "a selector": (
        {"repositorySelector": {"matchLabel": {"team": "a"}}},
        "spec.repositorySelector.matchLabel",
    ),
    "protection": ({"protection": {"protectedTag": ["prod-*"]}}, "spec.protection.protectedTag"),
    "a whole field": ({"protections": {"imagesInUse": "Hold"}}, "spec.protections"),
}


@pytest.mark.parametrize(("spec", "field"), MISSPELT.values(), ids=MISSPELT.keys())
def test_a_misspelt_field_is_named(
    cluster: Cluster, namespace: str, spec: dict[str, Any], field: str
) -> None:
    manifest = json.dumps(lifecycle_policy("web", spec, namespace))
    refused = cluster.kubectl("apply", "-f", "-", input=manifest, check=False)
    assert refused.returncode == 1
    assert f'unknown field "{field}"' in refused.stderr
