"""Encryption at rest: which types and keys CreateRepository takes, and what is returned.

Source: API reference of EncryptionConfiguration ("The alias, key ID, or full ARN of the KMS key can be
specified. The key must exist in the same Region as the repository. If no key is specified, the default ...
managed KMS key for Amazon ECR will be used"); User Guide, "Encryption at rest": ECR calls DescribeKey and
CreateGrant at create, keeps the key's ARN, and DSSE "is only available in the AWS GovCloud (US) Regions".
KMS's own words and codes (NotFoundException, DisabledException, KMSInvalidStateException) in ``kmsError``.
"""

from __future__ import annotations

from typing import Any

from moto.kms.models import Key, KmsBackend, kms_backends

from ..aws_error import AwsError, invalid_parameter

MANAGED_ALIAS = "alias/aws/ecr"


def kms_error(code: str, message: str) -> AwsError:
    """ECR's KmsException, with what KMS had said."""
    return AwsError("KmsException", message, members={"kmsError": code})


def encryption_of(wanted: dict[str, Any] | None, account: str, region: str) -> dict[str, str]:
    """The encryption that a repository created with `wanted` has."""
    kind = (wanted or {}).get("encryptionType", "AES256")
    key = (wanted or {}).get("kmsKey")
    if kind == "AES256":
        if key is not None:
            raise invalid_parameter(
                "encryptionConfiguration.kmsKey", "KMS key can't be specified with encryption type AES256"
            )
        return {"encryptionType": kind}
    if kind == "KMS_DSSE" and not region.startswith("us-gov-"):
        # The error's code is inferred; that the type is refused is documented.
        raise invalid_parameter(
            "encryptionConfiguration.encryptionType", "KMS_DSSE is not supported in this Region"
        )
    kms = kms_backends[account][region]
    return {"encryptionType": kind, "kmsKey": usable_key(kms, key) if key else managed_key(kms)}


def managed_key(kms: KmsBackend) -> str:
    """The ARN of the account's AWS managed key for ECR, which KMS makes when it is first needed."""
    key = find_key(kms, MANAGED_ALIAS)
    if key is None:
        key = kms.create_key(
            None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Default key that protects my ECR data", None
        )
        key.key_manager = "AWS"
        kms.create_alias(key.id, MANAGED_ALIAS)
    return key.arn


def find_key(kms: KmsBackend, reference: str) -> Key | None:
    """The key that an id, an ARN, an alias or an alias's ARN names in this account and region."""
    if reference.startswith("arn:"):
        parts = reference.split(":", 5)
        if len(parts) < 6 or parts[2:5] != ["kms", kms.region_name, kms.account_id]:
            return None
        reference = parts[5]
    if reference.startswith("alias/"):
        return next((key for key in kms.keys.values() if reference in key.aliases), None)
    return kms.keys.get(reference.removeprefix("key/"))


def usable_key(kms: KmsBackend, reference: str) -> str:
    """The ARN of the key that `reference` names, or KMS's refusal."""
    key = find_key(kms, reference)
    if key is None:
        if reference == MANAGED_ALIAS:
            return managed_key(kms)
        prefix = f"arn:{kms.partition}:kms:{kms.region_name}:{kms.account_id}:"
        full = (
            reference
            if reference.startswith("arn:")
            else prefix + (reference if reference.startswith("alias/") else f"key/{reference}")
        )
        what = "Alias" if ":alias/" in full else "Key"
        raise kms_error("NotFoundException", f"{what} {full} is not found.")
    if key.key_state == "Disabled":
        raise kms_error("DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        state = "pending deletion" if key.key_state == "PendingDeletion" else key.key_state
        raise kms_error("KMSInvalidStateException", f"{key.arn} is {state}.")
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.key_usage not in (None, "ENCRYPT_DECRYPT"):
        raise kms_error("InvalidKeyUsageException", f"{key.arn} key usage is {key.key_usage}.")
    return key.arn
