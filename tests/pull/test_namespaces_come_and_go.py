"""Namespaces that are deleted, stay Terminating, and are created again."""

import uuid

import pytest

from tests.cluster import ApiError
from tests.controlplane.audit import AuditLog
from tests.pull_secrets import LABEL, PullSecrets
from tests.repositories import condition
from tests.running import RunningOperator

pytestmark = pytest.mark.usefixtures("operator")

HOLD = "ecr-operator.dev/test-hold"


def writes(audit: AuditLog, namespace: str) -> int:
    """How many writes the operator has sent to the namespace."""
    return sum(
        one.namespace == namespace and one.verb in ("create", "patch", "delete") for one in audit.requests()
    )


def test_one_that_is_created_again_gets_its_secret_each_time(pulls: PullSecrets) -> None:
    """Again and again, as a pipeline does it: nobody contests anything."""
    name = pulls.namespace("a")
    pulls.create()
    pulls.healed()
    uids = {pulls.wait_secret(name)["metadata"]["uid"]}
    for _ in range(4):
        pulls.cluster.delete("Namespace", None, name, wait=True)
        metadata = {"name": name, "labels": {LABEL: pulls.prefix}}
        pulls.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        uids.add(pulls.wait_secret(name, timeout=5)["metadata"]["uid"])

    obj = pulls.healed()
    assert len(uids) == 5
    assert condition(obj, "NamespacesFailed") is None
    assert pulls.mints() == 1


def test_nothing_is_written_in_one_that_stays_terminating(pulls: PullSecrets, audit: AuditLog) -> None:
    name, good = pulls.namespace("a"), pulls.namespace("b")
    pulls.create(serviceAccounts={"names": ["default"]})
    pulls.healed()
    metadata = {"name": "held", "namespace": name, "finalizers": [HOLD]}
    pulls.cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    pulls.cluster.delete("Namespace", None, name)
    try:
        pulls.counted(matched=1, ready=1, failed=0)
        pulls.wait_no_secret(name)
        before = writes(audit, name)
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "now")
        data = pulls.wait_secret(good)["data"]
        pulls.wait_secret(good, lambda one: one["data"] != data or pulls.mints() == 2)
        pulls.healed()
        assert pulls.secret(name) is None
        # The Secret may have been seen to go before the namespace was seen to be going.
        assert before <= 4
        assert writes(audit, name) == before
        # It does not keep the object from going either.
        pulls.delete()
    finally:
        pulls.cluster.merge_patch("ConfigMap", name, "held", {"metadata": {"finalizers": None}})


def test_one_deleted_while_it_is_written_does_not_disturb_others(pulls: PullSecrets, audit: AuditLog) -> None:
    names = [pulls.namespace(f"n{number}") for number in range(12)]
    pulls.create(serviceAccounts={"names": ["default"]})
    for name in names[::2]:
        pulls.cluster.delete("Namespace", None, name)
    pulls.counted(matched=6, ready=6, failed=0, timeout=30)
    for name in names[1::2]:
        pulls.wait_secret(name)
        pulls.wait_entries(name, ["ecr"])
    for name in names[::2]:
        pulls.cluster.wait_gone("Namespace", None, name)
        assert writes(audit, name) <= 10
    pulls.counted(matched=6, ready=6, failed=0)


def test_a_ghost_of_a_namespace_is_forgotten(
    pulls: PullSecrets, audit: AuditLog, operator: RunningOperator
) -> None:
    """The watch may miss an end, and say so for ever."""
    real = pulls.namespace("real")
    pulls.create()
    pulls.healed()
    ghost = pulls.name("ghost")
    metadata = {
        "name": ghost,
        "uid": str(uuid.uuid4()),
        "resourceVersion": "1",
        "labels": {LABEL: pulls.prefix},
    }
    operator.show("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    for _ in pulls.cluster.polls(20):
        if any(one.name == ghost and one.resource == "namespaces" for one in audit.requests()):
            break
    late = pulls.namespace("late")
    pulls.wait_secret(late)
    pulls.counted(matched=2, ready=2, failed=0)
    assert writes(audit, ghost) == 1
    assert pulls.secret(real) is not None
    with pytest.raises(ApiError):
        pulls.cluster.get("Namespace", None, ghost)
