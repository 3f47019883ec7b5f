"""The control plane does what tests of the operator count on."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cluster import ApiError, Cluster, Object
from tests.controlplane import ControlPlane, assets
from tests.controlplane.address import HOST
from tests.controlplane.ends import ends_of, has_ended

ROOT = Path(__file__).parents[2]


def config_map(namespace: str, name: str, **metadata: object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, **metadata},
    }


def test_client_and_server_are_of_the_version_in_go_mod(cluster: Cluster) -> None:
    versions = json.loads(cluster.kubectl("version", "-o", "json").stdout)
    assert versions["serverVersion"]["gitVersion"] == assets.kubernetes_version()
    assert versions["clientVersion"]["gitVersion"] == assets.kubernetes_version()
    assert assets.kubernetes_version().startswith("v1.36.")


def test_a_new_namespace_gets_its_default_service_account(cluster: Cluster, namespace: str) -> None:
    cluster.wait_for("ServiceAccount", namespace, "default", lambda account: True)


def test_a_namespace_is_deleted_to_the_end(cluster: Cluster, namespace: str) -> None:
    cluster.create(config_map(namespace, "content"))
    cluster.delete("Namespace", None, namespace, wait=True)
    assert cluster.find("ConfigMap", namespace, "content") is None


def test_the_garbage_collector_deletes_what_a_custom_object_owned(cluster: Cluster, namespace: str) -> None:
    widgets = f"/apis/test.ecr-operator.dev/v1/namespaces/{namespace}/widgets"
    kind = {"apiVersion": "test.ecr-operator.dev/v1", "kind": "Widget"}
    owner = cluster.request("POST", widgets, kind | {"metadata": {"name": "owner"}})
    reference = kind | {"name": "owner", "uid": owner["metadata"]["uid"]}
    cluster.create(config_map(namespace, "owned", ownerReferences=[reference]))
    cluster.request("DELETE", f"{widgets}/owner")
    # Well below the 30 s after which the garbage collector would have found the kind by itself.
    cluster.wait_gone("ConfigMap", namespace, "owned", timeout=10)


def test_a_user_may_do_what_a_role_allows_and_no_more(
    plane: ControlPlane, cluster: Cluster, namespace: str
) -> None:
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "r", "namespace": namespace}}
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    cluster.create(rbac | {"kind": "Role", "rules": [rule]})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "test:readers"}
    cluster.create(rbac | {"kind": "RoleBinding", "roleRef": role, "subjects": [group]})
    cluster.create(config_map(namespace, "seen"))
    with Cluster(plane.kubeconfig_for("reader", ["test:readers"])) as reader:
        # A wait, because the authorizer learns of the binding a moment later.
        reader.wait_for("ConfigMap", namespace, "seen", lambda found: True)
        with pytest.raises(ApiError, match="cannot list resource") as refused:
            reader.list("Secret", namespace)
    assert (refused.value.status, refused.value.reason) == (403, "Forbidden")


def test_a_service_account_signs_in_with_a_token(cluster: Cluster, namespace: str) -> None:
    cluster.wait_for("ServiceAccount", namespace, "default", lambda account: True)
    with (
        Cluster(cluster.kubeconfig_of(namespace, "default")) as account,
        pytest.raises(ApiError, match=f"system:serviceaccount:{namespace}:default"),
    ):
        account.list("Secret", namespace)


def test_a_killed_api_server_comes_back_with_its_data(
    plane: ControlPlane, cluster: Cluster, namespace: str
) -> None:
    cluster.create(config_map(namespace, "kept"))
    plane.kill_apiserver()
    with pytest.raises(ApiError, match="Connection refused"):
        cluster.get("ConfigMap", namespace, "kept")
    plane.start_apiserver()
    assert cluster.get("ConfigMap", namespace, "kept")["metadata"]["name"] == "kept"
    # The controllers find it again, too: client-go tries every 30 s at least, a random part of that later.
    cluster.delete("ServiceAccount", namespace, "default")
    cluster.wait_for("ServiceAccount", namespace, "default", lambda account: True, timeout=120)


def test_a_frozen_api_server_does_not_answer_until_it_is_thawed(plane: ControlPlane) -> None:
    with Cluster(plane.kubeconfig, timeout=0.5) as impatient:
        impatient.get("Namespace", None, "default")
        plane.freeze_apiserver()
        try:
            with pytest.raises(ApiError, match="timed out") as unreachable:
                impatient.get("Namespace", None, "default")
        finally:
            plane.thaw_apiserver()
        assert unreachable.value.reason == "Unreachable"
    with Cluster(plane.kubeconfig) as patient:
        patient.get("Namespace", None, "default")


def test_the_api_server_counts_requests(plane: ControlPlane) -> None:
    assert "apiserver_request_total{" in plane.apiserver_metrics()


def test_stop_leaves_no_process_no_file_and_no_port() -> None:
    with ControlPlane() as plane:
        directory, port, pids = plane.directory, int(plane.server.rpartition(":")[2]), plane.pids
        assert sorted(pids) == ["etcd", "kube-apiserver", "kube-controller-manager"]
        with ends_of(pids.values()) as ends:
            plane.stop()
            assert all(map(has_ended, ends))
    assert not directory.exists()
    with socket.create_server((HOST, port)):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_a_killed_parent_takes_the_control_plane_with_it() -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        subprocess.Popen(
            [sys.executable, "-m", "tests.controlplane", "up"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": scratch},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as parent,
    ):
        try:
            assert parent.stdout
            assert parent.stdout.readline().startswith("export KUBECONFIG=")
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            assert len(children) == 3
            with ends_of(map(int, children)) as ends:
                parent.send_signal(signal.SIGKILL)
                assert all(map(has_ended, ends))
        finally:
            parent.kill()
