"""Control planes that tests may break, and a gateway in front of any."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane
from tests.faults.gateway import Gateway


@pytest.fixture
def gateway(cluster: Cluster, tmp_path: Path) -> Iterator[Gateway]:
    """What the operator of the test talks to in the API server's place."""
    with Gateway(cluster.operator_kubeconfig, tmp_path) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """A control plane to break, whose etcd forgets within seconds.

    A module that wants it makes its `cluster` of it; `TEST_KUBECONFIG` is another one's.
    """
    with ControlPlane(prepare=_install, apiserver_flags=["--etcd-compaction-interval=1s"]) as plane:
        yield plane


def _install(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        install_crds(cluster, CRDS)
