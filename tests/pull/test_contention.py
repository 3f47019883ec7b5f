"""Somebody who keeps undoing what we write: named, and not fought."""

import pytest

from ecr_operator.api.names import PULL_SECRETS_ANNOTATION
from tests.cluster import Object
from tests.controlplane.audit import AuditLog
from tests.kinds import path
from tests.pull_secrets import DOCKER_KEY, DOCKER_TYPE, PullSecrets

pytestmark = pytest.mark.usefixtures("operator")

MEDDLER = "meddler"
DEFAULT = {"names": ["default"]}


def meddled(namespace: str) -> Object:
    metadata = {"name": "ecr", "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": DOCKER_TYPE}
    return body | {"data": {DOCKER_KEY: "e30="}}


def patches(audit: AuditLog, namespace: str, resource: str) -> int:
    return sum(
        one.namespace == namespace and one.resource == resource and one.verb in ("create", "patch")
        for one in audit.requests()
    )


def test_a_contested_secret_is_restored_ever_more_slowly(pulls: PullSecrets, audit: AuditLog) -> None:
    name, good = pulls.namespace("a"), pulls.namespace("b")
    pulls.create()
    pulls.healed()
    data = pulls.wait_secret(name)["data"]

    for strike in range(3):
        pulls.cluster.apply(meddled(name), MEDDLER, force=True)
        if strike < 2:
            pulls.wait_secret(name, lambda one: one["data"] == data)
    message = pulls.failing(name, "SecretContested")
    written = patches(audit, name, "secrets")
    theirs = pulls.secret(name)
    pulls.counted(matched=2, ready=1, failed=1)

    assert message.startswith(f"{MEDDLER} keeps changing")
    # Held for 5 s; the tests' operator looks every second meanwhile.
    assert theirs is not None
    if theirs["data"] != data:
        assert written == 3
    restored = pulls.wait_secret(name, lambda one: one["data"] == data, timeout=30)
    # The next one waits twice as long, and says so still.
    pulls.cluster.apply(meddled(name), MEDDLER, force=True)
    again = pulls.wait_secret(name, lambda one: one["data"] == data, timeout=40)
    assert again["metadata"]["uid"] == restored["metadata"]["uid"]
    assert patches(audit, name, "secrets") == 5
    assert pulls.auths(good) == pulls.auths(name)
    assert pulls.failing(name, "SecretContested") == message


def undo_entries(pulls: PullSecrets, namespace: str, whole: bool) -> None:
    """As Helm does it (the list alone), or as who replaces the whole object."""
    theirs = {"imagePullSecrets": [{"name": "theirs"}]}
    if whole:
        found = pulls.cluster.get("ServiceAccount", namespace, "default")
        found["metadata"].pop("annotations")
        where = path("ServiceAccount", namespace, "default")
        pulls.cluster.request("PUT", where, found | theirs, query={"fieldManager": MEDDLER})
    else:
        metadata = {"name": "default", "namespace": namespace}
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        pulls.cluster.apply(body | theirs, MEDDLER, force=True)


@pytest.mark.parametrize("whole", [False, True], ids=["the list", "the whole account"])
def test_a_contested_entry_is_let_go(pulls: PullSecrets, audit: AuditLog, whole: bool) -> None:
    name, good = pulls.namespace("a"), pulls.namespace("b")
    pulls.create(serviceAccounts=DEFAULT)
    pulls.healed()
    pulls.wait_entries(name, ["ecr"])
    for strike in range(3):
        undo_entries(pulls, name, whole)
        if strike < 2:
            pulls.wait_entries(name, ["theirs", "ecr"])
    message = pulls.failing(name, "ServiceAccountContested")
    pulls.counted(matched=2, ready=1, failed=1)
    # The API server notes no managers of an account that nobody has ever applied.
    assert message.startswith(f"{'somebody' if whole else MEDDLER} keeps removing ecr")
    assert "service account default" in message
    assert pulls.entries(name) == ["theirs"]
    assert pulls.entries(good) == ["ecr"]
    written = patches(audit, name, "serviceaccounts")
    assert written == 3
    # Whatever else happens there.
    pulls.cluster.merge_patch("ServiceAccount", name, "default", {"metadata": {"labels": {"a": "b"}}})
    uid = pulls.wait_secret(name)["metadata"]["uid"]
    pulls.cluster.delete("Secret", name, "ecr")
    pulls.wait_secret(name, lambda one: one["metadata"]["uid"] != uid)
    pulls.counted(matched=2, ready=1, failed=1)
    assert pulls.entries(name) == ["theirs"]
    assert patches(audit, name, "serviceaccounts") == written

    # A change of the object tries again.
    pulls.patch(serviceAccounts={"names": ["default", "another"]})
    pulls.wait_entries(name, ["theirs", "ecr"])
    pulls.healed()
    found = pulls.cluster.get("ServiceAccount", name, "default")
    assert found["metadata"]["annotations"][PULL_SECRETS_ANNOTATION] == f"ecr={pulls.name('pull')}"


def test_who_deletes_the_secret_is_somebody(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    pulls.create()
    pulls.healed()
    for strike in range(3):
        uid = pulls.wait_secret(name)["metadata"]["uid"]
        pulls.cluster.delete("Secret", name, "ecr")
        if strike < 2:
            pulls.wait_secret(name, lambda one, uid=uid: one["metadata"]["uid"] != uid)
    assert pulls.failing(name, "SecretContested").startswith("somebody keeps changing or deleting")
    pulls.wait_secret(name, timeout=30)
