"""ECR's answers as our types."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from ecr_operator.planning.repository import ObservedRepository


def described(repository: Mapping[str, Any], tags: Mapping[str, str]) -> ObservedRepository:
    """A `Repository` of ECR's API, with the tags that another call returned."""
    encryption = repository.get("encryptionConfiguration") or {}
    filters = repository.get("imageTagMutabilityExclusionFilters") or ()
    return ObservedRepository(
        name=repository["repositoryName"],
        arn=repository["repositoryArn"],
        uri=repository["repositoryUri"],
        registry_id=repository["registryId"],
        created_at=repository["createdAt"].astimezone(UTC).replace(microsecond=0),
        tags=tags,
        mutability=repository.get("imageTagMutability") or "MUTABLE",
        exclusion_filters=tuple(sorted(entry["filter"] for entry in filters)),
        scan_on_push=bool((repository.get("imageScanningConfiguration") or {}).get("scanOnPush")),
        encryption_type=encryption.get("encryptionType") or "AES256",
        kms_key=encryption.get("kmsKey"),
    )


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """AWS's list of `Key` and `Value` as a map."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A map as AWS's list of `Key` and `Value`."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
