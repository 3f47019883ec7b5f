"""Deleting an EcrRepository never loses images by accident, and never hangs without saying why."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, Repositories, message
from tests.running import RunningOperator

pytestmark = pytest.mark.usefixtures("operator")

FINALIZER = "ecr-operator.dev/finalizer"
CONFIRM = "ecr-operator.dev/confirm-delete"


def finalizers(repositories: Repositories, name: str) -> list[str]:
    return repositories.get(name)["metadata"].get("finalizers", [])


def test_retain_is_the_default_and_needs_no_finalizer(repositories: Repositories) -> None:
    repositories.created("keep")
    assert finalizers(repositories, "keep") == []

    repositories.delete("keep")

    repositories.wait_gone("keep")
    assert repositories.in_aws("keep") is not None


def test_an_empty_repository_is_deleted_by_three_calls(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("empty", deletionPolicy="Delete")
    assert finalizers(repositories, "empty") == [FINALIZER]
    aws.reset_calls()

    repositories.delete("empty")

    repositories.wait_gone("empty")
    assert repositories.in_aws("empty") is None
    assert repositories.calls() == {"ListTagsForResource": 1, "ListImages": 1, "DeleteRepository": 1}


@pytest.mark.parametrize("status", ["ACTIVE", "ARCHIVED"])
def test_delete_waits_while_there_are_images_and_goes_on_by_itself(
    repositories: Repositories, aws: FakeAws, status: str
) -> None:
    repositories.created("full", deletionPolicy="Delete")
    aws.put_image(repositories.name("full"), ["v1", "v2"], status=status)
    aws.put_image(repositories.name("full"), [], status=status)

    repositories.delete("full")
    obj = repositories.reconciling("full", "RepositoryNotEmpty")

    assert "holds 2 images" in message(obj)
    assert "`deletionPolicy: DeleteWithImages`" in message(obj)
    assert "`deletionPolicy: Retain`" in message(obj)
    assert repositories.event(obj, "RepositoryNotEmpty")["type"] == "Warning"
    assert repositories.in_aws("full") is not None

    aws.delete_images(repositories.name("full"))
    repositories.wait_gone("full")
    assert repositories.in_aws("full") is None


def test_retain_set_meanwhile_releases_the_object_at_once(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("full", deletionPolicy="Delete")
    aws.put_image(repositories.name("full"), ["v1"])
    repositories.delete("full")
    repositories.reconciling("full", "RepositoryNotEmpty")

    repositories.patch("full", deletionPolicy="Retain")

    repositories.wait_gone("full")
    assert repositories.in_aws("full") is not None


@pytest.mark.parametrize("owner", ["prod/web/shop", None])
def test_a_repository_that_is_not_ours_any_more_is_kept(
    repositories: Repositories, owner: str | None
) -> None:
    repositories.created("lost", deletionPolicy="DeleteWithImages")
    key = "ecr-operator.dev/owner"
    if owner:
        repositories.tag_by_hand("lost", **{key: owner})
    else:
        repositories.ecr.untag_resource(resourceArn=repositories.arn("lost"), tagKeys=[key])

    obj = repositories.get("lost")
    repositories.delete("lost")

    repositories.wait_gone("lost")
    assert repositories.in_aws("lost") is not None
    assert "DeleteRepository" not in repositories.calls()
    assert "is kept" in repositories.event(obj, "FinalizerReleased")["note"]


def test_a_repository_that_is_gone_holds_nobody(repositories: Repositories) -> None:
    repositories.created("gone", deletionPolicy="Delete")
    repositories.ecr.delete_repository(repositoryName=repositories.name("gone"))

    repositories.delete("gone")

    repositories.wait_gone("gone")
    assert repositories.in_aws("gone") is None


def test_an_object_that_never_owned_anything_goes_without_a_call(repositories: Repositories) -> None:
    repositories.by_hand("theirs")
    repositories.create("theirs", deletionPolicy="DeleteWithImages")
    repositories.stalled("theirs", "RepositoryNotOurs")
    calls = repositories.calls()

    repositories.delete("theirs")

    repositories.wait_gone("theirs")
    assert repositories.in_aws("theirs") is not None
    assert repositories.calls() == calls


def test_a_suspended_object_goes_and_touches_nothing(repositories: Repositories) -> None:
    repositories.created("asleep", deletionPolicy="DeleteWithImages")
    repositories.patch("asleep", suspend=True)
    repositories.wait("asleep", "Ready", "True", "Suspended")
    calls = repositories.calls()

    repositories.delete("asleep")

    repositories.wait_gone("asleep")
    assert repositories.in_aws("asleep") is not None
    assert repositories.calls() == calls


def test_the_finalizer_comes_and_goes_with_the_policy(repositories: Repositories) -> None:
    repositories.created("switch")
    for policy, expected in [("Delete", [FINALIZER]), ("Retain", []), ("DeleteWithImages", [FINALIZER])]:
        repositories.patch("switch", deletionPolicy=policy)
        repositories.ready("switch")
        assert finalizers(repositories, "switch") == expected
    repositories.patch("switch", managementPolicy="Observe")
    repositories.ready("switch")
    assert finalizers(repositories, "switch") == []


def test_a_finalizer_that_a_person_takes_off_comes_back(repositories: Repositories) -> None:
    repositories.created("mine", deletionPolicy="Delete")

    repositories.cluster.merge_patch(KIND, repositories.namespace, "mine", {"metadata": {"finalizers": None}})

    repositories.cluster.wait_for(
        KIND, repositories.namespace, "mine", lambda obj: obj["metadata"]["finalizers"] == [FINALIZER]
    )


def test_a_rename_in_git_hands_the_repository_over(repositories: Repositories) -> None:
    repositories.created("old", deletionPolicy="DeleteWithImages")
    name = repositories.name("old")
    repositories.create("new", repositoryName=name)
    repositories.stalled("new", "RepositoryNameTaken")

    obj = repositories.get("old")
    repositories.delete("old")

    repositories.wait_gone("old")
    assert repositories.in_aws("old") is not None
    assert "handed over" in repositories.event(obj, "FinalizerReleased")["note"]


def test_a_denied_deletion_names_the_way_out(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("denied", deletionPolicy="Delete")
    rule = aws.inject("DeleteRepository", "AccessDeniedException", prefix=repositories.name("denied"))

    repositories.delete("denied")
    obj = repositories.stalled("denied", "AccessDenied")
    assert "ecr:DeleteRepository" in message(obj)
    assert "`deletionPolicy: Retain`" in message(obj)

    aws.clear(rule)
    repositories.wait_gone("denied")
    assert repositories.in_aws("denied") is None


def test_a_kms_error_of_a_delete_that_happened_is_none(
    repositories: Repositories, aws: FakeAws, operator: RunningOperator
) -> None:
    """Retiring the grant may fail after the repository has gone (ECR, KmsException)."""
    repositories.created("kms", deletionPolicy="Delete")
    rule = aws.inject("DeleteRepository", "KmsException", prefix=repositories.name("kms"))
    repositories.delete("kms")
    repositories.stalled("kms", "KmsKeyUnusable")

    repositories.ecr.delete_repository(repositoryName=repositories.name("kms"))

    repositories.wait_gone("kms")
    aws.clear(rule)


def test_a_namespace_that_may_not_have_the_name_deletes_nothing(
    cluster: Cluster, repositories: Repositories
) -> None:
    repositories.created("mine", deletionPolicy="DeleteWithImages")
    names = {"metadata": {"annotations": {"ecr-operator.dev/repository-names": "other-*"}}}
    cluster.merge_patch("Namespace", None, repositories.namespace, names)
    repositories.stalled("mine", "NameNotAllowed")

    repositories.delete("mine")

    repositories.wait_gone("mine")
    assert repositories.in_aws("mine") is not None


def test_a_deletion_waits_for_a_repository_that_aws_does_not_show_yet(
    repositories: Repositories, aws: FakeAws
) -> None:
    """Right after its creation AWS may deny knowing it; the object would go and leave it behind."""
    aws.set_propagation(1.0)
    try:
        repositories.created("young", deletionPolicy="Delete")
        repositories.delete("young")
        repositories.wait_gone("young")
    finally:
        aws.set_propagation(0.0)

    assert repositories.in_aws("young") is None
    assert "DeleteRepository" in repositories.calls()


def test_an_edited_status_deletes_nobody_elses_repository(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    repositories.created("mine")
    repositories.delete("mine")
    repositories.wait_gone("mine")
    repositories.by_hand("victim", owner="prod/web/shop")
    aws.put_image(repositories.name("victim"), ["v1"])
    obj = repositories.manifest(
        "mine", repositoryName=repositories.name("victim"), deletionPolicy="DeleteWithImages"
    )
    obj["metadata"]["annotations"] = {"ecr-operator.dev/confirm-delete": repositories.name("victim")}
    obj["metadata"]["finalizers"] = [FINALIZER]
    cluster.create(obj)
    repositories.stalled("mine", "RepositoryOwnedByAnother")

    status = {
        "managed": ["repository"],
        "repositoryArn": repositories.arn("mine"),
        "registryId": "111111111111",
        "region": "eu-west-1",
    }
    cluster.status_patch(KIND, repositories.namespace, "mine", status)
    repositories.delete("mine")

    repositories.wait_gone("mine")
    assert repositories.in_aws("victim") is not None
    assert "DeleteRepository" not in repositories.calls()
