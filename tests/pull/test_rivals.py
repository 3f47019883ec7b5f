"""Two EcrPullSecrets that want the same Secret: the older has it, and one follows the other in place."""

import pytest

from tests.pull_secrets import DOCKER_TYPE, LABEL, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")


def rivals(pulls: PullSecrets, **younger: object) -> str:
    """Two in one namespace, whose name is returned."""
    name = pulls.namespace("a")
    # Also where both are of the same second: then the name decides.
    pulls.create("a-older")
    pulls.healed("a-older")
    pulls.create("b-younger", **younger)
    assert pulls.name("a-older") in pulls.failing(name, "Conflict", "b-younger")
    return name


def owner(secret: dict) -> str:  # type: ignore[type-arg]
    [reference] = secret["metadata"]["ownerReferences"]
    return str(reference["name"])


def test_the_older_wins_and_the_other_goes_on_elsewhere(pulls: PullSecrets) -> None:
    name = pulls.namespace("a", **{LABEL: "none"})
    other = pulls.namespace("other", **{LABEL: "none"})
    pulls.create("a-older", namespaces={"include": [name]})
    pulls.healed("a-older")
    before = pulls.wait_secret(name)
    pulls.create("b-younger", namespaces={"include": [name, other]})
    pulls.failing(name, "Conflict", "b-younger")

    obj = pulls.counted(matched=2, ready=1, failed=1, name="b-younger")
    assert condition(obj, "NamespacesFailed")["reason"] == "Conflict"  # type: ignore[index]
    assert owner(pulls.wait_secret(other)) == pulls.name("b-younger")
    assert pulls.secret(name) == before
    pulls.healed("a-older")


def test_one_that_comes_to_select_takes_over_from_a_younger(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    pulls.create("a-older", namespaces={"include": ["absent"], "selector": None})
    pulls.wait("a-older", "Ready", "True", "NoNamespaceMatched")
    pulls.create("b-younger")
    pulls.healed("b-younger")
    before = pulls.wait_secret(name)

    pulls.patch("a-older", namespaces={"include": [name]})
    after = pulls.wait_secret(name, lambda one: owner(one) == pulls.name("a-older"))
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    pulls.failing(name, "Conflict", "b-younger")
    pulls.healed("a-older")


@pytest.mark.parametrize("change", ["deselects", "goes slowly", "goes"])
def test_the_younger_takes_over(pulls: PullSecrets, change: str) -> None:
    name = rivals(pulls)
    if change == "goes slowly":
        # Its finalizer gives time to hand over.
        pulls.patch("a-older", serviceAccounts={"names": ["default"]})
        pulls.wait_entries(name, ["ecr"])
    before = pulls.wait_secret(name)
    if change == "deselects":
        pulls.patch("a-older", namespaces={"exclude": [name]})
    else:
        pulls.delete("a-older")

    after = pulls.wait_secret(name, lambda one: owner(one) == pulls.name("b-younger"))
    pulls.healed("b-younger")
    if change == "deselects":
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        pulls.counted(matched=0, ready=0, failed=0, name="a-older")
    # Else the garbage collector may have been faster; the bytes are good either way.
    assert pulls.auths(name)
    assert pulls.entries(name) == []
    assert pulls.cluster.get("Secret", name, "ecr")["type"] == DOCKER_TYPE


def test_the_younger_takes_over_with_another_format(pulls: PullSecrets) -> None:
    name = rivals(pulls, format="DockerConfigFile")
    before = pulls.wait_secret(name)
    pulls.patch("a-older", namespaces={"exclude": [name]})
    after = pulls.wait_secret(name, lambda one: one["type"] == "Opaque")
    assert list(after["data"]) == ["config.json"]
    # The type of a Secret cannot be changed.
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    pulls.healed("b-younger")


def test_what_a_suspended_one_has_written_is_nobody_elses(pulls: PullSecrets) -> None:
    name = rivals(pulls)
    before = pulls.wait_secret(name)
    pulls.patch("a-older", suspend=True)
    pulls.wait("a-older", "Ready", "True", "Suspended")
    pulls.annotate("b-younger", "ecr-operator.dev/reconcile", "now")
    pulls.wait_for(lambda one: one["status"]["lastHandledReconcileAt"] == "now", "an answer", "b-younger")
    assert pulls.name("a-older") in pulls.failing(name, "Conflict", "b-younger")
    assert pulls.secret(name) == before
