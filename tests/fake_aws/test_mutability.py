"""Tag mutability and its exclusion filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

FIELD = "imageTagMutabilityExclusionFilters"


def filters(*patterns: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in patterns]


def settings(mutability: str, *patterns: str) -> dict[str, Any]:
    return {"imageTagMutability": mutability, **({FIELD: filters(*patterns)} if patterns else {})}


REFUSED = [
    settings("IMMUTABLE_WITH_EXCLUSION"),
    settings("MUTABLE_WITH_EXCLUSION"),
    settings("IMMUTABLE", "latest"),
    settings("MUTABLE", "latest"),
    settings("IMMUTABLE_WITH_EXCLUSION", *(f"v{number}" for number in range(6))),
    settings("IMMUTABLE_WITH_EXCLUSION", "x" * 129),
    settings("IMMUTABLE_WITH_EXCLUSION", ""),
    settings("IMMUTABLE_WITH_EXCLUSION", "a/b"),
    settings("IMMUTABLE_WITH_EXCLUSION", "a?b"),
    settings("IMMUTABLE_WITH_EXCLUSION", "a*b*c*"),
    {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", FIELD: [{"filterType": "REGEX", "filter": "a"}]},
    {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", FIELD: []},
    {"imageTagMutability": "SOMETIMES"},
]


@pytest.mark.parametrize("wanted", REFUSED)
def test_exclusion_takes_1_to_5_filters_of_at_most_2_wildcards_and_nothing_else_takes_filters(
    raw: Any, wanted: dict[str, Any]
) -> None:
    raw.create_repository(repositoryName="app")
    refusal = refusal_of(raw.create_repository, repositoryName="other", **wanted)
    assert (refusal.code, refusal.status) == ("InvalidParameterException", 400)
    assert (
        code_of(raw.put_image_tag_mutability, repositoryName="app", **wanted) == "InvalidParameterException"
    )
    found = raw.describe_repositories()["repositories"]
    assert [(one["repositoryName"], one["imageTagMutability"]) for one in found] == [("app", "MUTABLE")]


def test_filters_without_mutability_are_refused(raw: Any) -> None:
    parameters = {"repositoryName": "app", FIELD: filters("latest")}
    assert code_of(raw.create_repository, **parameters) == "InvalidParameterException"


def test_the_filters_are_returned_and_gone_with_the_exclusion(ecr: Any) -> None:
    wanted = settings("IMMUTABLE_WITH_EXCLUSION", "latest", "dev-*")
    assert ecr.create_repository(repositoryName="app", **wanted)["repository"][FIELD] == wanted[FIELD]
    assert ecr.describe_repositories()["repositories"][0][FIELD] == wanted[FIELD]

    other = settings("MUTABLE_WITH_EXCLUSION", "v*.*")
    answer = ecr.put_image_tag_mutability(repositoryName="app", **other)
    answer.pop("ResponseMetadata")
    assert answer == {"registryId": "111111111111", "repositoryName": "app", **other}
    assert ecr.describe_repositories()["repositories"][0][FIELD] == other[FIELD]

    answer = ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="MUTABLE")
    assert FIELD not in answer
    assert FIELD not in ecr.describe_repositories()["repositories"][0]


@pytest.mark.parametrize(
    ("wanted", "moves", "stays"),
    [
        (settings("MUTABLE"), ["latest", "v1"], []),
        (settings("IMMUTABLE"), [], ["latest", "v1"]),
        (
            settings("IMMUTABLE_WITH_EXCLUSION", "latest", "*-dev"),
            ["latest", "a-dev"],
            ["v1", "latest2", "a-dev2"],
        ),
        (settings("MUTABLE_WITH_EXCLUSION", "v*", "r*.*"), ["latest", "r1"], ["v1", "v", "r1.2"]),
        (settings("IMMUTABLE_WITH_EXCLUSION", "a.c"), ["a.c"], ["abc"]),
    ],
)
def test_a_filter_is_a_wildcard_and_an_immutable_tag_is_image_tag_already_exists(
    fake: FakeAws, ecr: Any, wanted: dict[str, Any], moves: list[str], stays: list[str]
) -> None:
    ecr.create_repository(repositoryName="app", **wanted)
    for number, tag in enumerate([*moves, *stays]):
        fake.put_image("app", tags=[tag])
        other = f'{{"schemaVersion": 2, "mediaType": "m", "config": {{"digest": "d{number}"}}}}'
        push = {"repositoryName": "app", "imageManifest": other, "imageTag": tag}
        assert code_of(ecr.put_image, **push) == (None if tag in moves else "ImageTagAlreadyExistsException")
