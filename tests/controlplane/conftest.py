"""The control plane under test. These tests restart it, so it is not the one that others share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, Object
from tests.controlplane import ControlPlane

WIDGET: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.test.ecr-operator.dev"},
    "spec": {
        "group": "test.ecr-operator.dev",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """A control plane that has had the kind Widget since before its controllers ran."""
    with ControlPlane(prepare=_install_widgets) as plane:
        yield plane


@pytest.fixture(scope="session")
def cluster(plane: ControlPlane) -> Iterator[Cluster]:
    """The plane, seen by its administrator; here it takes the place of the shared cluster."""
    with Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        yield cluster


def _install_widgets(kubeconfig: Path) -> None:
    with Cluster(kubeconfig) as cluster:
        cluster.create(WIDGET)
        cluster.wait_for(WIDGET["kind"], None, WIDGET["metadata"]["name"], _is_served)


def _is_served(crd: Object) -> bool:
    return any(c["type"] == "Established" and c["status"] == "True" for c in crd["status"]["conditions"])
