"""Repository names, and the other constraints that botocore's model states and boto3 does not check."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.refusal import code_of, refusal_of


@pytest.mark.parametrize(
    "name", ["ab", "a__b", "a--b", "a.b", "a_b", "team/app", "a/b/c-d.e_f", "0x", "a---b", "x" * 256]
)
def test_a_name_that_the_models_pattern_allows_is_taken(ecr: Any, name: str) -> None:
    assert ecr.create_repository(repositoryName=name)["repository"]["repositoryName"] == name


@pytest.mark.parametrize(
    "name", ["A", "Ab", "a..b", "a___b", "-a", "a-", "/a", "a/", "a//b", "a b", "ä-b", "a:b", "ab\n"]
)
def test_a_name_outside_the_models_pattern_is_an_invalid_parameter(raw: Any, name: str) -> None:
    refusal = refusal_of(raw.create_repository, repositoryName=name)
    assert (refusal.code, refusal.status) == ("InvalidParameterException", 400)
    assert refusal.message.startswith(
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must "
    )


@pytest.mark.parametrize("name", ["", "a", "x" * 257])
def test_a_name_has_2_to_256_characters(raw: Any, name: str) -> None:
    refusal = refusal_of(raw.create_repository, repositoryName=name)
    assert refusal.code == "InvalidParameterException"
    assert "must have length" in refusal.message


@pytest.mark.parametrize(
    ("operation", "parameters", "field"),
    [
        ("create_repository", {}, "repositoryName"),
        (
            "create_repository",
            {"repositoryName": "ab", "imageTagMutability": "SOMETIMES"},
            "imageTagMutability",
        ),
        (
            "put_lifecycle_policy",
            {"repositoryName": "ab", "lifecyclePolicyText": "{}"},
            "lifecyclePolicyText",
        ),
        ("set_repository_policy", {"repositoryName": "ab", "policyText": "x" * 10241}, "policyText"),
        ("describe_repositories", {"registryId": "1"}, "registryId"),
    ],
)
def test_the_models_enums_lengths_and_required_members_are_enforced(
    raw: Any, operation: str, parameters: dict[str, Any], field: str
) -> None:
    refusal = refusal_of(getattr(raw, operation), **parameters)
    assert refusal.code == "InvalidParameterException"
    assert f"Invalid parameter at '{field}'" in refusal.message


def test_a_member_of_the_wrong_type_is_a_serialization_exception(raw: Any) -> None:
    assert code_of(raw.create_repository, repositoryName=["ab"]) == "SerializationException"
