"""What a spec asks for, with the operator's settings applied."""

import os
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.api.repository import DeletionPolicy
from ecr_operator.planning.desired import DesiredRepository
from tests.planning.samples import KEY_ARN, METADATA, NAME, OWNER, desired

OWNED = {OWNER_TAG: OWNER}

FIELDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the name is that of the spec": ({"repositoryName": "other/name"}, {"name": "other/name"}),
    "without one it is that of the object": ({"repositoryName": None}, {"name": "web"}),
    "an empty spec manages nothing but the owner tag": (
        {},
        {
            "name": NAME,
            "owner": OWNER,
            "tags": OWNED,
            "mutability": None,
            "exclusion_filters": (),
            "scan_on_push": None,
            "encryption_type": None,
            "kms_key": None,
            "observe": False,
            "adopt": False,
            "adopt_from": None,
            "deletion_policy": DeletionPolicy.RETAIN,
            "deletion_policy_capped": False,
        },
    ),
    "mutability": ({"imageTagMutability": "IMMUTABLE"}, {"mutability": "IMMUTABLE"}),
    "exclusion filters are sorted": (
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [
                {"filterType": "WILDCARD", "filter": "latest"},
                {"filterType": "WILDCARD", "filter": "dev-*"},
            ],
        },
        {"mutability": "IMMUTABLE_WITH_EXCLUSION", "exclusion_filters": ("dev-*", "latest")},
    ),
    "scanning on": ({"imageScanningConfiguration": {"scanOnPush": True}}, {"scan_on_push": True}),
    "scanning off is managed, too": (
        {"imageScanningConfiguration": {"scanOnPush": False}},
        {"scan_on_push": False},
    ),
    "an empty scanning configuration manages nothing (ACK falls over it)": (
        {"imageScanningConfiguration": {}},
        {"scan_on_push": None},
    ),
    "encryption": (
        {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY_ARN}},
        {"encryption_type": "KMS", "kms_key": KEY_ARN},
    ),
    "encryption without a key": (
        {"encryptionConfiguration": {"encryptionType": "KMS_DSSE"}},
        {"encryption_type": "KMS_DSSE", "kms_key": None},
    ),
    "Observe": ({"managementPolicy": "Observe"}, {"observe": True}),
    "Manage, written out": ({"managementPolicy": "Manage"}, {"observe": False}),
    "Adopt": ({"adoptionPolicy": "Adopt"}, {"adopt": True}),
    "Refuse, written out": ({"adoptionPolicy": "Refuse"}, {"adopt": False}),
    "adoptFrom": ({"adoptFrom": "stage/team-a/web"}, {"adopt_from": "stage/team-a/web"}),
}


@pytest.mark.parametrize(("spec", "expected"), FIELDS.values(), ids=FIELDS)
def test_a_spec_asks_for(spec: dict[str, Any], expected: dict[str, Any]) -> None:
    wanted = desired(**spec)
    assert {name: getattr(wanted, name) for name in expected} == expected


TAGS: dict[str, tuple[dict[str, str], dict[str, str] | None, dict[str, str]]] = {
    "default tags are on every repository": ({"cost": "x"}, None, {"cost": "x"}),
    "tags of the spec join them": ({"cost": "x"}, {"team": "a"}, {"cost": "x", "team": "a"}),
    "a key of the spec wins over a default": ({"cost": "x"}, {"cost": "y"}, {"cost": "y"}),
    "an empty value of the spec wins, too": ({"cost": "x"}, {"cost": ""}, {"cost": ""}),
    "keys in another case are others": ({"cost": "x"}, {"Cost": "y"}, {"cost": "x", "Cost": "y"}),
    "nobody sets the owner tag but the operator": ({OWNER_TAG: "x"}, {OWNER_TAG: "y"}, {}),
}


@pytest.mark.parametrize(("defaults", "tags", "expected"), TAGS.values(), ids=TAGS)
def test_tags(defaults: dict[str, str], tags: dict[str, str] | None, expected: dict[str, str]) -> None:
    assert desired(default_tags=defaults, tags=tags).tags == expected | OWNED


RETAIN, DELETE, WITH_IMAGES = "Retain", "Delete", "DeleteWithImages"
DELETION = {
    "nothing written is Retain": (None, WITH_IMAGES, RETAIN, False),
    "nothing written is Retain, which no setting caps": (None, RETAIN, RETAIN, False),
    "the strongest is allowed by the default setting": (WITH_IMAGES, WITH_IMAGES, WITH_IMAGES, False),
    "what the setting just allows": (DELETE, DELETE, DELETE, False),
    "a weaker one than the setting allows": (DELETE, WITH_IMAGES, DELETE, False),
    "a stronger one counts as the setting": (WITH_IMAGES, DELETE, DELETE, True),
    "a much stronger one, too": (WITH_IMAGES, RETAIN, RETAIN, True),
    "Delete where nothing may be deleted": (DELETE, RETAIN, RETAIN, True),
}


@pytest.mark.parametrize(("asked", "strongest", "counts_as", "capped"), DELETION.values(), ids=DELETION)
def test_the_deletion_policy(asked: str | None, strongest: str, counts_as: str, capped: bool) -> None:
    wanted = desired(deletionPolicy=asked, max_deletion_policy=strongest)
    assert (wanted.deletion_policy, wanted.deletion_policy_capped) == (counts_as, capped)
    assert wanted.deletes is (counts_as != RETAIN)


def test_an_observing_object_never_deletes() -> None:
    assert not desired(managementPolicy="Observe", deletionPolicy=WITH_IMAGES).deletes


def test_every_field_of_the_desired_state_is_in_the_hash() -> None:
    """A field that is added later and left out would make a start take an old state for the new one."""
    wanted = desired()
    hashes = {wanted.applied_hash()}
    for field in fields(DesiredRepository):
        another: Any = {field.name: f"another {field.name}"}
        changed = replace(wanted, **another)
        hashes.add(changed.applied_hash())
    assert len(hashes) == 1 + len(fields(DesiredRepository))


SPECS: list[dict[str, Any]] = [
    {},
    {"repositoryName": "team-a/web2"},
    {"tags": {"a": "b"}},
    {"tags": {"a": "b", "c": ""}},
    {"tags": {"a": "c"}},
    {"tags": {"b": "a"}},
    {"imageTagMutability": "MUTABLE"},
    {"imageTagMutability": "IMMUTABLE"},
    {"imageScanningConfiguration": {"scanOnPush": False}},
    {"imageScanningConfiguration": {"scanOnPush": True}},
    {"encryptionConfiguration": {"encryptionType": "KMS"}},
    {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY_ARN}},
    {"managementPolicy": "Observe"},
    {"adoptionPolicy": "Adopt"},
    {"adoptFrom": "stage/team-a/web"},
    {"deletionPolicy": "Delete"},
    {"default_tags": {"a": "x"}},
    {"metadata": {"namespace": "team-b", "name": "web"}},
]


def test_specs_and_settings_that_differ_have_different_hashes() -> None:
    assert len({desired(**spec).applied_hash() for spec in SPECS}) == len(SPECS)


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the order of tags": ({"tags": {"a": "1", "b": "2"}}, {"tags": {"b": "2", "a": "1"}}),
    "a default that is written out": ({}, {"managementPolicy": "Manage", "deletionPolicy": "Retain"}),
    "an empty map of tags": ({}, {"tags": {}}),
    "a tag from the setting or from the spec": ({"tags": {"a": "1"}}, {"default_tags": {"a": "1"}}),
    "an empty scanning configuration": ({}, {"imageScanningConfiguration": {}}),
    "the name of the object, written out": ({"repositoryName": None}, {"repositoryName": METADATA["name"]}),
    "the order of exclusion filters": (
        {"imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": f} for f in "ab"]},
        {"imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": f} for f in "ba"]},
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_means_the_same_has_the_same_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert desired(**one).applied_hash() == desired(**other).applied_hash()


def test_the_hash_is_the_same_in_every_process() -> None:
    """It is kept in status, and compared after a restart."""
    tags = {letter: letter for letter in "abcdefgh"}
    program = (
        "from tests.planning.samples import desired\n"
        f"print(desired(tags={tags}, imageTagMutability='MUTABLE').applied_hash())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip(),
        desired(tags=tags, imageTagMutability="MUTABLE").applied_hash(),
    }
    assert len(hashes) == 1
