"""What ECR cannot change may not be changed: the transition rules on a real API server."""

from typing import Any

import pytest

from tests.api.repositories import repository
from tests.cluster import ApiError, Cluster

AES = {"encryptionType": "AES256"}
KMS = {"encryptionType": "KMS"}
KEY = {"encryptionType": "KMS", "kmsKey": "alias/web"}
NAME_STAYS = "spec.repositoryName: Invalid value: "
NAME_WORDS = "`repositoryName` may not be changed"
ENCRYPTION_STAYS = "spec.encryptionConfiguration: Invalid value: "
ENCRYPTION_WORDS = "`encryptionConfiguration` may not be added, changed or removed"

Specs = tuple[dict[str, Any], dict[str, Any]]

REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "the name to another": ({"repositoryName": "one"}, {"repositoryName": "two"}, NAME_STAYS, NAME_WORDS),
    "the name from absent to another": ({}, {"repositoryName": "two"}, NAME_STAYS, NAME_WORDS),
    "the name from another to absent": ({"repositoryName": "one"}, {}, NAME_STAYS, NAME_WORDS),
    "the type of encryption": (
        {"encryptionConfiguration": AES},
        {"encryptionConfiguration": KMS},
        ENCRYPTION_STAYS,
        ENCRYPTION_WORDS,
    ),
    "the key": (
        {"encryptionConfiguration": KEY},
        {"encryptionConfiguration": KEY | {"kmsKey": "alias/other"}},
        ENCRYPTION_STAYS,
        ENCRYPTION_WORDS,
    ),
    "the key from absent": (
        {"encryptionConfiguration": KMS},
        {"encryptionConfiguration": KEY},
        ENCRYPTION_STAYS,
        ENCRYPTION_WORDS,
    ),
    "the key to absent": (
        {"encryptionConfiguration": KEY},
        {"encryptionConfiguration": KMS},
        ENCRYPTION_STAYS,
        ENCRYPTION_WORDS,
    ),
    "encryption from absent": ({}, {"encryptionConfiguration": AES}, ENCRYPTION_STAYS, ENCRYPTION_WORDS),
    "encryption to absent": ({"encryptionConfiguration": AES}, {}, ENCRYPTION_STAYS, ENCRYPTION_WORDS),
}


def change(cluster: Cluster, namespace: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Create with one spec, then apply the other; both written by one manager, so what is gone is removed."""
    cluster.apply(repository("web", before, namespace))
    return cluster.apply(repository("web", after, namespace))


@pytest.mark.parametrize(("before", "after", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(
    cluster: Cluster, namespace: str, before: dict[str, Any], after: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ApiError) as error:
        change(cluster, namespace, before, after)
    assert error.value.status == 422
    assert field in error.value.message
    assert words in error.value.message


ALLOWED: dict[str, Specs] = {
    "the name from absent to metadata.name": ({}, {"repositoryName": "web"}),
    "the name from metadata.name to absent": ({"repositoryName": "web"}, {}),
    "everything else": (
        {"repositoryName": "one", "encryptionConfiguration": KEY},
        {
            "repositoryName": "one",
            "encryptionConfiguration": KEY,
            "suspend": True,
            "managementPolicy": "Observe",
            "adoptionPolicy": "Adopt",
            "deletionPolicy": "Delete",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "tags": {"team": "a"},
        },
    ),
}


@pytest.mark.parametrize(("before", "after"), ALLOWED.values(), ids=ALLOWED.keys())
def test_allowed(cluster: Cluster, namespace: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    assert change(cluster, namespace, before, after)["spec"] == after
