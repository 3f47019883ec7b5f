"""Who calls: accounts are separate worlds, and a key belongs to one of them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import refusal_of

ONCE = Config(retries={"total_max_attempts": 1})


def client_of(fake: FakeAws, credentials: dict[str, Any], service: str = "ecr") -> Any:
    return boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=fake.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=ONCE,
    )


def names(client: Any) -> list[str]:
    return [one["repositoryName"] for one in client.describe_repositories()["repositories"]]


def test_accounts_and_regions_are_separate_worlds(fake: FakeAws) -> None:
    for account, region in (
        ("111111111111", "eu-west-1"),
        ("222222222222", "eu-west-1"),
        ("111111111111", "us-east-1"),
    ):
        made = fake.client("ecr", account, region).create_repository(repositoryName="app")["repository"]
        assert made["registryId"] == account
        assert made["repositoryArn"] == f"arn:aws:ecr:{region}:{account}:repository/app"
        assert made["repositoryUri"] == f"{account}.dkr.ecr.{region}.amazonaws.com/app"
    assert names(fake.client("ecr", "333333333333")) == []


def test_the_keys_of_an_assumed_role_work_in_the_roles_account(fake: FakeAws) -> None:
    role = "arn:aws:iam::222222222222:role/ecr-operator"
    assumed = fake.client("sts").assume_role(RoleArn=role, RoleSessionName="session")
    client = client_of(fake, assumed["Credentials"])
    client.create_repository(repositoryName="theirs")
    assert names(fake.client("ecr", "222222222222")) == ["theirs"]
    assert names(fake.client("ecr")) == []
    fake.inject("DescribeRegistry", "AccessDeniedException")
    principal = "arn:aws:sts::222222222222:assumed-role/ecr-operator/session"
    assert refusal_of(client.describe_registry).message.startswith(f"User: {principal} is not authorized")
    assert client_of(fake, assumed["Credentials"], "sts").get_caller_identity()["Arn"] == principal


def test_a_web_identity_needs_no_keys(fake: FakeAws) -> None:
    sts = boto3.client(
        "sts",
        region_name="eu-west-1",
        endpoint_url=fake.url,
        config=Config(signature_version=UNSIGNED),
    )
    answer = sts.assume_role_with_web_identity(
        RoleArn="arn:aws:iam::333333333333:role/irsa", RoleSessionName="pod", WebIdentityToken="x" * 20
    )
    assert client_of(fake, answer["Credentials"]).describe_registry()["registryId"] == "333333333333"


def test_the_caller_identity_is_the_principal_that_refusals_name(fake: FakeAws) -> None:
    identity = fake.client("sts", "222222222222").get_caller_identity()
    assert identity["Account"] == "222222222222"
    fake.inject("DescribeRegistry", "AccessDeniedException")
    assert identity["Arn"] in refusal_of(fake.client("ecr", "222222222222").describe_registry).message


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("ecr", "describe_registry", "UnrecognizedClientException", 400),
        ("resourcegroupstaggingapi", "get_resources", "UnrecognizedClientException", 400),
        ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ],
)
def test_a_key_that_aws_never_gave_out_is_unrecognized(
    fake: FakeAws, service: str, operation: str, code: str, status: int
) -> None:
    credentials = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    refusal = refusal_of(getattr(client_of(fake, credentials, service), operation))
    assert (refusal.code, refusal.status) == (code, status)
    assert "security token included in the request is invalid" in refusal.message


def test_another_accounts_registry_is_refused_without_a_policy_of_its_own(fake: FakeAws, ecr: Any) -> None:
    arn = "arn:aws:ecr:eu-west-1:222222222222:repository/theirs"
    for refusal in (
        refusal_of(ecr.describe_repositories, registryId="222222222222", repositoryNames=["theirs"]),
        refusal_of(ecr.list_tags_for_resource, resourceArn=arn),
    ):
        assert refusal.code == "AccessDeniedException"
        assert f"on resource: {arn} because no resource-based policy allows" in refusal.message
