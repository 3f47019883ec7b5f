"""GetResources: what is listed, filtered, paged, and how late."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

ARN = "arn:aws:ecr:eu-west-1:111111111111:repository/"


def found(tagging: Any, **parameters: Any) -> dict[str, dict[str, str]]:
    """Tags by repository name, over all pages."""
    mappings = [
        one
        for page in tagging.get_paginator("get_resources").paginate(**parameters)
        for one in page["ResourceTagMappingList"]
    ]
    return {
        one["ResourceARN"].removeprefix(ARN): {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        for one in mappings
    }


def create(ecr: Any, name: str, **tags: str) -> str:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ecr.create_repository(repositoryName=name, tags=listed)["repository"]["repositoryArn"]


def test_untagged_repositories_are_never_listed(ecr: Any, tagging: Any) -> None:
    create(ecr, "untagged")
    create(ecr, "tagged", team="a")
    assert found(tagging) == {"tagged": {"team": "a"}}


@pytest.mark.parametrize(
    ("types", "listed"),
    [
        (["ecr:repository"], True),
        (["ecr"], True),
        (["s3", "ecr"], True),
        (["ec2:instance"], False),
        (["ecr:image"], False),
    ],
)
def test_resource_types_are_a_service_or_a_service_and_a_type(
    ecr: Any, tagging: Any, types: list[str], listed: bool
) -> None:
    create(ecr, "app", team="a")
    assert bool(found(tagging, ResourceTypeFilters=types)) == listed


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{"Key": "team", "Values": ["a"]}], {"one", "two"}),
        ([{"Key": "team", "Values": ["a", "b"]}], {"one", "two", "three"}),
        ([{"Key": "stage"}], {"one", "three"}),
        ([{"Key": "stage", "Values": []}], {"one", "three"}),
        ([{"Key": "team", "Values": ["a"]}, {"Key": "stage", "Values": ["prod"]}], {"one"}),
        ([{"Key": "team", "Values": ["A"]}], set()),
        ([{"Key": "none"}], set()),
    ],
)
def test_all_tag_filters_must_hold_and_one_of_the_values_of_each(
    ecr: Any, tagging: Any, filters: list[dict[str, Any]], expected: set[str]
) -> None:
    create(ecr, "one", team="a", stage="prod")
    create(ecr, "two", team="a")
    create(ecr, "three", team="b", stage="prod")
    assert set(found(tagging, TagFilters=filters)) == expected


def test_a_repository_that_was_tagged_once_is_listed_with_empty_tags_until_a_filter_is_given(
    ecr: Any, tagging: Any
) -> None:
    arn = create(ecr, "app", team="a")
    ecr.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert found(tagging) == {"app": {}}
    assert found(tagging, TagFilters=[{"Key": "team"}]) == {}


def test_a_page_has_at_most_100_resources_and_the_last_an_empty_token(fake: FakeAws, tagging: Any) -> None:
    fake.create_repositories([f"app-{number}" for number in range(150)], tags={"team": "a"})
    first = tagging.get_resources()
    second = tagging.get_resources(PaginationToken=first["PaginationToken"])
    assert [len(page["ResourceTagMappingList"]) for page in (first, second)] == [100, 50]
    assert second["PaginationToken"] == ""
    small = tagging.get_resources(ResourcesPerPage=7)
    assert len(small["ResourceTagMappingList"]) == 7
    assert len(found(tagging, ResourcesPerPage=40)) == 150


def test_tags_per_page_never_splits_a_resource(fake: FakeAws, tagging: Any) -> None:
    fake.create_repositories(
        [f"app-{number}" for number in range(22)], tags={f"k{n}": "v" for n in range(10)}
    )
    pages = tagging.get_paginator("get_resources").paginate(TagsPerPage=100)
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [10, 10, 2]


@pytest.mark.parametrize(
    "parameters",
    [
        {"ResourcesPerPage": 0},
        {"ResourcesPerPage": 101},
        {"TagsPerPage": 99},
        {"TagsPerPage": 501},
        {"PaginationToken": "bogus"},
        {"ResourceARNList": [f"{ARN}app"], "ResourceTypeFilters": ["ecr"]},
        {"ResourceARNList": [f"{ARN}app"], "TagFilters": [{"Key": "team"}]},
        {"ResourceARNList": [f"{ARN}app"], "ResourcesPerPage": 10},
        {"TagFilters": [{"Values": ["a"]}]},
        {"TagFilters": [{"Key": "k" * 129}]},
    ],
)
def test_what_the_reference_rules_out_is_an_invalid_parameter(
    tagging: Any, parameters: dict[str, Any]
) -> None:
    assert code_of(tagging.get_resources, **parameters) == "InvalidParameterException"


def test_a_token_is_good_in_its_own_account_alone(fake: FakeAws, tagging: Any) -> None:
    fake.create_repositories(["one", "two"], tags={"team": "a"})
    token = tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
    other = fake.client("resourcegroupstaggingapi", "222222222222")
    assert code_of(other.get_resources, PaginationToken=token) == "InvalidParameterException"


def test_arns_are_looked_up_and_missing_ones_left_out(ecr: Any, tagging: Any) -> None:
    create(ecr, "app", team="a")
    create(ecr, "other", team="a")
    answer = tagging.get_resources(ResourceARNList=[f"{ARN}app", f"{ARN}missing"])
    assert [one["ResourceARN"] for one in answer["ResourceTagMappingList"]] == [f"{ARN}app"]


def test_accounts_and_regions_are_listed_apart(fake: FakeAws, ecr: Any) -> None:
    create(ecr, "app", team="a")
    assert found(fake.client("resourcegroupstaggingapi", region="us-east-1")) == {}
    assert found(fake.client("resourcegroupstaggingapi", "222222222222")) == {}


def test_writes_of_tags_and_deletions_are_seen_after_the_lag(fake: FakeAws, ecr: Any, tagging: Any) -> None:
    arn = create(ecr, "app", team="a")
    fake.set_tagging(lag=60)
    assert found(tagging) == {}
    time.sleep(1)
    fake.set_tagging(lag=1)
    assert found(tagging) == {"app": {"team": "a"}}
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "team", "Value": "b"}])
    assert found(tagging) == {"app": {"team": "a"}}
    fake.set_tagging(lag=0)
    assert found(tagging) == {"app": {"team": "b"}}
    ecr.delete_repository(repositoryName="app")
    fake.set_tagging(lag=1)
    assert found(tagging)["app"] in ({"team": "a"}, {"team": "b"})
    fake.set_tagging(lag=0)
    assert found(tagging) == {}


def test_a_deleted_repository_is_a_ghost_for_as_long_as_was_set(
    fake: FakeAws, ecr: Any, tagging: Any
) -> None:
    fake.set_tagging(ghosts_seconds=60)
    create(ecr, "app", team="a")
    ecr.delete_repository(repositoryName="app")
    assert found(tagging, TagFilters=[{"Key": "team"}]) == {"app": {"team": "a"}}
    fake.set_tagging(ghosts_seconds=0.05)
    time.sleep(0.05)
    assert found(tagging) == {}
    fake.set_tagging(ghosts_seconds=None)
    assert found(tagging) == {"app": {"team": "a"}}
    fake.clear_ghosts()
    assert found(tagging) == {}
    create(ecr, "app")
    assert refusal_of(ecr.create_repository, repositoryName="app").code == "RepositoryAlreadyExistsException"
    assert found(tagging) == {}


def test_a_quarter_of_an_hour_of_lag_can_be_had_at_once(fake: FakeAws, ecr: Any, tagging: Any) -> None:
    kept = create(ecr, "kept", team="a")
    create(ecr, "gone", team="a")
    fake.set_tagging(lag=900)
    assert found(tagging) == {}
    fake.set_tagging(lag=0, frozen=True)
    ecr.tag_resource(resourceArn=kept, tags=[{"Key": "team", "Value": "b"}])
    ecr.delete_repository(repositoryName="gone")
    create(ecr, "new", team="a")
    time.sleep(0.05)
    before = {"kept": {"team": "a"}, "gone": {"team": "a"}}
    assert found(tagging) == before
    fake.set_tagging(lag=0)
    assert found(tagging) == before
    fake.set_tagging(frozen=False, ghosts_seconds=None)
    assert found(tagging) == {"kept": {"team": "b"}, "gone": {"team": "a"}, "new": {"team": "a"}}
    fake.set_tagging(frozen=True)
    fake.reset()
    create(ecr, "app", team="a")
    assert found(tagging) == {"app": {"team": "a"}}


def test_a_repository_that_is_made_anew_is_no_ghost_any_more(fake: FakeAws, ecr: Any, tagging: Any) -> None:
    fake.set_tagging(ghosts_seconds=None)
    create(ecr, "app", team="a")
    ecr.delete_repository(repositoryName="app")
    create(ecr, "app", team="b")
    assert found(tagging) == {"app": {"team": "b"}}
