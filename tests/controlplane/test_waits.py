"""Waits see every state, sit out outages, and say what they saw last."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.controlplane import ControlPlane


@pytest.fixture
def secret(cluster: Cluster, namespace: str) -> Iterator[str]:
    """A Secret with a finalizer, which tests need not remove."""
    metadata = {"name": "secret", "namespace": namespace, "finalizers": ["test.ecr-operator.dev/kept"]}
    cluster.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    yield "secret"
    if cluster.find("Secret", namespace, "secret"):
        cluster.merge_patch("Secret", namespace, "secret", {"metadata": {"finalizers": None}})


def test_a_wait_that_fails_shows_the_object(cluster: Cluster, namespace: str, secret: str) -> None:
    with pytest.raises(AssertionError) as failure:
        cluster.wait_for("Secret", namespace, secret, lambda s: s["data"]["a"], timeout=0.2, what="data")
    assert f"Secret {namespace}/secret did not reach data in 0.2 s" in str(failure.value)
    assert "test.ecr-operator.dev/kept" in str(failure.value)


def test_a_wait_for_what_never_comes_says_that_it_is_absent(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(AssertionError, match="it is absent"):
        cluster.wait_for("Secret", namespace, "nothing", lambda s: True, timeout=0.2)


def test_deletion_waits_for_the_last_finalizer(cluster: Cluster, namespace: str, secret: str) -> None:
    cluster.delete("Secret", namespace, secret)
    with pytest.raises(AssertionError, match="is still there") as failure:
        cluster.wait_gone("Secret", namespace, secret, timeout=0.2)
    assert "deletionTimestamp" in str(failure.value)
    cluster.merge_patch("Secret", namespace, secret, {"metadata": {"finalizers": None}})
    cluster.wait_gone("Secret", namespace, secret)


def test_a_wait_without_any_answer_says_so(plane: ControlPlane, namespace: str) -> None:
    with Cluster(plane.kubeconfig) as cluster:
        plane.freeze_apiserver()
        try:
            with pytest.raises(AssertionError, match=f"No answer about Secret {namespace}/secret in 0.3 s"):
                cluster.wait_for("Secret", namespace, "secret", lambda s: True, timeout=0.3)
        finally:
            plane.thaw_apiserver()


def test_two_managers_share_an_object_by_server_side_apply(cluster: Cluster, namespace: str) -> None:
    metadata = {"name": "shared", "namespace": namespace}
    base = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    cluster.apply(base | {"data": {"a": "1"}}, "first")
    cluster.apply(base | {"data": {"b": "2"}}, "second")
    assert cluster.get("ConfigMap", namespace, "shared")["data"] == {"a": "1", "b": "2"}


def test_events_are_those_that_regard_the_object(cluster: Cluster, namespace: str, secret: str) -> None:
    regarding = cluster.get("Secret", namespace, secret)
    for name, uid in (("mine", regarding["metadata"]["uid"]), ("other", "another-uid")):
        cluster.create(
            {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "eventTime": "2026-01-01T00:00:00.000000Z",
                "type": "Normal",
                "reason": "Tested",
                "action": "Test",
                "reportingController": "ecr-operator.dev/tests",
                "reportingInstance": "tests",
                "regarding": {"kind": "Secret", "namespace": namespace, "name": secret, "uid": uid},
            }
        )
    assert [event["metadata"]["name"] for event in cluster.events(regarding)] == ["mine"]
