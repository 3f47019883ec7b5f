"""KMS keys: one may have several names, and one that cannot be used is said."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, message

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
def key(aws: FakeAws) -> dict[str, str]:
    """A KMS key of the account, by its id, ARN and an alias of its own."""
    kms = aws.client("kms", unseen=True)
    metadata = kms.create_key()["KeyMetadata"]
    alias = f"alias/test-{metadata['KeyId'][:8]}"
    kms.create_alias(AliasName=alias, TargetKeyId=metadata["KeyId"])
    return {"id": metadata["KeyId"], "arn": metadata["Arn"], "alias": alias}


@pytest.mark.parametrize("form", ["id", "arn", "alias"])
def test_a_key_that_aws_returns_as_arn_is_no_difference(
    repositories: Repositories, aws: FakeAws, key: dict[str, str], form: str
) -> None:
    encryption = {"encryptionType": "KMS", "kmsKey": key[form]}
    repositories.created("kms", encryptionConfiguration=encryption)
    found = repositories.in_aws("kms")
    assert found is not None
    assert found["encryptionConfiguration"]["kmsKey"] == key["arn"]
    aws.reset_calls()

    repositories.reconcile_now("kms", "1")

    repositories.ready("kms")
    assert repositories.writes() == []


@pytest.mark.parametrize("state", ["missing", "disabled"])
def test_a_key_that_cannot_be_used_is_said_and_heals(
    repositories: Repositories, aws: FakeAws, key: dict[str, str], state: str
) -> None:
    kms = aws.client("kms", unseen=True)
    alias = f"{key['alias']}-late"
    if state == "disabled":
        kms.create_alias(AliasName=alias, TargetKeyId=key["id"])
        kms.disable_key(KeyId=key["id"])

    repositories.create("kms", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": alias})
    repositories.stalled("kms", "KmsKeyUnusable")
    assert repositories.in_aws("kms") is None

    if state == "disabled":
        kms.enable_key(KeyId=key["id"])
    else:
        kms.create_alias(AliasName=alias, TargetKeyId=key["id"])
    repositories.ready("kms")


@pytest.mark.parametrize(
    "encryption",
    [
        {"encryptionType": "KMS"},
        {
            "encryptionType": "KMS",
            "kmsKey": "arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-0000-0000-000000000000",
        },
    ],
)
def test_an_encryption_that_aws_cannot_change_is_refused_and_nothing_is_written(
    repositories: Repositories, encryption: dict[str, str]
) -> None:
    there = {"encryptionType": "KMS"} if "kmsKey" in encryption else {"encryptionType": "AES256"}
    repositories.by_hand("fixed", owner=repositories.owner("fixed"), encryptionConfiguration=there)

    repositories.create("fixed", encryptionConfiguration=encryption, imageTagMutability="IMMUTABLE")
    obj = repositories.stalled("fixed", "ImmutableFieldDiffers")

    assert "`encryptionConfiguration." in message(obj)
    assert repositories.writes() == []
