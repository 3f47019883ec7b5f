"""`kubectl apply -k deploy/kustomize/base` on a cluster that has nothing of ours yet."""

import copy
from collections.abc import Iterator

import pytest

from tests.cluster import ApiError, Cluster, Object
from tests.controlplane import ControlPlane
from tests.installation import BASE, NAMESPACE, rendered
from tests.kinds import path

NAME = "ecr-operator"


@pytest.fixture(scope="module")
def empty() -> Iterator[Cluster]:
    """A cluster of this module's own, as it comes."""
    with ControlPlane() as plane, Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def installed(empty: Cluster) -> Cluster:
    """The same after the installation, which is one command."""
    empty.kubectl("apply", "-k", str(BASE))
    return empty


def test_a_dry_run_passes_once_the_namespace_exists(empty: Cluster) -> None:
    """A dry run makes no namespace, and the API server tries nothing in one that does not exist."""
    assert empty.find("Namespace", None, NAMESPACE) is None, "this test comes first"
    early = empty.kubectl("apply", "-k", str(BASE), "--dry-run=server", check=False)
    assert f'namespaces "{NAMESPACE}" not found' in early.stderr
    empty.kubectl("apply", "-f", str(BASE / "namespace.yaml"))

    dry = empty.kubectl("apply", "-k", str(BASE), "--dry-run=server")

    assert dry.stderr == ""
    assert len(dry.stdout.splitlines()) == len(rendered(empty))


def test_one_apply_installs_everything_as_it_is_written(installed: Cluster) -> None:
    assert installed.kubectl("diff", "-k", str(BASE)).stdout == ""


def test_both_pods_are_admitted(installed: Cluster) -> None:
    made = installed.wait_for(
        "Deployment", NAMESPACE, NAME, lambda obj: obj["status"]["updatedReplicas"] == 2, what="two Pods"
    )

    assert [one for one in made["status"]["conditions"] if one["type"] == "ReplicaFailure"] == []


def test_the_namespace_enforces_the_restricted_level(installed: Cluster) -> None:
    template = installed.get("Deployment", NAMESPACE, NAME)["spec"]["template"]
    metadata = template["metadata"] | {"name": "tried", "namespace": NAMESPACE}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    careless = copy.deepcopy(pod)
    del careless["spec"]["containers"][0]["securityContext"]

    _try(installed, pod)
    with pytest.raises(ApiError, match='violates PodSecurity "restricted:latest"'):
        _try(installed, careless)


def _try(cluster: Cluster, pod: Object) -> None:
    cluster.request("POST", path("Pod", NAMESPACE), pod, query={"dryRun": "All"})
