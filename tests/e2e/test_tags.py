"""Foreign tags are never touched; ours are set, changed and taken back."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, message
from tests.running import RunningOperator


def tags(repositories: Repositories, name: str) -> dict[str, str]:
    found = repositories.in_aws(name)
    assert found is not None
    result: dict[str, str] = found["tags"]
    del result["ecr-operator.dev/owner"]
    return result


def test_foreign_tags_survive_every_change_and_a_restart(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.created("web", tags={"a": "1", "b": "2"})
        repositories.tag_by_hand("web", theirs="x", b2="y")
        repositories.patch("web", tags={"a": "1", "b": None})
        repositories.ready("web")
        assert tags(repositories, "web") == {"a": "1", "theirs": "x", "b2": "y"}
    # While nobody looks the spec changes: what was ours is known from the status.
    repositories.patch("web", tags=None)
    with RunningOperator(cluster.operator_kubeconfig, **scope):
        repositories.ready("web")

    assert tags(repositories, "web") == {"theirs": "x", "b2": "y"}
    keys = [
        write["parameters"]["tagKeys"]
        for write in aws.writes(prefix=repositories.name("web"))
        if write["operation"] == "UntagResource"
    ]
    assert keys == [["b"], ["a"]]


def test_a_foreign_tag_that_the_spec_names_too_is_taken_and_given_back_with_it(
    cluster: Cluster, repositories: Repositories
) -> None:
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        repositories.created("web")
        repositories.tag_by_hand("web", team="theirs")

        repositories.patch("web", tags={"team": "ours"})
        repositories.ready("web")

        assert tags(repositories, "web") == {"team": "ours"}


def test_default_tags_are_on_every_repository_and_the_spec_wins(
    cluster: Cluster, repositories: Repositories
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,)}
    with RunningOperator(cluster.operator_kubeconfig, default_tags={"org": "acme", "env": "prod"}, **scope):
        repositories.created("web", tags={"env": "test"})
        assert tags(repositories, "web") == {"org": "acme", "env": "test"}
    with RunningOperator(cluster.operator_kubeconfig, default_tags={"env": "prod"}, **scope):
        # The setting is part of the desired state: its change is seen at the start.
        repositories.cluster.wait_for(
            "EcrRepository",
            repositories.namespace,
            "web",
            lambda obj: obj["status"]["managed"] == ["repository", "tags/env"],
        )
        assert tags(repositories, "web") == {"env": "test"}


@pytest.mark.parametrize("exists", [True, False])
def test_more_than_fifty_tags_are_refused_before_aws_does(
    cluster: Cluster, repositories: Repositories, exists: bool
) -> None:
    with RunningOperator(
        cluster.operator_kubeconfig,
        watch_namespaces=(repositories.namespace,),
        default_tags={f"default-{number}": "x" for number in range(10)},
    ):
        if exists:
            repositories.created("web")
            repositories.tag_by_hand("web", **{f"foreign-{number}": "x" for number in range(10)})
        wanted = {f"key-{number}": "x" for number in range(30 if exists else 45)}
        if exists:
            repositories.patch("web", tags=wanted)
        else:
            repositories.create("web", tags=wanted)
        obj = repositories.stalled("web", "TooManyTags")

        assert "AWS allows 50" in message(obj)
        assert "TagResource" not in repositories.calls()
        assert ("CreateRepository" in repositories.calls()) == exists
