"""The store is wrong about EcrPullSecrets: no Secret is deleted for that, and none is made."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecr_operator.controllers import proof
from tests.cluster import Cluster
from tests.faults.gateway import Gateway, Request
from tests.pull_secrets import PullSecrets
from tests.running import RunningOperator
from tests.waiting import until

DEFAULT = {"names": ["default"]}
PLURAL = "/ecrpullsecrets"


def is_list(request: Request) -> bool:
    """Of EcrPullSecrets, by our own client; the first one asks for some at a time."""
    return request.path.endswith(PLURAL) and "watch" not in request.query and not request.is_kopfs()


def is_any_list(request: Request) -> bool:
    return request.path.endswith(PLURAL) and "watch" not in request.query


def is_watch(request: Request) -> bool:
    return request.path.endswith(PLURAL) and "watch" in request.query


def is_harm(request: Request) -> bool:
    """A write to what is in namespaces."""
    return request.method != "GET" and any(part in request.path for part in ("/secrets", "/serviceaccounts"))


@pytest.fixture
def held(cluster: Cluster, pulls: PullSecrets) -> str:
    """A namespace that holds what it should, of an operator that has ended."""
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.create(serviceAccounts=DEFAULT)
        pulls.healed()
        pulls.wait_entries(name, ["ecr"])
    return name


def refused(gateway: Gateway) -> Callable[[], None]:
    rule = gateway.answer(is_list, 500)
    return lambda: gateway.lift(rule)


def empty(gateway: Gateway) -> Callable[[], None]:
    body = {
        "kind": "EcrPullSecretList",
        "apiVersion": "ecr-operator.dev/v1alpha1",
        "metadata": {"resourceVersion": "1"},
        "items": [],
    }
    rule = gateway.answer(is_any_list, 200, body)
    return lambda: gateway.lift(rule)


def test_a_list_that_fails_at_the_start(
    cluster: Cluster, pulls: PullSecrets, held: str, gateway: Gateway
) -> None:
    lift = refused(gateway)
    secret, account = pulls.secret(held), cluster.get("ServiceAccount", held, "default")
    running = RunningOperator(gateway.kubeconfig(), list_seconds=0.5).start()
    try:
        until(cluster, lambda: gateway.count(is_list) >= 3, "three lists")
        # Events on what it would have to take away, if the EcrPullSecret were not there.
        cluster.delete("Secret", held, "ecr")
        assert running.readiness() is not None
        assert gateway.count(is_harm) == 0
        lift()
        running.wait_ready()
        restored = pulls.wait_secret(held)
        pulls.healed()
        assert secret is not None
        assert restored["metadata"]["uid"] != secret["metadata"]["uid"]
        assert cluster.get("ServiceAccount", held, "default") == account
    finally:
        running.stop()


def test_an_empty_list_is_no_proof(cluster: Cluster, pulls: PullSecrets, held: str, gateway: Gateway) -> None:
    """From the start on, and as often as it is asked."""
    secret, account = pulls.secret(held), cluster.get("ServiceAccount", held, "default")
    mints = pulls.mints()
    lift = empty(gateway)
    with RunningOperator(gateway.kubeconfig(), list_seconds=0.3):
        before = gateway.count(is_list)
        until(cluster, lambda: gateway.count(is_list) >= before + 4, "four lists")
        # Its namespaces are looked at, by an event there.
        cluster.merge_patch("ServiceAccount", held, "default", {"metadata": {"labels": {"a": "b"}}})
        cluster.merge_patch("Secret", held, "ecr", {"metadata": {"labels": {"a": "b"}}})
        until(cluster, lambda: gateway.count(is_list) >= before + 8, "four more")
        assert gateway.count(is_harm) == 0
        lift()
        late = pulls.namespace("late")
        pulls.wait_entries(late, ["ecr"])
        pulls.healed()
        assert gateway.count(lambda one: is_harm(one) and held in one.path) == 0
    now, then = pulls.secret(held), secret
    assert now is not None
    assert then is not None
    assert (now["metadata"]["uid"], now["data"]) == (then["metadata"]["uid"], then["data"])
    after = cluster.get("ServiceAccount", held, "default")
    assert after["imagePullSecrets"] == account["imagePullSecrets"]
    assert after["metadata"]["annotations"] == account["metadata"]["annotations"]
    assert pulls.mints() == mints


def test_a_watch_that_starts_late(cluster: Cluster, pulls: PullSecrets, held: str, gateway: Gateway) -> None:
    """What the lists show is enough, a little later."""
    rule = gateway.answer(is_watch, 500)
    with RunningOperator(gateway.kubeconfig(), list_seconds=0.5):
        late = pulls.namespace("late")
        pulls.wait_entries(late, ["ecr"])
        pulls.healed()
        other = pulls.namespace("other")
        pulls.patch(namespaces={"exclude": [late]})
        pulls.wait_no_secret(late)
        pulls.wait_entries(other, ["ecr"])
        assert gateway.count(lambda one: is_harm(one) and held in one.path) == 0
        gateway.lift(rule)
    assert pulls.entries(held) == ["ecr"]


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_one_deleted_while_the_watch_was_cut(
    cluster: Cluster, pulls: PullSecrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """The watch shows no deletion when it comes back: a ghost stays in the store, and makes nothing."""
    # For ten seconds one read would serve.
    monkeypatch.setattr(proof, "PROOF_SECONDS", 0.0)
    name = pulls.namespace("a")
    pulls.create(deletionPolicy=policy)
    with (
        Gateway(cluster.operator_kubeconfig, tmp_path) as gateway,
        RunningOperator(gateway.kubeconfig(), list_seconds=1e6),
    ):
        pulls.healed()
        gateway.cut()
        pulls.delete()
        if policy == "Delete":
            pulls.wait_no_secret(name)
        late = pulls.namespace("late")
        gateway.mend()
        object = f"{PLURAL}/{pulls.name('pull')}"
        until(cluster, lambda: gateway.count(lambda one: one.path.endswith(object)) > 0, "live read")
        pulls.create("next", secretName="next")
        pulls.wait_secret(late, name="next")
        pulls.healed("next")
        assert pulls.secret(late) is None
        assert (pulls.secret(name) is None) == (policy == "Delete")
        assert gateway.count(lambda one: is_harm(one) and one.path.endswith("/ecr")) == 0
