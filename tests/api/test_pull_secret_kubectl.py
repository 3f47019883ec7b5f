"""What a person sees of EcrPullSecrets with kubectl."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ecr_operator.api.pull_secret import EcrPullSecretSpec, EcrPullSecretStatus
from ecr_operator.api.schema import structural_schema
from tests.api.pull_secrets import pull_secret
from tests.api.test_kubectl import READY, explained
from tests.cluster import Cluster
from tests.kinds import path

KIND = "EcrPullSecret"
STATUS = {
    "observedGeneration": 1,
    "secretName": "pull",
    "namespaces": {"matched": 12, "ready": 11, "failed": 1},
    "expiresAt": "2099-11-24T12:00:00Z",
    "conditions": [READY],
}


@pytest.fixture(scope="module")
def name(cluster: Cluster) -> Iterator[str]:
    """The name of an object with a status."""
    name = f"kubectl-{uuid.uuid4().hex[:8]}"
    cluster.create(pull_secret(name, {"secretName": "pull"}))
    cluster.status_patch(KIND, None, name, STATUS)
    yield name
    cluster.delete(KIND, None, name)


def rows(cluster: Cluster, *arguments: str) -> list[list[str]]:
    return [line.split() for line in cluster.kubectl("get", *arguments).stdout.splitlines()]


@pytest.mark.parametrize("resource", ["ecrps", "ecrpullsecrets", "ecrpullsecret", KIND])
def test_the_columns_of_get(cluster: Cluster, name: str, resource: str) -> None:
    header, row = rows(cluster, resource, name)
    assert header == ["NAME", "SECRET", "NAMESPACES", "FAILED", "EXPIRES", "READY", "REASON", "AGE"]
    assert row[:7] == [name, "pull", "12", "1", "2099-11-24T12:00:00Z", "True", "InSync"]


def test_the_category_lists_the_kind(cluster: Cluster, name: str) -> None:
    assert f"ecrpullsecret.ecr-operator.dev/{name}" in [row[0] for row in rows(cluster, "ecr", "-A") if row]


def test_wait_sees_the_condition(cluster: Cluster, name: str) -> None:
    cluster.kubectl("wait", f"ecrps/{name}", "--for=condition=Ready", "--timeout=5s")


@pytest.mark.parametrize("part", ["spec", "status"])
def test_explain_tells_every_field_in_the_words_of_the_model(cluster: Cluster, part: str) -> None:
    text = explained(cluster, f"ecrpullsecret.{part}")
    model = {"spec": EcrPullSecretSpec, "status": EcrPullSecretStatus}[part]
    fields: dict[str, Any] = structural_schema(model)["properties"]
    for name, field in fields.items():
        assert f" {name} <" in text
        assert " ".join(field["description"].split()) in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ecrps", "Credentials for registries of Amazon ECR"),
        ("ecrps.spec", "registries <[]Object> -required-"),
        ("ecrps.spec", "namespaces <Object> -required-"),
        ("ecrps.spec.registries.hosts", "`<account>.dkr-ecr.<region>.on.aws`"),
        ("ecrps.spec.auth.access", "ENUM: Pull PullPush"),
        ("ecrps.spec.auth.access", "Defaults to `Pull`."),
        ("ecrps.spec.namespaces.selector.matchExpressions.operator", "ENUM: In NotIn Exists DoesNotExist"),
        ("ecrps.spec.format", "ENUM: DockerConfigJson DockerConfigFile ArgoCDRepoCreds"),
        ("ecrps.spec.deletionPolicy", "Defaults to `Delete`."),
        ("ecrps.status.failures", "reason <string> -required-"),
    ],
)
def test_explain(cluster: Cluster, path: str, words: str) -> None:
    assert words in explained(cluster, path)


def test_a_misspelt_field_is_named(cluster: Cluster) -> None:
    wrong = """
apiVersion: ecr-operator.dev/v1alpha1
kind: EcrPullSecret
metadata: {name: misspelt}
spec: {registries: [{account: ["123456789012"]}], namespaces: {include: ["*"]}}
"""
    refused = cluster.kubectl("apply", "-f", "-", input=wrong, check=False)
    assert refused.returncode == 1
    assert 'unknown field "spec.registries[0].account"' in refused.stderr


def test_kubectl_alone_refuses_a_mistyped_selector(cluster: Cluster) -> None:
    """Others are left with one that selects every namespace, as the documentation of the kind warns."""
    mistyped = {"namespaces": {"selector": {"matchLabel": {"team": "a"}}}}
    manifest = pull_secret("mistyped", mistyped)
    refused = cluster.kubectl("apply", "--dry-run=server", "-f", "-", input=json.dumps(manifest), check=False)
    assert refused.returncode != 0
    assert 'unknown field "spec.namespaces.selector.matchLabel"' in refused.stderr
    kept = cluster.request("POST", path(KIND), manifest, query={"dryRun": "All"})
    assert kept["spec"]["namespaces"] == {"selector": {}}
