"""Pages of DescribeRepositories, ListImages and DescribeImages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of


def pages(client: Any, operation: str, key: str, **parameters: Any) -> list[int]:
    return [len(page[key]) for page in client.get_paginator(operation).paginate(**parameters)]


@pytest.fixture
def names(fake: FakeAws) -> list[str]:
    names = [f"app-{number:04}" for number in range(250)]
    fake.create_repositories(names)
    return names


@pytest.mark.parametrize(
    ("asked", "sizes"),
    [(None, [100, 100, 50]), (1000, [250]), (125, [125, 125]), (120, [120, 120, 10])],
)
def test_a_page_of_repositories_has_100_unless_up_to_1000_are_asked_for(
    ecr: Any, names: list[str], asked: int | None, sizes: list[int]
) -> None:
    found = [
        page["repositories"]
        for page in ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": asked})
    ]
    assert [len(page) for page in found] == sizes
    assert sorted(one["repositoryName"] for page in found for one in page) == names


@pytest.mark.parametrize("number", [0, 1001])
def test_max_results_is_1_to_1000(raw: Any, number: int) -> None:
    assert code_of(raw.describe_repositories, maxResults=number) == "InvalidParameterException"


def test_names_come_1_to_100_at_a_time_and_never_with_paging(raw: Any, names: list[str]) -> None:
    assert len(raw.describe_repositories(repositoryNames=names[:100])["repositories"]) == 100
    for parameters in (
        {"repositoryNames": names[:101]},
        {"repositoryNames": []},
        {"repositoryNames": names[:2], "maxResults": 10},
        {"repositoryNames": names[:2], "nextToken": "x"},
    ):
        assert code_of(raw.describe_repositories, **parameters) == "InvalidParameterException"


def test_a_token_is_opaque_and_only_good_for_the_listing_that_gave_it(
    fake: FakeAws, ecr: Any, names: list[str]
) -> None:
    token = ecr.describe_repositories()["nextToken"]
    assert "app-" not in token
    for bogus in ("bogus", token[:-4], ("x" if token[0] != "x" else "y") + token[1:]):
        refusal = refusal_of(ecr.describe_repositories, nextToken=bogus)
        assert refusal.code == "InvalidParameterException"
        assert "nextToken" in refusal.message
    fake.put_image(names[0])
    assert code_of(ecr.list_images, repositoryName=names[0], nextToken=token) == "InvalidParameterException"
    assert len(ecr.describe_repositories(nextToken=token, maxResults=30)["repositories"]) == 30


def test_a_deletion_between_two_pages_hides_nothing(ecr: Any, names: list[str]) -> None:
    first = ecr.describe_repositories()
    for one in first["repositories"][90:]:
        ecr.delete_repository(repositoryName=one["repositoryName"])
    second = ecr.describe_repositories(nextToken=first["nextToken"])
    seen = {one["repositoryName"] for page in (first, second) for one in page["repositories"]}
    assert seen == set(names[:200])


def test_a_page_may_be_shorter_than_asked_for(fake: FakeAws, ecr: Any, tagging: Any) -> None:
    fake.create_repositories([f"app-{number}" for number in range(5)], tags={"team": "a"})
    fake.set_page_size(2)
    assert pages(ecr, "describe_repositories", "repositories", PaginationConfig={"PageSize": 1000}) == [
        2,
        2,
        1,
    ]
    assert pages(tagging, "get_resources", "ResourceTagMappingList") == [2, 2, 1]


def test_images_are_paged_by_tag_in_list_images_and_by_image_in_describe_images(
    fake: FakeAws, ecr: Any
) -> None:
    ecr.create_repository(repositoryName="app")
    for number in range(60):
        fake.put_image("app", tags=[f"v{number}", f"build-{number}"])
    assert pages(ecr, "list_images", "imageIds", repositoryName="app") == [100, 20]
    assert pages(ecr, "describe_images", "imageDetails", repositoryName="app") == [60]
    sized = {"repositoryName": "app", "PaginationConfig": {"PageSize": 50}}
    assert pages(ecr, "list_images", "imageIds", **sized) == [50, 50, 20]
    assert pages(ecr, "describe_images", "imageDetails", **sized) == [50, 10]
    listed = [
        one["imageTag"]
        for page in ecr.get_paginator("list_images").paginate(**sized)
        for one in page["imageIds"]
    ]
    assert len(set(listed)) == 120
