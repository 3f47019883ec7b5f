"""Entries in `imagePullSecrets`: ours come and go, everybody else's stay as and where they are."""

from typing import Any

import pytest

from ecr_operator.api.names import FINALIZER, PULL_SECRETS_ANNOTATION
from tests.pull_secrets import LABEL, PullSecrets

pytestmark = pytest.mark.usefixtures("operator")

DEFAULT = {"names": ["default"]}


def account(pulls: PullSecrets, namespace: str, name: str, entries: list[str] | None = None) -> None:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "ServiceAccount"}
    body["metadata"] = {"name": name, "namespace": namespace, "annotations": {"theirs": "kept"}}
    if entries is not None:
        body["imagePullSecrets"] = [{"name": entry} for entry in entries]
    pulls.cluster.create(body)


def annotations(pulls: PullSecrets, namespace: str, name: str) -> dict[str, str]:
    found: dict[str, str] = pulls.cluster.get("ServiceAccount", namespace, name)["metadata"]["annotations"]
    return found


def test_a_late_account_gets_the_entry_and_an_absent_one_is_not_created(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    pulls.create(serviceAccounts={"names": ["default", "builder", "never"]})
    obj = pulls.healed()
    pulls.wait_entries(name, ["ecr"])
    assert obj["metadata"]["finalizers"] == [FINALIZER]

    account(pulls, name, "builder", ["theirs"])
    account(pulls, name, "unnamed", ["theirs"])
    pulls.wait_entries(name, ["theirs", "ecr"], "builder")
    pulls.healed()
    assert pulls.cluster.find("ServiceAccount", name, "never") is None
    assert pulls.entries(name, "unnamed") == ["theirs"]
    # Deleted and created again, as the controller of service accounts does it: another uid.
    pulls.cluster.delete("ServiceAccount", name, "default")
    pulls.wait_entries(name, ["ecr"])


def test_entries_of_others_keep_their_order_and_ours_go_when_the_spec_changes(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    account(pulls, name, "builder", ["argo", "helm"])
    pulls.create(serviceAccounts={"names": ["default", "builder"]})
    pulls.wait_entries(name, ["argo", "helm", "ecr"], "builder")
    after = [{"name": one} for one in ("first", "argo", "helm", "ecr", "last")]
    pulls.cluster.merge_patch("ServiceAccount", name, "builder", {"imagePullSecrets": after})

    pulls.patch(serviceAccounts=DEFAULT)
    pulls.wait_entries(name, ["first", "argo", "helm", "last"], "builder")
    pulls.healed()
    assert annotations(pulls, name, "builder") == {"theirs": "kept"}
    pulls.wait_entries(name, ["ecr"])

    pulls.patch(serviceAccounts=None)
    pulls.wait_entries(name, [])
    obj = pulls.wait_for(lambda one: not one["metadata"].get("finalizers"), "no finalizer")
    assert PULL_SECRETS_ANNOTATION not in pulls.cluster.get("ServiceAccount", name, "default")[
        "metadata"
    ].get("annotations", {})
    assert pulls.secret(name) is not None
    assert obj["status"]["namespaces"]["failed"] == 0


def test_an_equal_entry_that_was_there_before_is_not_taken_back(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    account(pulls, name, "builder", ["ecr", "theirs"])
    before = pulls.cluster.get("ServiceAccount", name, "builder")
    pulls.create(serviceAccounts={"names": ["default", "builder"]})
    pulls.healed()
    pulls.wait_entries(name, ["ecr"])
    pulls.label(name, "none")
    pulls.wait_entries(name, [])
    pulls.wait_no_secret(name)
    assert pulls.cluster.get("ServiceAccount", name, "builder") == before


def test_a_namespace_that_is_deselected_loses_entries_before_the_secret(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    account(pulls, name, "builder", ["theirs"])
    pulls.create(serviceAccounts={"names": ["builder"]})
    pulls.wait_entries(name, ["theirs", "ecr"], "builder")
    secret = pulls.wait_secret(name)
    version = secret["metadata"]["resourceVersion"]

    pulls.label(name, "none")
    pulls.wait_no_secret(name)
    assert pulls.entries(name, "builder") == ["theirs"]
    assert annotations(pulls, name, "builder") == {"theirs": "kept"}
    states = pulls.cluster.history("ServiceAccount", name, "builder", version)
    assert states[-1]["imagePullSecrets"] == [{"name": "theirs"}]


def test_two_objects_on_one_account_do_not_touch_each_others_entries(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    account(pulls, name, "builder", ["theirs"])
    pulls.create("one", secretName="one", serviceAccounts={"names": ["builder"]})
    pulls.wait_entries(name, ["theirs", "one"], "builder")
    pulls.create("two", secretName="two", serviceAccounts={"names": ["builder"]})
    pulls.wait_entries(name, ["theirs", "one", "two"], "builder")
    record = f"one={pulls.name('one')},two={pulls.name('two')}"
    assert annotations(pulls, name, "builder")[PULL_SECRETS_ANNOTATION] == record

    pulls.delete("one")
    assert pulls.entries(name, "builder") == ["theirs", "two"]
    pulls.wait_no_secret(name, "one")
    pulls.delete("two")
    assert pulls.entries(name, "builder") == ["theirs"]
    assert annotations(pulls, name, "builder") == {"theirs": "kept"}


def test_one_refused_secret_does_not_keep_the_others_entry_away(pulls: PullSecrets) -> None:
    name = pulls.namespace("a", **{LABEL: "none"})
    theirs = pulls.foreign(name, {"a": "eA=="}, "Opaque", "one")
    pulls.create("one", secretName="one", serviceAccounts=DEFAULT)
    pulls.create("two", secretName="two", serviceAccounts=DEFAULT)
    for which in ("one", "two"):
        pulls.wait(which, "Ready", "True", "NoNamespaceMatched")
    pulls.label(name)
    pulls.wait_entries(name, ["two"])
    pulls.failing(name, "SecretNotOurs", "one")
    pulls.healed("two")
    assert pulls.secret(name, "one") == theirs

    pulls.cluster.delete("Secret", name, "one")
    pulls.wait_entries(name, ["two", "one"])
    pulls.healed("one")
