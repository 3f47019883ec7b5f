"""Encryption of repositories, against the keys that KMS has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import Refusal, code_of, refusal_of


def create(ecr: Any, name: str = "app", **encryption: str) -> dict[str, str]:
    made = ecr.create_repository(repositoryName=name, encryptionConfiguration=encryption)
    return made["repository"]["encryptionConfiguration"]


def refused(ecr: Any, **encryption: str) -> Refusal:
    refusal = refusal_of(ecr.create_repository, repositoryName="app", encryptionConfiguration=encryption)
    assert ecr.describe_repositories()["repositories"] == []
    return refusal


def test_without_encryption_it_is_aes256(ecr: Any) -> None:
    made = ecr.create_repository(repositoryName="app")["repository"]
    assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert create(ecr, "other", encryptionType="AES256") == {"encryptionType": "AES256"}


def test_a_key_id_alias_or_arn_is_returned_as_the_keys_arn(ecr: Any, kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["KeyId"])
    alias_arn = "arn:aws:kms:eu-west-1:111111111111:alias/mine"
    for number, reference in enumerate([key["KeyId"], key["Arn"], "alias/mine", alias_arn]):
        expected = {"encryptionType": "KMS", "kmsKey": key["Arn"]}
        assert create(ecr, f"app-{number}", encryptionType="KMS", kmsKey=reference) == expected
    assert all(
        one["encryptionConfiguration"]["kmsKey"] == key["Arn"]
        for one in ecr.describe_repositories()["repositories"]
    )


def test_without_a_key_it_is_the_managed_key_of_the_account_and_region(
    fake: FakeAws, ecr: Any, kms: Any
) -> None:
    first = create(ecr, "one", encryptionType="KMS")["kmsKey"]
    assert first == create(ecr, "two", encryptionType="KMS")["kmsKey"]
    assert first == create(ecr, "three", encryptionType="KMS", kmsKey="alias/aws/ecr")["kmsKey"]
    described = kms.describe_key(KeyId="alias/aws/ecr")["KeyMetadata"]
    assert (described["Arn"], described["KeyManager"]) == (first, "AWS")
    for account, region in (("222222222222", "eu-west-1"), ("111111111111", "us-east-1")):
        other = create(fake.client("ecr", account, region), encryptionType="KMS")["kmsKey"]
        assert other.startswith(f"arn:aws:kms:{region}:{account}:key/")
        assert other != first


@pytest.mark.parametrize(
    "reference",
    [
        "alias/missing",
        "00000000-0000-0000-0000-000000000000",
        "arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-0000-0000-000000000000",
        "arn:aws:kms:eu-west-1:111111111111:alias/missing",
        "nonsense",
    ],
)
def test_a_missing_key_is_a_kms_exception_with_what_kms_said(ecr: Any, reference: str) -> None:
    refusal = refused(ecr, encryptionType="KMS", kmsKey=reference)
    assert (refusal.code, refusal.status) == ("KmsException", 400)
    assert refusal.answer["kmsError"] == "NotFoundException"
    assert reference in refusal.message


def test_a_key_of_another_region_is_a_kms_exception(fake: FakeAws, ecr: Any) -> None:
    key = fake.client("kms", region="us-east-1").create_key()["KeyMetadata"]["Arn"]
    assert refused(ecr, encryptionType="KMS", kmsKey=key).code == "KmsException"


def test_a_disabled_dying_or_asymmetric_key_is_a_kms_exception(ecr: Any, kms: Any) -> None:
    disabled, dying = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=dying)
    asymmetric = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    expected = {
        disabled: "DisabledException",
        dying: "KMSInvalidStateException",
        asymmetric: "InvalidKeyUsageException",
    }
    for key, code in expected.items():
        refusal = refused(ecr, encryptionType="KMS", kmsKey=key)
        assert (refusal.code, refusal.answer["kmsError"]) == ("KmsException", code)


def test_aes256_takes_no_key_and_other_types_are_refused(raw: Any) -> None:
    assert refused(raw, encryptionType="AES256", kmsKey="alias/aws/ecr").code == "InvalidParameterException"
    assert refused(raw, encryptionType="FOO").code == "InvalidParameterException"
    assert refused(raw, kmsKey="alias/aws/ecr").code == "InvalidParameterException"


def test_dual_layer_encryption_is_only_available_in_govcloud(fake: FakeAws, ecr: Any) -> None:
    assert refused(ecr, encryptionType="KMS_DSSE").code == "InvalidParameterException"
    made = create(fake.client("ecr", region="us-gov-west-1"), encryptionType="KMS_DSSE")
    assert made["kmsKey"].startswith("arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/")


def test_an_existing_name_is_refused_before_the_key_is_looked_at(ecr: Any) -> None:
    ecr.create_repository(repositoryName="app")
    encryption = {"encryptionType": "KMS", "kmsKey": "alias/missing"}
    code = code_of(ecr.create_repository, repositoryName="app", encryptionConfiguration=encryption)
    assert code == "RepositoryAlreadyExistsException"
