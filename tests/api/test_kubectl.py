"""What a person sees with kubectl."""

import re
from typing import Any

import pytest

from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.schema import structural_schema
from tests.api.repositories import repository
from tests.cluster import Cluster

READY = {
    "type": "Ready",
    "status": "True",
    "reason": "InSync",
    "message": "",
    "lastTransitionTime": "2026-11-24T12:00:00Z",
    "observedGeneration": 1,
}
URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web"


@pytest.fixture
def table(cluster: Cluster, namespace: str) -> str:
    """Put an object with a status into the namespace; return its name there."""
    cluster.create(repository("web", {"imageTagMutability": "IMMUTABLE"}, namespace))
    status = {
        "observedGeneration": 1,
        "repositoryUri": URI,
        "lifecyclePolicy": {"source": "keep-releases", "state": "Held"},
        "images": {
            "count": 12,
            "taggedCount": 3,
            "sizeBytes": 345678,
            "lastPulledAt": "2026-11-23",
            "observedAt": "2026-11-24T12:00:00Z",
        },
        "inUse": {"images": 2},
        "scan": {"type": "BASIC", "worst": {"CRITICAL": 3, "HIGH": 0, "SEVERE": 1}},
        "conditions": [READY],
    }
    cluster.status_patch("EcrRepository", namespace, "web", status)
    return namespace


def rows(cluster: Cluster, namespace: str, *arguments: str) -> list[list[str]]:
    printed = cluster.kubectl("get", *arguments, "-n", namespace).stdout
    return [line.split() for line in printed.splitlines()]


def test_the_columns_of_get(cluster: Cluster, table: str) -> None:
    header, row = rows(cluster, table, "ecrrepo")
    assert header == ["NAME", "URI", "IMAGES", "CRITICAL", "HIGH", "READY", "REASON", "AGE"]
    assert row[:7] == ["web", URI, "12", "3", "0", "True", "InSync"]


def test_findings_that_are_not_known_are_no_zero(cluster: Cluster, table: str) -> None:
    cluster.status_patch("EcrRepository", table, "web", {"scan": {"worst": None}})
    _, row = rows(cluster, table, "ecrrepo")
    assert row[:5] == ["web", URI, "12", "True", "InSync"]


def test_wait_sees_the_verdict_of_a_scan(cluster: Cluster, table: str) -> None:
    passed = READY | {"type": "ScanPassed", "reason": "NoVulnerabilitiesFound"}
    cluster.status_patch("EcrRepository", table, "web", {"conditions": [READY, passed]})
    cluster.kubectl("wait", "-n", table, "ecrrepo/web", "--for=condition=ScanPassed=true", "--timeout=5s")


def test_the_wide_columns_of_get(cluster: Cluster, table: str) -> None:
    header, row = rows(cluster, table, "ecrrepositories", "-o", "wide")
    wide = ["MUTABILITY", "IMAGES", "SIZE", "LIFECYCLE", "CRITICAL", "HIGH", "IN-USE"]
    assert header == ["NAME", "URI", *wide, "READY", "REASON", "AGE"]
    assert row[2:9] == ["IMMUTABLE", "12", "345678", "Held", "3", "0", "2"]


def test_the_category_lists_the_kind(cluster: Cluster, table: str) -> None:
    assert any("web" in row[0] for row in rows(cluster, table, "ecr"))


def test_wait_sees_the_condition(cluster: Cluster, table: str) -> None:
    cluster.kubectl("wait", "-n", table, "ecrrepo/web", "--for=condition=Ready", "--timeout=5s")


def explained(cluster: Cluster, path: str) -> str:
    """What `kubectl explain` prints, without its line breaks."""
    return re.sub(r"\s+", " ", cluster.kubectl("explain", path).stdout)


def test_explain_tells_every_field_in_the_words_of_the_model(cluster: Cluster) -> None:
    text = explained(cluster, "ecrrepository.spec")
    fields: dict[str, Any] = structural_schema(EcrRepositorySpec)["properties"]
    for name, field in fields.items():
        assert f" {name} <" in text
        assert re.sub(r"\s+", " ", field["description"]) in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ecrrepo", "A repository in Amazon ECR."),
        ("ecrrepository.spec.deletionPolicy", "ENUM: Retain Delete DeleteWithImages"),
        ("ecrrepository.spec.deletionPolicy", "Defaults to `Retain`."),
        ("ecrrepository.spec.lifecyclePolicyRef", "name <string> -required-"),
        ("ecrrepository.spec.lifecyclePolicy.protection.imagesInUse", "ENUM: Hold Warn Ignore"),
        ("ecrrepository.spec.foreignStatements", "ENUM: Keep Remove"),
        ("ecrrepository.spec.access.lambda", "functions <[]string>"),
        ("ecrrepository.spec.access.pull.accounts", "12 digits, in quotes."),
        ("ecrrepository.spec.lifecyclePolicy.rules", "rulePriority <integer> -required-"),
        ("ecrrepository.spec.lifecyclePolicy.rules.selection.tagPatternList", "several patterns mean AND"),
        ("ecrrepository.spec.repositoryPolicy.statements", "Sid <string> -required-"),
        ("ecrrepository.spec.repositoryPolicy.statements.Condition", "IAM's conditions"),
        ("ecrrepository.spec.encryptionConfiguration", "encryptionType <string> -required-"),
        ("ecrrepository.status.lifecyclePolicy.state", "ENUM: Applied Held Withdrawn Pending Unmanaged"),
        ("ecrrepository.status.images", "lastPulledAt <string>"),
        ("ecrrepository.spec.images.report", "0 to 20; with 0 no scan is read."),
        ("ecrrepository.spec.vulnerabilityPolicy.onUnscanned", "ENUM: Fail Pass Unknown"),
        ("ecrrepository.spec.vulnerabilityPolicy.maxCritical", "With 0 it may have none."),
        ("ecrrepository.status.scan.images", "severityCounts <map[string]integer>"),
        ("ecrrepository.status.scan.images.passed", "ENUM: True False Unknown"),
        ("ecrrepository.status.conditions", "lastTransitionTime <string> -required-"),
    ],
)
def test_explain(cluster: Cluster, path: str, words: str) -> None:
    assert words in explained(cluster, path)


def test_a_mistake_is_refused_in_words_that_a_person_can_act_on(cluster: Cluster, namespace: str) -> None:
    wrong = f"""
apiVersion: ecr-operator.dev/v1alpha1
kind: EcrRepository
metadata: {{name: web, namespace: {namespace}}}
spec:
  imageTagMutability: IMMUTABLE_WITH_EXCLUSION
"""
    refused = cluster.kubectl("apply", "-f", "-", input=wrong, check=False)
    assert refused.returncode == 1
    assert "spec.imageTagMutabilityExclusionFilters: Required value: `imageTag" in refused.stderr
    assert "must hold 1 to 5 filters" in refused.stderr


def test_a_misspelt_field_is_named(cluster: Cluster, namespace: str) -> None:
    wrong = f"""
apiVersion: ecr-operator.dev/v1alpha1
kind: EcrRepository
metadata: {{name: web, namespace: {namespace}}}
spec: {{deletionpolicy: Delete}}
"""
    refused = cluster.kubectl("apply", "-f", "-", input=wrong, check=False)
    assert 'unknown field "spec.deletionpolicy"' in refused.stderr
