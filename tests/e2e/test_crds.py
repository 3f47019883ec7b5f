"""CRDs that come after the operator, and CRDs that go and come back: no restart is needed."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane
from tests.fake_aws.client import FakeAws
from tests.installation import install_account
from tests.repositories import Repositories
from tests.running import RunningOperator

CRD = "ecrrepositories.ecr-operator.dev"


@pytest.fixture(scope="module")
def bare() -> Iterator[Cluster]:
    """A cluster without our CRDs."""
    with ControlPlane() as plane, Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        install_account(cluster)
        yield cluster


def test_crds_installed_later_deleted_and_installed_again(bare: Cluster, aws: FakeAws) -> None:
    repositories = Repositories(bare, aws, "default")
    running = RunningOperator(bare.operator_kubeconfig).start()
    try:
        running.wait(lambda: "CRDs" in (running.readiness() or ""), 20, "word of the missing CRDs")

        install_crds(bare, CRDS)
        running.wait_ready()
        repositories.created("first", deletionPolicy="Retain")

        bare.delete("CustomResourceDefinition", None, CRD, wait=True)
        running.wait(lambda: "CRDs" in (running.readiness() or ""), 30, "word of the missing CRDs")

        install_crds(bare, CRDS)
        running.wait_ready()
        # The object went with its CRD, its repository did not, and carries its owner's tag.
        repositories.created("first")
        repositories.created("second")
    finally:
        running.stop()


def test_a_ghost_of_the_store_is_never_acted_on(bare: Cluster, aws: FakeAws) -> None:
    """See tests/kube for the store's own rules; here an object goes while nobody watches."""
    install_crds(bare, CRDS)
    repositories = Repositories(bare, aws, "default")
    with RunningOperator(bare.operator_kubeconfig, list_seconds=1.0):
        repositories.created("brief")
        repositories.delete("brief")
        repositories.wait_gone("brief")
        repositories.ecr.delete_repository(repositoryName=repositories.name("brief"))
        repositories.created("after")

    assert repositories.in_aws("brief") is None
