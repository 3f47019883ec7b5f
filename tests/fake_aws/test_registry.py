"""Repositories: made once, found by name, missed by name, not found at first, and the registry itself."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of


def test_an_empty_registry_is_described_with_its_id(ecr: Any) -> None:
    answer = ecr.describe_registry()
    assert (answer["registryId"], answer["replicationConfiguration"]) == ("111111111111", {"rules": []})
    assert ecr.describe_repositories()["repositories"] == []


def test_of_many_creations_of_one_name_one_wins_and_the_others_see_repository_already_exists(
    ecr: Any,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: code_of(ecr.create_repository, repositoryName="app"), range(24)))
    assert codes.count(None) == 1
    assert codes.count("RepositoryAlreadyExistsException") == 23
    message = refusal_of(ecr.create_repository, repositoryName="app").message
    assert message == "The repository with name 'app' already exists in the registry with id '111111111111'"


def test_one_unknown_name_fails_the_whole_call_and_is_named(ecr: Any) -> None:
    ecr.create_repository(repositoryName="here")
    refusal = refusal_of(ecr.describe_repositories, repositoryNames=["here", "not-here"])
    assert refusal.code == "RepositoryNotFoundException"
    assert (
        refusal.message
        == "The repository with name 'not-here' does not exist in the registry with id '111111111111'"
    )


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("delete_repository", {}),
        ("put_image_tag_mutability", {"imageTagMutability": "IMMUTABLE"}),
        ("put_image_scanning_configuration", {"imageScanningConfiguration": {"scanOnPush": True}}),
        ("get_lifecycle_policy", {}),
        ("get_repository_policy", {}),
        ("list_images", {}),
        ("describe_images", {}),
        ("batch_get_image", {"imageIds": [{"imageTag": "v1"}]}),
        ("batch_delete_image", {"imageIds": [{"imageTag": "v1"}]}),
        ("put_image", {"imageManifest": "{}"}),
    ],
)
def test_a_missing_repository_is_repository_not_found(
    ecr: Any, operation: str, parameters: dict[str, Any]
) -> None:
    call = getattr(ecr, operation)
    assert code_of(call, repositoryName="missing", **parameters) == "RepositoryNotFoundException"


def test_scan_on_push_is_false_unless_asked_for(ecr: Any) -> None:
    plain = ecr.create_repository(repositoryName="plain")["repository"]
    scanned = ecr.create_repository(
        repositoryName="scanned", imageScanningConfiguration={"scanOnPush": True}
    )["repository"]
    assert plain["imageScanningConfiguration"] == {"scanOnPush": False}
    assert scanned["imageScanningConfiguration"] == {"scanOnPush": True}
    assert abs(plain["createdAt"] - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_new_repository_is_not_found_until_its_creation_has_spread(fake: FakeAws, ecr: Any) -> None:
    fake.set_propagation(60)
    arn = ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]
    assert code_of(ecr.describe_repositories, repositoryNames=["app"]) == "RepositoryNotFoundException"
    assert code_of(ecr.list_tags_for_resource, resourceArn=arn) == "RepositoryNotFoundException"
    assert ecr.describe_repositories()["repositories"] == []
    assert code_of(ecr.create_repository, repositoryName="app") == "RepositoryAlreadyExistsException"
    fake.set_propagation(0.05)
    time.sleep(0.05)
    assert ecr.describe_repositories(repositoryNames=["app"])["repositories"][0]["repositoryArn"] == arn


@pytest.mark.parametrize(
    ("region", "suffix"), [("eu-west-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")]
)
def test_an_authorization_token_is_new_each_time_and_lives_12_hours(
    fake: FakeAws, region: str, suffix: str
) -> None:
    client = fake.client("ecr", region=region)
    first, second = (client.get_authorization_token()["authorizationData"][0] for _ in range(2))
    assert first["authorizationToken"] != second["authorizationToken"]
    assert base64.b64decode(first["authorizationToken"]).startswith(b"AWS:")
    life = first["expiresAt"] - datetime.now(UTC)
    assert timedelta(hours=11, minutes=59) < life <= timedelta(hours=12)
    assert first["proxyEndpoint"] == f"https://111111111111.dkr.ecr.{region}.{suffix}"


def test_what_neither_moto_nor_the_fake_has_says_so_and_is_not_retried(ecr: Any) -> None:
    refusal = refusal_of(ecr.describe_pull_through_cache_rules)
    assert (refusal.code, refusal.status) == ("NotImplementedByFakeAws", 501)
