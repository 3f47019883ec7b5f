"""What stays, and what goes, with an EcrPullSecret."""

from typing import Any

import pytest

from ecr_operator.api.names import FINALIZER
from tests.pull_secrets import PullSecrets

DEFAULT = {"names": ["default"]}


def owners(secret: dict[str, Any]) -> list[str]:
    return [one["uid"] for one in secret["metadata"].get("ownerReferences", [])]


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize(
    ("spec", "finalizers"),
    [
        ({}, None),
        ({"serviceAccounts": DEFAULT}, [FINALIZER]),
        ({"deletionPolicy": "Retain"}, None),
        ({"deletionPolicy": "Retain", "serviceAccounts": DEFAULT}, None),
    ],
    ids=["plain", "accounts", "retained", "retained with accounts"],
)
def test_what_is_kept(pulls: PullSecrets, spec: dict[str, Any], finalizers: list[str] | None) -> None:
    name = pulls.namespace("a")
    pulls.create(**spec)
    obj = pulls.healed()
    secret = pulls.wait_secret(name)
    entries = ["ecr"] if "serviceAccounts" in spec else []
    pulls.wait_entries(name, entries)
    retained = "deletionPolicy" in spec
    assert obj["metadata"].get("finalizers") == finalizers
    assert owners(secret) == ([] if retained else [obj["metadata"]["uid"]])

    pulls.delete()
    other = pulls.namespace("b")
    if retained:
        # Once more for the same names, so that what is left there has been looked at.
        pulls.create("next", secretName="next", serviceAccounts=DEFAULT)
        pulls.wait_entries(other, ["next"])
        pulls.wait_entries(name, [*entries, "next"])
        assert pulls.secret(name) == secret
    else:
        pulls.wait_no_secret(name)
        assert pulls.entries(name) == []
    assert pulls.secret(other) is None


@pytest.mark.usefixtures("operator")
def test_the_policy_can_be_changed_both_ways(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    pulls.create(serviceAccounts=DEFAULT)
    obj = pulls.healed()
    before = pulls.wait_secret(name)

    pulls.patch(deletionPolicy="Retain")
    pulls.healed()
    kept = pulls.wait_secret(name, lambda one: not owners(one))
    pulls.wait_for(lambda one: not one["metadata"].get("finalizers"), "no finalizer")

    pulls.patch(deletionPolicy=None)
    pulls.healed()
    again = pulls.wait_secret(name, lambda one: owners(one) == [obj["metadata"]["uid"]])
    pulls.wait_for(lambda one: one["metadata"].get("finalizers") == [FINALIZER], "the finalizer")
    for one in (kept, again):
        assert one["metadata"]["uid"] == before["metadata"]["uid"]
        assert one["data"] == before["data"]
    assert pulls.entries(name) == ["ecr"]
    pulls.delete()
    pulls.wait_no_secret(name)
    assert pulls.entries(name) == []


@pytest.mark.usefixtures("operator")
def test_suspended_and_deleted_touches_nothing(pulls: PullSecrets) -> None:
    """Entries stay; the Secret goes with its owner, which is the garbage collector's doing."""
    name = pulls.namespace("a")
    pulls.create(serviceAccounts=DEFAULT)
    pulls.healed()
    account = pulls.wait_entries(name, ["ecr"])
    pulls.patch(suspend=True)
    pulls.wait("pull", "Ready", "True", "Suspended")
    pulls.cluster.merge_patch("Secret", name, "ecr", {"metadata": {"annotations": {"looked": "at"}}})

    pulls.delete()
    pulls.wait_no_secret(name)
    # Something else happens there, and is done.
    pulls.create("next", secretName="next")
    pulls.wait_secret(name, name="next")
    pulls.healed("next")
    assert pulls.cluster.get("ServiceAccount", name, "default") == account


@pytest.mark.usefixtures("operator")
def test_a_namespace_that_stays_terminating_does_not_keep_it(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    pulls.create(serviceAccounts=DEFAULT)
    pulls.healed()
    pulls.wait_entries(name, ["ecr"])
    # Held where the service account is, so that its record stays readable.
    hold = {"metadata": {"finalizers": ["ecr-operator.dev/test-hold"]}}
    pulls.cluster.merge_patch("ServiceAccount", name, "default", hold)
    pulls.cluster.delete("Namespace", None, name)
    try:
        pulls.counted(matched=0, ready=0, failed=0)
        pulls.delete()
    finally:
        pulls.cluster.merge_patch("ServiceAccount", name, "default", {"metadata": {"finalizers": None}})
