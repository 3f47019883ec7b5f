"""What a namespace may claim is the administrator's to say, and is said before any call to AWS."""

import pytest

from tests.cluster import Cluster
from tests.repositories import Repositories, message

pytestmark = pytest.mark.usefixtures("operator")


def annotate(cluster: Cluster, namespace: str, **annotations: str | None) -> None:
    names = {f"ecr-operator.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
    cluster.merge_patch("Namespace", None, namespace, {"metadata": {"annotations": names}})


def test_a_name_that_the_namespace_may_not_claim_is_refused_before_aws(
    cluster: Cluster, repositories: Repositories
) -> None:
    annotate(cluster, repositories.namespace, repository_names="team-a/*, {namespace}/ok-*")

    repositories.create("ok-web")
    repositories.create("other", deletionPolicy="Delete")

    repositories.ready("ok-web")
    obj = repositories.stalled("other", "NameNotAllowed")
    assert f"'team-a/*', '{repositories.namespace}/ok-*'" in message(obj)
    assert "finalizers" not in obj["metadata"]
    assert list(repositories.aws.calls(prefix=repositories.name("other"))) == []


def test_it_heals_when_the_administrator_allows_the_name(
    cluster: Cluster, repositories: Repositories
) -> None:
    annotate(cluster, repositories.namespace, repository_names="nothing")
    repositories.create("later")
    repositories.stalled("later", "NameNotAllowed")

    annotate(cluster, repositories.namespace, repository_names=None)

    repositories.ready("later")


@pytest.mark.parametrize("spec", [{"adoptionPolicy": "Adopt"}, {"adoptFrom": "prod/web/shop"}])
def test_adoption_that_the_namespace_may_not_do_is_refused_before_aws(
    cluster: Cluster, repositories: Repositories, spec: dict[str, str]
) -> None:
    repositories.by_hand("theirs", owner=spec.get("adoptFrom"))
    repositories.create("theirs", **spec)
    obj = repositories.stalled("theirs", "AdoptionNotAllowed")
    assert "ecr-operator.dev/adoption: Allowed" in message(obj)
    assert repositories.calls() == {}

    annotate(cluster, repositories.namespace, adoption="Allowed")
    repositories.ready("theirs")


def test_what_was_adopted_once_stays_managed_when_the_right_is_taken_back(
    cluster: Cluster, repositories: Repositories
) -> None:
    annotate(cluster, repositories.namespace, adoption="Allowed")
    repositories.by_hand("theirs")
    repositories.create("theirs", adoptionPolicy="Adopt")
    repositories.ready("theirs")

    annotate(cluster, repositories.namespace, adoption=None)
    repositories.patch("theirs", imageTagMutability="IMMUTABLE")

    repositories.ready("theirs")
