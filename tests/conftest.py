"""What every test may ask for: a cluster and a namespace in it."""

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import ApiError, Cluster, install_crds
from tests.controlplane import ControlPlane, assets

CRDS = Path(__file__).parent.parent / "crds"


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster with our CRDs, seen by its administrator: `TEST_KUBECONFIG`, or one of our own.

    Each worker of pytest-xdist has its own.
    """
    if given := os.environ.get("TEST_KUBECONFIG"):
        with Cluster(given) as cluster:
            install_crds(cluster, CRDS)
            yield cluster
        return
    # The first build takes minutes; without this nobody would see that it goes on.
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        assets.find()
    with (
        ControlPlane(prepare=_install_crds) as plane,
        Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster,
    ):
        yield cluster


def _install_crds(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        install_crds(cluster, CRDS)


@pytest.fixture
def namespace(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own; its deletion, which takes seconds, goes on behind the next test."""
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    name = f"{test[:40].strip('-')}-{uuid.uuid4().hex[:8]}"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    try:
        cluster.delete("Namespace", None, name)
    except ApiError as error:
        # The test may have deleted it, or it is about to go.
        if error.status not in (404, 409):
            raise
