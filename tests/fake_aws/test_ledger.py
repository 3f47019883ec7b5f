"""Counted calls and logged writes."""

from __future__ import annotations

from typing import Any

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of


def test_calls_are_counted_by_operation_account_and_the_repositories_that_they_name(
    fake: FakeAws, ecr: Any
) -> None:
    arns = [
        ecr.create_repository(repositoryName=name)["repository"]["repositoryArn"]
        for name in ("a/one", "a/two", "b/one")
    ]
    ecr.list_tags_for_resource(resourceArn=arns[0])
    ecr.describe_repositories(repositoryNames=["b/one", "a/one"])
    ecr.describe_repositories()
    fake.client("resourcegroupstaggingapi").get_resources()
    fake.client("sts", "222222222222").get_caller_identity()
    assert fake.calls() == {
        "CreateRepository": 3,
        "DescribeRepositories": 2,
        "GetCallerIdentity": 1,
        "GetResources": 1,
        "ListTagsForResource": 1,
    }
    assert fake.calls(prefix="a/") == {
        "CreateRepository": 2,
        "DescribeRepositories": 1,
        "ListTagsForResource": 1,
    }
    assert fake.calls(account="222222222222") == {"GetCallerIdentity": 1}
    fake.reset_calls()
    assert fake.calls() == {}
    assert fake.writes() == []


def test_refused_and_failed_calls_count_too(fake: FakeAws, ecr: Any) -> None:
    fake.inject("CreateRepository", "ThrottlingException", times=1)
    for _ in range(3):
        code_of(ecr.create_repository, repositoryName="app")
    assert fake.calls() == {"CreateRepository": 3}
    assert [one["error"] for one in fake.writes()] == [
        "ThrottlingException",
        None,
        "RepositoryAlreadyExistsException",
    ]


def test_writes_are_logged_in_order_and_reads_are_not(fake: FakeAws, ecr: Any) -> None:
    arn = ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "team", "Value": "a"}])
    ecr.describe_repositories()
    ecr.get_authorization_token()
    ecr.list_images(repositoryName="app")
    ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="IMMUTABLE")
    ecr.delete_repository(repositoryName="app", force=True)
    writes = fake.writes()
    assert [(one["operation"], one["repository"]) for one in writes] == [
        ("CreateRepository", "app"),
        ("TagResource", "app"),
        ("PutImageTagMutability", "app"),
        ("DeleteRepository", "app"),
    ]
    assert writes[-1]["parameters"] == {"repositoryName": "app", "force": True}
    assert {(one["account"], one["region"], one["error"]) for one in writes} == {
        ("111111111111", "eu-west-1", None)
    }
    assert fake.writes(prefix="other") == fake.writes(account="222222222222") == []
    assert fake.writes(prefix="ap", account="111111111111") == writes


def test_uploaded_bytes_are_not_kept(fake: FakeAws, ecr: Any) -> None:
    ecr.create_repository(repositoryName="app")
    upload = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    ecr.upload_layer_part(
        repositoryName="app", uploadId=upload, partFirstByte=0, partLastByte=5, layerPartBlob=b"secret"
    )
    assert fake.writes()[-1]["parameters"]["layerPartBlob"] == "***"


def test_an_unseen_client_leaves_no_trace_and_is_never_refused(fake: FakeAws) -> None:
    fake.inject("*", "ServerException")
    fake.allow_only("111111111111", [])
    fake.client("ecr", unseen=True).create_repository(repositoryName="app")
    assert fake.client("ecr", unseen=True).describe_registry()["registryId"] == "111111111111"
    assert (fake.calls(), fake.writes()) == ({}, [])
