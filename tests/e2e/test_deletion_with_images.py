"""What becomes of images that are in use when their EcrRepository is deleted."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.lifecycle import LifecyclePolicies
from tests.repositories import KIND, Repositories, message

CONFIRM = "ecr-operator.dev/confirm-delete"


@pytest.mark.usefixtures("operator")
def test_delete_with_images_goes_when_nobody_uses_them(repositories: Repositories, aws: FakeAws) -> None:
    repositories.created("full", deletionPolicy="DeleteWithImages")
    aws.put_image(repositories.name("full"), ["v1"])

    repositories.delete("full")

    repositories.wait_gone("full")
    assert repositories.in_aws("full") is None


@pytest.mark.usefixtures("operator")
def test_delete_with_images_is_held_until_nobody_uses_them(policies: LifecyclePolicies) -> None:
    repositories = policies.repositories
    repositories.created("full", deletionPolicy="DeleteWithImages")
    policies.images("full", "v1")
    # Also one that is not there may be pushed again.
    policies.pod("web", "full", ":v2")

    repositories.delete("full")
    obj = repositories.reconciling("full", "DeletionHeld")
    assert "Pod/web of this cluster use" in message(obj)
    assert repositories.in_aws("full") is not None

    policies.remove_pod("web")
    repositories.wait_gone("full")
    assert repositories.in_aws("full") is None


@pytest.mark.usefixtures("operator")
def test_delete_with_images_is_held_until_it_is_confirmed_by_the_name(
    repositories: Repositories, policies: LifecyclePolicies
) -> None:
    repositories.created("full", deletionPolicy="DeleteWithImages")
    policies.images("full", "v1")
    policies.pod("web", "full", ":v1")

    repositories.delete("full")
    obj = repositories.reconciling("full", "DeletionHeld")
    assert f"`{CONFIRM}: {repositories.name('full')}`" in message(obj)
    repositories.annotate("full", CONFIRM, "yes")
    repositories.annotate("full", "ecr-operator.dev/reconcile", "look")
    repositories.cluster.wait_for(
        KIND, repositories.namespace, "full", lambda o: o["status"]["lastHandledReconcileAt"] == "look"
    )
    assert repositories.in_aws("full") is not None

    repositories.annotate("full", CONFIRM, repositories.name("full"))
    repositories.wait_gone("full")
    assert repositories.in_aws("full") is None


@pytest.mark.usefixtures("operator")
def test_delete_with_images_on_an_empty_repository_asks_for_nothing(repositories: Repositories) -> None:
    repositories.created("empty", deletionPolicy="DeleteWithImages")

    repositories.delete("empty")

    repositories.wait_gone("empty")
    assert repositories.in_aws("empty") is None
