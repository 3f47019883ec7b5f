"""What somebody does to a Secret of ours: undone in place where that is possible, else said."""

from typing import Any

import pytest

from ecr_operator.api.names import MANAGED_BY_LABEL, PULL_SECRET_LABEL
from tests.pull_secrets import DOCKER_KEY, DOCKER_TYPE, HOST, LABEL, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")

NOTHING = {DOCKER_KEY: "e30="}
UNLABELLED = {"labels": {PULL_SECRET_LABEL: None, MANAGED_BY_LABEL: None}}


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"labels": {PULL_SECRET_LABEL: None}}},
        {"metadata": {"labels": {MANAGED_BY_LABEL: None}}},
        {"metadata": UNLABELLED},
        {"metadata": {"labels": {PULL_SECRET_LABEL: "another"}}},
        {"metadata": {"ownerReferences": None}},
        {"metadata": UNLABELLED, "data": NOTHING},
    ],
    ids=["one label", "the other label", "both labels", "another label", "owner", "labels and data"],
)
def test_it_is_restored_in_place(pulls: PullSecrets, patch: dict[str, Any]) -> None:
    name = pulls.namespace("a")
    pulls.create()
    pulls.ready()
    before = pulls.wait_secret(name)

    def restored(one: dict[str, Any]) -> bool:
        return all(
            one["metadata"].get(part) == before["metadata"][part]
            for part in ("uid", "labels", "ownerReferences")
        )

    edited = pulls.cluster.merge_patch("Secret", name, "ecr", patch)
    assert not restored(edited)
    after = pulls.wait_secret(name, lambda one: restored(one) and one["data"] == before["data"])
    assert after["type"] == DOCKER_TYPE
    pulls.healed()


def test_without_labels_and_owner_it_is_somebody_elses(pulls: PullSecrets) -> None:
    """What says that it is ours was taken away on purpose: it stays as it is until it goes."""
    name = pulls.namespace("a")
    pulls.create()
    pulls.ready()
    theirs = pulls.cluster.merge_patch(
        "Secret", name, "ecr", {"metadata": {**UNLABELLED, "ownerReferences": None}}
    )

    pulls.failing(name, "SecretNotOurs")
    assert pulls.secret(name) == theirs
    pulls.patch(adoptionPolicy="Adopt")
    pulls.healed()
    assert pulls.wait_secret(name)["metadata"]["uid"] == theirs["metadata"]["uid"]


def test_an_immutable_secret_is_never_replaced_by_us(pulls: PullSecrets) -> None:
    """A new one might be refused: until somebody deletes it the namespace keeps its last good credentials."""
    good, bad = pulls.namespace("a"), pulls.namespace("b")
    pulls.create()
    pulls.ready()
    frozen = pulls.cluster.merge_patch("Secret", bad, "ecr", {"immutable": True})
    pulls.healed()

    pulls.annotate("pull", "ecr-operator.dev/reconcile", "now")
    message = pulls.failing(bad, "WriteRefused")
    pulls.wait_secret(good, lambda one: one["data"] != frozen["data"])
    assert "immutable" in message
    assert "delete it" in message
    assert pulls.secret(bad) == frozen
    obj = pulls.ready()
    assert condition(obj, "NamespacesFailed")["reason"] == "WriteRefused"  # type: ignore[index]

    pulls.cluster.delete("Secret", bad, "ecr")
    pulls.wait_secret(bad, lambda one: one["metadata"]["uid"] != frozen["metadata"]["uid"])
    pulls.healed()
    assert pulls.auths(bad) == pulls.auths(good)


def test_one_of_ours_with_another_type_is_made_anew(pulls: PullSecrets) -> None:
    """It has our labels: of an object with another format, or somebody's idea of ours."""
    name = pulls.namespace("a")
    pulls.create()
    pulls.ready()
    before = pulls.wait_secret(name)
    # Whoever deletes ours and creates another may be faster than its restoration, or not.
    pulls.label(name, "none")
    pulls.wait_no_secret(name)
    body = {key: before[key] for key in ("apiVersion", "kind")} | {"type": "Opaque", "data": {"a": "eA=="}}
    labels = {"name": "ecr", "namespace": name, "labels": before["metadata"]["labels"]}
    pulls.patch(suspend=True)
    pulls.wait("pull", "Ready", "True", "Suspended")
    theirs = pulls.cluster.create(body | {"metadata": labels})
    pulls.label(name)
    pulls.patch(suspend=None)

    ours = pulls.wait_secret(name, lambda one: one["type"] == DOCKER_TYPE)
    assert ours["metadata"]["uid"] != theirs["metadata"]["uid"]
    assert pulls.auths(name)[HOST]
    pulls.healed()


def test_a_copy_in_a_namespace_that_is_not_selected_goes(pulls: PullSecrets) -> None:
    name, other = pulls.namespace("a"), pulls.namespace("other", **{LABEL: "none"})
    pulls.create()
    pulls.ready()
    ours = pulls.wait_secret(name)
    kept = {key: ours["metadata"][key] for key in ("name", "labels", "ownerReferences")}
    copy = {key: ours[key] for key in ("apiVersion", "kind", "type", "data")}
    pulls.cluster.create(copy | {"metadata": kept | {"namespace": other}})

    pulls.wait_no_secret(other)
    # Under another name it is nobody's idea of ours, and without the owner somebody's own.
    copied = pulls.cluster.create(
        copy | {"metadata": {"name": "mine", "namespace": other, "labels": kept["labels"]}}
    )
    pulls.annotate("pull", "ecr-operator.dev/reconcile", "now")
    pulls.wait_secret(name, lambda one: one["data"] != ours["data"])
    pulls.healed()
    assert pulls.secret(other, "mine") == copied
