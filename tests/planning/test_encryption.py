"""What AWS cannot change is refused in a sentence, and never by replacing the repository."""

from dataclasses import dataclass

import pytest

from ecr_operator.planning.plan import Done, Stalled, Waiting
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.reasons import Reason
from tests.planning.samples import (
    KEY_ARN,
    KEY_ID,
    KEYS,
    NEW,
    OTHER_KEY_ARN,
    OTHER_KEY_ID,
    desired,
    observed,
    plan,
)


@dataclass(frozen=True)
class Case:
    """`encryption` of the spec against what the repository has."""

    encryption: dict[str, str] | None
    there: ObservedRepository
    refused: bool
    says: tuple[str, ...] = ()


AES = observed()
KMS = observed(encryption_type="KMS", kms_key=KEY_ARN)
KEY_DIFFERS = "`encryptionConfiguration.kmsKey`"


def kms(key: str | None = None, type: str = "KMS") -> dict[str, str]:
    return {"encryptionType": type} | ({"kmsKey": key} if key else {})


CASES = {
    "nothing in the spec, AES256 there": Case(None, AES, False),
    "nothing in the spec, a key there": Case(None, KMS, False),
    "AES256 in both": Case({"encryptionType": "AES256"}, AES, False),
    "KMS wanted, AES256 there": Case(kms(), AES, True, ("encryptionType` is KMS", "has AES256")),
    "AES256 wanted, KMS there": Case(
        {"encryptionType": "AES256"}, KMS, True, ("encryptionType` is AES256", "has KMS")
    ),
    "KMS wanted, KMS_DSSE there": Case(
        kms(KEY_ARN), observed(encryption_type="KMS_DSSE", kms_key=KEY_ARN), True, ("KMS_DSSE",)
    ),
    "KMS_DSSE wanted, KMS there": Case(kms(type="KMS_DSSE"), KMS, True, ("is KMS_DSSE",)),
    "KMS without a key takes any key": Case(kms(), KMS, False),
    "the ARN of the key": Case(kms(KEY_ARN), KMS, False),
    "the ARN of another key": Case(kms(OTHER_KEY_ARN), KMS, True, (KEY_DIFFERS, OTHER_KEY_ARN, KEY_ARN)),
    "the ARN of the same id in another region": Case(
        kms(KEY_ARN.replace("eu-central-1", "eu-west-1")), KMS, True, (KEY_DIFFERS,)
    ),
    "the id of the key": Case(kms(KEY_ID), KMS, False),
    "an alias may name the key": Case(kms("alias/web"), KMS, False),
    "an alias by its ARN may name the key": Case(kms(f"{KEYS}alias/web"), KMS, False),
    "an alias whose name looks like a path may name the key": Case(kms("alias/key/web"), KMS, False),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_difference_is_refused(case: Case) -> None:
    result = plan(desired(encryptionConfiguration=case.encryption, tags={"a": "1"}), case.there)
    if not case.refused:
        assert isinstance(result.outcome, Done)
        return
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    assert result.outcome.reason is Reason.IMMUTABLE_FIELD_DIFFERS
    for words in (*case.says, "`repositoryName`"):
        assert words in result.outcome.message


def test_the_id_of_another_key_is_a_difference() -> None:
    """An alias may name any key, but an id is a part of the key's ARN."""
    result = plan(desired(encryptionConfiguration=kms(OTHER_KEY_ID)), KMS)
    assert isinstance(result.outcome, Stalled)


def test_a_difference_is_refused_before_the_repository_is_adopted() -> None:
    wanted = desired(encryptionConfiguration=kms(), adoptionPolicy="Adopt")
    assert isinstance(plan(wanted, observed(None), NEW).outcome, Stalled)


def test_the_wrong_owner_is_named_before_the_encryption() -> None:
    result = plan(desired(encryptionConfiguration=kms()), observed("stage/team-a/web"), NEW)
    assert isinstance(result.outcome, Stalled)
    assert result.outcome.reason is Reason.REPOSITORY_OWNED_BY_ANOTHER


def test_encryption_is_nothing_to_an_object_that_observes() -> None:
    wanted = desired(encryptionConfiguration=kms(), managementPolicy="Observe")
    assert not isinstance(plan(wanted, AES, NEW).outcome, Stalled | Waiting)
