"""What has nothing to do with an EcrPullSecret costs no write and no call to AWS, and is not even seen."""

from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.controlplane.audit import AuditLog
from tests.controlplane.audit import Request as Audited
from tests.faults.gateway import Gateway, Request
from tests.pull_secrets import DOCKER_KEY, LABEL, PullSecrets
from tests.running import RunningOperator


def of_secrets(request: Request) -> bool:
    """Whether Secrets are listed or watched."""
    return request.method == "GET" and request.path.endswith("/secrets")


def is_ours(request: Request) -> bool:
    return request.query.get("labelSelector") == "ecr-operator.dev/pull-secret"


def test_only_secrets_with_our_label_are_listed_and_watched(
    cluster: Cluster, pulls: PullSecrets, tmp_path: Path
) -> None:
    name = pulls.namespace("a")
    pulls.foreign(name, {"a": "eA=="}, "Opaque", "theirs")
    with (
        Gateway(cluster.operator_kubeconfig, tmp_path) as gateway,
        RunningOperator(gateway.kubeconfig(), list_seconds=0.5),
    ):
        pulls.create()
        pulls.healed()
        # After the first two lists, of ours and of the watch, one more of ours.
        for _ in cluster.polls(20):
            if gateway.count(of_secrets) >= 4:
                break
        pulls.cluster.merge_patch("Secret", name, "ecr", {"data": {DOCKER_KEY: "e30="}})
        pulls.wait_secret(name, lambda one: one["data"][DOCKER_KEY] != "e30=")
        assert gateway.count(lambda one: of_secrets(one) and "watch" in one.query) >= 1
        assert gateway.count(lambda one: of_secrets(one) and not is_ours(one)) == 0
        # Those of others are never read one by one either.
        assert gateway.count(lambda one: one.path.endswith("/secrets/theirs")) == 0


def is_write(request: Audited) -> bool:
    return request.verb in ("create", "patch", "update", "delete")


@pytest.mark.usefixtures("operator")
def test_it_costs_nothing(pulls: PullSecrets, audit: AuditLog) -> None:
    selected = pulls.namespace("selected")
    pulls.create(serviceAccounts={"names": ["default"]})
    obj = pulls.healed()
    pulls.wait_entries(selected, ["ecr"])
    pulls.aws.reset_calls()
    before = sum(1 for _ in audit.requests())

    other = pulls.namespace("other", **{LABEL: "none"})
    pulls.cluster.wait_for("ServiceAccount", other, "default", bool)
    for where in (other, selected):
        pulls.cluster.merge_patch("Namespace", None, where, {"metadata": {"labels": {"team": "a"}}})
        pulls.foreign(where, {"a": "eA=="}, "Opaque", "theirs")
        pulls.cluster.merge_patch("Secret", where, "theirs", {"data": {"a": "eQ=="}})
        pulls.cluster.create(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "mine", "namespace": where}}
        )
        patch = {"metadata": {"annotations": {"a": "b"}}}
        pulls.cluster.merge_patch("ServiceAccount", where, "default", patch)
        pulls.cluster.merge_patch("Secret", where, "theirs", patch)
    pulls.cluster.delete("Secret", selected, "theirs")
    pulls.cluster.delete("Namespace", None, other, wait=True)

    # What comes after them is done: so they are.
    late = pulls.namespace("late")
    pulls.wait_entries(late, ["ecr"])
    pulls.counted(matched=2, ready=2, failed=0)
    asked = [one for number, one in enumerate(audit.requests()) if number >= before]
    # EcrRepositories of other tests, in namespaces of their own, may be on their way. Events of a
    # cluster-scoped object are in `default`.
    here = {"", "default", other, selected}
    writes = [one for one in asked if is_write(one) and one.namespace in here]
    # The one for the new namespace, which is counted.
    assert {one.resource for one in writes} <= {"ecrpullsecrets/status"}
    assert {one.name for one in writes} <= {obj["metadata"]["name"]}
    assert len(writes) <= 2
    assert pulls.aws.calls().keys().isdisjoint({"GetAuthorizationToken", "AssumeRole", "GetCallerIdentity"})
