"""The shipped roles grant what the operator asks of the API server, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane
from tests.controlplane.audit import AuditLog, Request
from tests.fake_aws.client import FakeAws
from tests.installation import NAMESPACE, USER, Right, install_account, rendered, rights
from tests.lifecycle import LifecyclePolicies
from tests.pull_life import ASKED_BY_ADMISSION, live
from tests.pull_secrets import PullSecrets
from tests.repositories import Repositories
from tests.running import RunningOperator


@pytest.fixture(scope="module")
def audit() -> Iterator[AuditLog]:
    """The log of this module's own cluster: elsewhere objects of other tests keep the operator busy."""
    with AuditLog(USER) as log:
        yield log


@pytest.fixture(scope="module")
def cluster(audit: AuditLog) -> Iterator[Cluster]:
    with (
        ControlPlane(apiserver_flags=audit.flags) as plane,
        Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster,
    ):
        install_crds(cluster, CRDS)
        install_account(cluster)
        yield cluster


@pytest.fixture
def lived(
    cluster: Cluster, aws: FakeAws, repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The life of an operator in which everything happens."""
    monkeypatch.setenv("POD_NAMESPACE", NAMESPACE)
    # Without a name for the cluster the uid of kube-system is read. The Lease is long: to lose it would end
    # the tests' process.
    settings: dict[str, Any] = {"cluster_name": None, "leader_elect": True, "lease_seconds": 120.0}
    with RunningOperator(cluster.operator_kubeconfig, adoption="Everywhere", **settings):
        repositories.created("kept")
        repositories.patch("kept", imageTagMutability="IMMUTABLE")
        repositories.ready("kept")
        repositories.by_hand("adopted")
        adopted = repositories.created("adopted", adoptionPolicy="Adopt")
        repositories.event(adopted, "RepositoryAdopted")
        repositories.created("deleted", deletionPolicy="Delete")
        repositories.delete("deleted")
        repositories.wait_gone("deleted")
        LifecyclePolicies(repositories).live()
        pulls = PullSecrets(cluster, aws, "rights")
        live(pulls, pulls.namespace("a"), pulls.namespace("b"))
        pulls.clean()


def test_every_right_is_used_and_none_is_missing(cluster: Cluster, audit: AuditLog, lived: None) -> None:
    granted = rights(rendered(cluster)) - {ASKED_BY_ADMISSION}
    for _ in cluster.polls(5):
        requests = list(audit.requests())
        unused = [right for right in granted if not any(_covers(right, one) for one in requests)]
        # What is asked last may be logged a moment after its answer.
        if not unused:
            break

    assert sorted(unused) == []
    assert [one for one in requests if not any(_covers(right, one) for right in granted)] == []
    assert [one for one in requests if not one.allowed] == []


def _covers(right: Right, request: Request) -> bool:
    return (
        right[:3] == request[:3]
        and right.namespace in ("", request.namespace)
        and right.name in ("", request.name)
    )


def test_nobody_but_the_operator_writes_the_status(cluster: Cluster) -> None:
    """The roles for people reach view, edit and admin, without the operator's memory."""
    wanted = {
        "view": {"get", "list", "watch"},
        "edit": {"get", "list", "watch", "create", "update", "patch", "delete"},
    }
    wanted["admin"] = wanted["edit"]
    for role, verbs in wanted.items():
        for _ in cluster.polls(20):
            rules = cluster.get("ClusterRole", None, role)["rules"]
            ours = [rule for rule in rules if "ecr-operator.dev" in rule["apiGroups"]]
            if {verb for rule in ours for verb in rule["verbs"]} == verbs:
                break
        assert {verb for rule in ours for verb in rule["verbs"]} == verbs
        seen = {resource for rule in ours for resource in rule["resources"]}
        assert seen == {"ecrrepositories", "ecrlifecyclepolicies"}
