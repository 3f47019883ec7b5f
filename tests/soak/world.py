"""A control plane and a fake AWS for the soak, as the test suite has them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import Cluster, install_crds
from tests.controlplane import ControlPlane
from tests.installation import install_account
from tests.least_rights import LeastRights
from tests.sequences.world import World

CRDS = Path(__file__).parent.parent.parent / "crds"
NAMESPACE = "soak"


@contextmanager
def started() -> Iterator[World]:
    """Both at work; ended, whatever happens."""
    # Nothing may lead to the user's own AWS account.
    for name in [name for name in os.environ if name.startswith(("AWS_", "ECR_OPERATOR_"))]:
        del os.environ[name]
    with (
        ControlPlane(prepare=_install_crds) as plane,
        Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster,
        LeastRights() as aws,
    ):
        install_account(cluster)
        os.environ |= {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        yield World(cluster, aws, NAMESPACE)


def _install_crds(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        install_crds(cluster, CRDS)
