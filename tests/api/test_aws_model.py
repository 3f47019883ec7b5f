"""Enums, bounds and patterns are AWS's own, as botocore's model of ECR has them."""

import itertools
import re
from typing import Any

import botocore.session
import pytest

from ecr_operator.api.lifecycle import (
    LifecycleActionType,
    LifecycleStorageClass,
    LifecycleTargetStorageClass,
)
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.api.repository import (
    EcrRepositorySpec,
    EncryptionType,
    ExclusionFilterType,
    ImageTagMutability,
)
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.repository_values import OWNER_VALUE_PATTERN, REPOSITORY_NAME_PATTERN
from ecr_operator.api.schema import structural_schema

ECR: Any = botocore.session.get_session().get_service_model("ecr")
SPEC: dict[str, Any] = structural_schema(EcrRepositorySpec)["properties"]
FILTERS = SPEC["imageTagMutabilityExclusionFilters"]
ENCRYPTION = SPEC["encryptionConfiguration"]


@pytest.mark.parametrize(
    ("ours", "shape"),
    [
        (ImageTagMutability, "ImageTagMutability"),
        (ExclusionFilterType, "ImageTagMutabilityExclusionFilterType"),
        (EncryptionType, "EncryptionType"),
    ],
)
def test_enums_are_aws_own(ours: Any, shape: str) -> None:
    assert {str(value) for value in ours} == set(ECR.shape_for(shape).enum)


@pytest.mark.parametrize(
    ("ours", "shape", "low", "high"),
    [
        (SPEC["repositoryName"], "RepositoryName", "minLength", "maxLength"),
        (FILTERS, "ImageTagMutabilityExclusionFilters", "minItems", "maxItems"),
        (
            FILTERS["items"]["properties"]["filter"],
            "ImageTagMutabilityExclusionFilterValue",
            "minLength",
            "maxLength",
        ),
        (ENCRYPTION["properties"]["kmsKey"], "KmsKey", "minLength", "maxLength"),
    ],
)
def test_bounds_are_aws_own(ours: dict[str, Any], shape: str, low: str, high: str) -> None:
    metadata = ECR.shape_for(shape).metadata
    assert (ours[low], ours[high]) == (metadata["min"], metadata["max"])


@pytest.mark.parametrize(
    ("ours", "shape"),
    [
        (FILTERS["items"], "ImageTagMutabilityExclusionFilter"),
        (ENCRYPTION, "EncryptionConfiguration"),
        (SPEC["imageScanningConfiguration"], "ImageScanningConfiguration"),
    ],
)
def test_nested_objects_have_the_fields_of_aws(ours: dict[str, Any], shape: str) -> None:
    model = ECR.shape_for(shape)
    assert ours["properties"].keys() == set(model.members)
    assert set(ours.get("required", [])) == set(model.required_members)


@pytest.mark.parametrize(
    ("ours", "shape"),
    [
        (LifecycleStorageClass, "LifecyclePolicyStorageClass"),
        (LifecycleTargetStorageClass, "LifecyclePolicyTargetStorageClass"),
        (LifecycleActionType, "ImageActionType"),
    ],
)
def test_the_model_knows_the_values_of_a_lifecycle_policy_in_capitals(ours: Any, shape: str) -> None:
    """The model describes what a policy did; the policy's own text is a string to it."""
    assert {str(value).upper() for value in ours} == set(ECR.shape_for(shape).enum)


def test_priorities_are_integers_as_in_the_model() -> None:
    rules = structural_schema(LifecyclePolicy)["properties"]["rules"]
    priority = rules["items"]["properties"]["rulePriority"]
    shape = ECR.shape_for("LifecyclePolicyRulePriority")
    assert (priority["minimum"], priority["maximum"]) == (shape.metadata["min"], 2**31 - 1)
    assert shape.type_name == "integer"


def test_the_pattern_of_names_is_aws_own() -> None:
    pattern = ECR.shape_for("RepositoryName").metadata["pattern"]
    # Non-capturing groups are all that may differ.
    assert pattern.replace("(?:", "(").replace(r"\/", "/") == REPOSITORY_NAME_PATTERN


def test_what_is_read_from_aws_fits_into_the_status() -> None:
    assert {"repositoryUri", "repositoryArn", "registryId", "createdAt"} <= (
        structural_schema(EcrRepositoryStatus)["properties"].keys() & set(ECR.shape_for("Repository").members)
    )


@pytest.mark.parametrize(
    "path", [("images", "latest"), ("lifecyclePolicy", "preview", "inUseImages")], ids=".".join
)
def test_every_tag_of_an_image_fits_into_the_status(path: tuple[str, ...]) -> None:
    node = structural_schema(EcrRepositoryStatus)
    for name in path:
        node = node["properties"][name]
    listed = node.get("items", node)["properties"]
    assert listed["tag"]["maxLength"] == ECR.shape_for("ImageTag").metadata["max"]
    assert listed["digest"]["maxLength"] > len(f"sha512:{'0' * 128}")


def test_every_object_name_of_two_characters_or_more_is_a_name_that_ecr_accepts() -> None:
    """The root rules of the CRD check only the length of `metadata.name`, and this is why.

    Both patterns see only three kinds of characters in such a name, so all names of up to nine characters
    from one of each kind show every way in which separators may stand together, at the ends included.
    """
    dns_subdomain = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
    ecr_name = re.compile(REPOSITORY_NAME_PATTERN)
    accepted = 0
    for length in range(1, 10):
        for letters in itertools.product("a.-", repeat=length):
            name = "".join(letters)
            if dns_subdomain.fullmatch(name):
                accepted += 1
                assert ecr_name.fullmatch(name), name
    assert accepted > 600


@pytest.mark.parametrize(
    "value",
    [
        "prod/team-a/web",
        "1/a/b",
        "My.Cluster_2-x/kube-system/web.app",
        f"{'c' * 60}/{'n' * 63}/{'o' * 128}",
    ],
)
def test_every_owner_value_can_be_adopted_from(value: str) -> None:
    assert re.fullmatch(OWNER_VALUE_PATTERN, value)
    assert len(value) <= SPEC["adoptFrom"]["maxLength"]
    assert len(value) >= SPEC["adoptFrom"]["minLength"]
