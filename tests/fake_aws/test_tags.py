"""Tags on repositories."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_aws.refusal import code_of, refusal_of

Tags = list[dict[str, str]]


def as_list(**tags: str) -> Tags:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag(key: str, value: str = "v") -> Tags:
    return [{"Key": key, "Value": value}]


@pytest.fixture
def arn(ecr: Any) -> str:
    return ecr.create_repository(repositoryName="app")["repository"]["repositoryArn"]


def tags_of(ecr: Any, arn: str) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in ecr.list_tags_for_resource(resourceArn=arn)["tags"]}


def test_tag_resource_merges_and_untag_resource_takes_off_by_key(ecr: Any, arn: str) -> None:
    ecr.tag_resource(resourceArn=arn, tags=as_list(team="a", stage="prod"))
    ecr.tag_resource(resourceArn=arn, tags=as_list(team="b", cost="1"))
    assert tags_of(ecr, arn) == {"team": "b", "stage": "prod", "cost": "1"}
    ecr.untag_resource(resourceArn=arn, tagKeys=["stage", "never-there"])
    assert tags_of(ecr, arn) == {"team": "b", "cost": "1"}


@pytest.mark.parametrize(
    "tags",
    [
        tag("k" * 128, "v" * 256),
        tag("k", ""),
        tag("Ä ö/a_b.c:d=e+f-g@h", "ünïcode 1"),
        tag("ecr-operator.dev/owner", "cluster/namespace/name"),
        tag("team", "Aws:fine in a value"),
    ],
)
def test_letters_digits_spaces_and_the_documented_punctuation_are_taken(ecr: Any, tags: Tags) -> None:
    arn = ecr.create_repository(repositoryName="app", tags=tags)["repository"]["repositoryArn"]
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == tags


@pytest.mark.parametrize(
    "tags",
    [
        tag("k" * 129),
        tag("k", "v" * 257),
        tag(""),
        tag("aws:reserved"),
        tag("AWS:reserved"),
        tag("a*b"),
        tag("k", "a;b"),
        tag("k", "{}"),
        tag("k") + tag("k", "other"),
    ],
)
def test_other_tags_are_an_invalid_tag_parameter(raw: Any, arn: str, tags: Tags) -> None:
    for refusal in (
        refusal_of(raw.create_repository, repositoryName="other", tags=tags),
        refusal_of(raw.tag_resource, resourceArn=arn, tags=tags),
    ):
        assert (refusal.code, refusal.status) == ("InvalidTagParameterException", 400)
    assert code_of(raw.describe_repositories, repositoryNames=["other"]) == "RepositoryNotFoundException"
    assert tags_of(raw, arn) == {}


def test_a_repository_has_at_most_50_tags(ecr: Any, arn: str) -> None:
    fifty = as_list(**{f"k{number}": "v" for number in range(50)})
    ecr.tag_resource(resourceArn=arn, tags=fifty)
    ecr.tag_resource(resourceArn=arn, tags=as_list(k0="overwritten"))
    assert code_of(ecr.tag_resource, resourceArn=arn, tags=as_list(more="v")) == "TooManyTagsException"
    assert len(tags_of(ecr, arn)) == 50
    more = [*fifty, *as_list(more="v")]
    assert code_of(ecr.create_repository, repositoryName="other", tags=more) == "TooManyTagsException"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("tag_resource", {"tags": tag("k")}),
        ("untag_resource", {"tagKeys": ["k"]}),
        ("list_tags_for_resource", {}),
    ],
)
def test_the_tags_of_a_missing_repository_are_repository_not_found(
    ecr: Any, operation: str, parameters: dict[str, Any]
) -> None:
    arn = "arn:aws:ecr:eu-west-1:111111111111:repository/missing"
    assert code_of(getattr(ecr, operation), resourceArn=arn, **parameters) == "RepositoryNotFoundException"
    assert (
        code_of(getattr(ecr, operation), resourceArn="nonsense", **parameters) == "InvalidParameterException"
    )


def test_a_repository_made_again_has_none_of_the_old_tags(ecr: Any, arn: str) -> None:
    ecr.tag_resource(resourceArn=arn, tags=tag("k"))
    ecr.delete_repository(repositoryName="app")
    ecr.create_repository(repositoryName="app")
    assert tags_of(ecr, arn) == {}
