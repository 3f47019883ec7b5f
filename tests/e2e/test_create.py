"""A new EcrRepository becomes Ready, with few calls and few writes."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.repositories import KIND, Repositories, condition
from tests.running import RunningOperator

pytestmark = pytest.mark.usefixtures("operator")

EVERYTHING = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [
        {"filterType": "WILDCARD", "filter": "latest"},
        {"filterType": "WILDCARD", "filter": "dev-*"},
    ],
    "imageScanningConfiguration": {"scanOnPush": True},
    "encryptionConfiguration": {"encryptionType": "KMS"},
    "tags": {"team": "a", "Cost Center": "12 = x"},
}


def test_everything_that_the_spec_says_is_created_by_one_call(repositories: Repositories) -> None:
    repositories.created("full", **EVERYTHING)

    found = repositories.in_aws("full")
    assert found is not None
    assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    filters = {entry["filter"] for entry in found["imageTagMutabilityExclusionFilters"]}
    assert filters == {"latest", "dev-*"}
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"]["encryptionType"] == "KMS"
    owner = {"ecr-operator.dev/owner": repositories.owner("full")}
    assert found["tags"] == {"team": "a", "Cost Center": "12 = x", **owner}
    assert repositories.calls() == {"DescribeRepositories": 1, "CreateRepository": 1}


def test_the_status_says_what_a_person_looks_up(repositories: Repositories) -> None:
    obj = repositories.created("status", tags={"team": "a"}, imageTagMutability="IMMUTABLE")

    status, found = obj["status"], repositories.in_aws("status")
    assert found is not None
    assert status["repositoryUri"] == found["repositoryUri"]
    assert status["repositoryArn"] == repositories.arn("status")
    assert status["registryId"] == ACCOUNT
    assert status["region"] == "eu-west-1"
    assert status["owner"] == repositories.owner("status")
    assert status["managed"] == ["imageTagMutability", "repository", "tags/team"]
    ready = condition(obj, "Ready")
    assert ready is not None
    assert ready["reason"] == "InSync"
    assert condition(obj, "Reconciling") is None
    assert condition(obj, "Stalled") is None
    assert repositories.event(obj, "RepositoryCreated")["type"] == "Normal"


@pytest.mark.parametrize(("policy", "writes"), [("Retain", 2), ("Delete", 3)])
def test_a_creation_costs_two_writes_and_a_third_for_the_finalizer(
    cluster: Cluster, repositories: Repositories, policy: str, writes: int
) -> None:
    before = repositories.create("writes", deletionPolicy=policy)
    managers = {entry["manager"] for entry in repositories.ready("writes")["metadata"]["managedFields"]}

    versions = cluster.history(KIND, repositories.namespace, "writes", before["metadata"]["resourceVersion"])

    assert "ecr-operator" in managers
    assert len(versions) == writes


def test_the_name_is_the_objects_own_where_the_spec_says_none(repositories: Repositories) -> None:
    name = f"{repositories.namespace}-plain"
    obj = repositories.manifest(name)
    del obj["spec"]["repositoryName"]
    repositories.cluster.create(obj)

    ready = repositories.ready(name)

    assert ready["status"]["repositoryArn"].endswith(f":repository/{name}")


def test_a_change_is_applied_by_the_calls_that_it_needs(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("change", tags={"a": "1", "b": "2"}, imageTagMutability="MUTABLE")
    aws.reset_calls()

    repositories.patch(
        "change",
        tags={"a": "1", "b": None, "c": "3"},
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
    )
    obj = repositories.ready("change")

    found = repositories.in_aws("change")
    assert found is not None
    assert found["tags"] == {"a": "1", "c": "3", "ecr-operator.dev/owner": repositories.owner("change")}
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repositories.calls() == {
        "DescribeRepositories": 1,
        "ListTagsForResource": 1,
        "UntagResource": 1,
        "TagResource": 1,
        "PutImageTagMutability": 1,
        "PutImageScanningConfiguration": 1,
    }
    assert "set imageTagMutability to IMMUTABLE" in repositories.event(obj, "RepositoryUpdated")["note"]


def test_a_field_that_leaves_the_spec_is_left_as_it_is(repositories: Repositories) -> None:
    repositories.created(
        "left", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True}
    )

    repositories.patch("left", imageTagMutability=None, imageScanningConfiguration=None)
    obj = repositories.ready("left")

    found = repositories.in_aws("left")
    assert found is not None
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert obj["status"]["managed"] == ["repository"]


def test_a_label_or_a_foreign_annotation_costs_nothing(repositories: Repositories, aws: FakeAws) -> None:
    obj = repositories.created("quiet")
    aws.reset_calls()

    repositories.annotate("quiet", "argocd.argoproj.io/tracking-id", "app:x")
    # Something that is looked at afterwards shows that the annotation was not.
    repositories.created("after")

    after = repositories.get("quiet")
    assert after["status"] == obj["status"]
    assert "ListTagsForResource" not in repositories.calls()


def test_the_metrics_count_objects_and_calls(repositories: Repositories, operator: RunningOperator) -> None:
    repositories.created("counted")

    text = operator.metrics()

    assert 'ecr_operator_objects{kind="EcrRepository",ready="True",reason="InSync"}' in text
    assert 'ecr_operator_aws_requests_total{code="OK",operation="CreateRepository"}' in text
    assert "ecr_operator_build_info" in text
