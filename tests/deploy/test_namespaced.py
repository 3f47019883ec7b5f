"""`deploy/kustomize/namespaced`: Roles for some namespaces, and a small ClusterRole for EcrPullSecrets."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.controlplane import ControlPlane
from tests.controlplane.audit import AuditLog, Request
from tests.fake_aws.client import FakeAws
from tests.installation import BASE, NAMESPACE, USER, Right, install_account, rendered, rights
from tests.lifecycle import LifecyclePolicies
from tests.pull_life import ASKED_BY_ADMISSION, live
from tests.pull_secrets import PullSecrets
from tests.repositories import Repositories
from tests.running import RunningOperator

DIRECTORY = BASE.parent / "namespaced"
WATCHED = ("team-a", "team-b")
OURS = "ecr-operator.dev"


@pytest.fixture(scope="module")
def audit() -> Iterator[AuditLog]:
    with AuditLog(USER) as log:
        yield log


@pytest.fixture(scope="module")
def cluster(audit: AuditLog) -> Iterator[Cluster]:
    """A cluster of this module's own, in which the operator's account has no other rights."""
    with (
        ControlPlane(apiserver_flags=audit.flags) as plane,
        Cluster(plane.kubeconfig, kubectl=plane.kubectl) as cluster,
    ):
        install_crds(cluster, CRDS)
        for name in (NAMESPACE, *WATCHED, "elsewhere"):
            cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield cluster


def test_a_dry_run_passes(cluster: Cluster) -> None:
    dry = cluster.kubectl(
        "apply", "-k", str(DIRECTORY), "--dry-run=server", "--server-side", "--force-conflicts"
    )

    assert dry.stderr == ""
    assert len(dry.stdout.splitlines()) == len(rendered(cluster, DIRECTORY))


def test_it_is_the_base_without_its_cluster_role(cluster: Cluster) -> None:
    roles = {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap", "Deployment"}
    base, here = (
        [obj for obj in rendered(cluster, directory) if obj["kind"] not in roles]
        for directory in (BASE, DIRECTORY)
    )
    assert here == base

    granted = rights(rendered(cluster, DIRECTORY))
    assert {right.resource for right in granted if not right.namespace} == {
        "ecrpullsecrets",
        "ecrpullsecrets/status",
        "ecrpullsecrets/finalizers",
    }
    assert {right.namespace for right in granted} == {"", "default", NAMESPACE, *WATCHED}


def test_each_watched_namespace_grants_what_the_base_does_without_watching_namespaces(
    cluster: Cluster,
) -> None:
    everywhere = {right for right in rights(rendered(cluster)) if not right.namespace}
    everywhere = {right for right in everywhere if not right.resource.startswith("ecrpullsecrets")}
    everywhere -= {Right("", "namespaces", verb, "", "") for verb in ("list", "watch")}
    granted = rights(rendered(cluster, DIRECTORY))

    for namespace in WATCHED:
        there = {right._replace(namespace="") for right in granted if right.namespace == namespace}
        assert there == everywhere


def test_the_settings_name_the_namespaces_that_are_bound(cluster: Cluster) -> None:
    objects = rendered(cluster, DIRECTORY)
    settings = next(obj["data"] for obj in objects if obj["kind"] == "ConfigMap")
    bound = {right.namespace for right in rights(objects) if right.resource == "ecrrepositories"}

    assert settings["ECR_OPERATOR_CLUSTER_NAME"] == "my-cluster"
    assert set(settings["ECR_OPERATOR_WATCH_NAMESPACES"].split(",")) == bound == set(WATCHED)


@pytest.fixture
def lived(cluster: Cluster, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The life of an operator with these rights, in which everything happens."""
    install_account(cluster, DIRECTORY)
    monkeypatch.setenv("POD_NAMESPACE", NAMESPACE)
    repositories = Repositories(cluster, aws, WATCHED[0])
    pulls = PullSecrets(cluster, aws, "namespaced")
    settings: dict[str, Any] = {"leader_elect": True, "lease_seconds": 120.0, "adoption": "Annotated"}
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=WATCHED, **settings):
        _repositories(repositories)
        for namespace in WATCHED:
            LifecyclePolicies(Repositories(cluster, aws, namespace)).live()
        live(pulls, *WATCHED)
        # Without names there is nothing to go by.
        pulls.patch(namespaces={"include": None, "selector": {}})
        pulls.stalled("UnsupportedSpec")
        pulls.delete()
        # The garbage collector takes its time.
        pulls.wait_no_secret(WATCHED[1], timeout=90)
    pulls.clean()


def _repositories(repositories: Repositories) -> None:
    allowed = {"metadata": {"annotations": {f"{OURS}/adoption": "Allowed"}}}
    repositories.cluster.merge_patch("Namespace", None, repositories.namespace, allowed)
    repositories.by_hand("adopted")
    adopted = repositories.created("adopted", adoptionPolicy="Adopt")
    repositories.event(adopted, "RepositoryAdopted")
    repositories.created("deleted", deletionPolicy="Delete")
    repositories.delete("deleted")
    repositories.wait_gone("deleted")


def test_every_right_is_used_and_none_is_missing(cluster: Cluster, audit: AuditLog, lived: None) -> None:
    granted = rights(rendered(cluster, DIRECTORY))
    for _ in cluster.polls(5):
        requests = list(audit.requests())
        unused = {_anywhere(right) for right in granted - {ASKED_BY_ADMISSION}} - {
            _anywhere(right) for right in granted if any(_covers(right, one) for one in requests)
        }
        if not unused:
            break

    assert sorted(unused) == []
    assert sorted({one for one in requests if not one.allowed}) == []
    assert {one.namespace for one in requests} == {"", "default", NAMESPACE, *WATCHED}


def test_without_the_small_cluster_role_pull_secrets_are_left_alone(
    cluster: Cluster, aws: FakeAws, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_account(cluster, DIRECTORY)
    for kind in ("ClusterRoleBinding", "ClusterRole"):
        cluster.delete(kind, None, "ecr-operator-pull-secrets")
    for _ in cluster.polls(20):
        answer = cluster.kubectl("auth", "can-i", "list", "ecrpullsecrets", f"--as={USER}", check=False)
        if answer.stdout.strip() == "no":
            break
    pulls = PullSecrets(cluster, aws, "alone")
    before = len(list(audit.requests()))
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=WATCHED):
        pulls.create(namespaces={"include": list(WATCHED)})
        Repositories(cluster, aws, WATCHED[0]).created("kept")
        assert pulls.get()["status"] == {"observedGeneration": -1}
        assert pulls.secret(WATCHED[0]) is None
    asked = list(audit.requests())[before:]
    assert [one.resource for one in asked if not one.allowed] == ["ecrpullsecrets"]
    assert not [one for one in asked if one.resource in ("secrets", "serviceaccounts")]
    pulls.clean()


def _anywhere(right: Right) -> tuple[str, ...]:
    """One watched namespace is as good as another."""
    namespace = "watched" if right.namespace in WATCHED else right.namespace
    return (*right[:3], namespace, right.name)


def _covers(right: Right, request: Request) -> bool:
    return (
        right[:3] == request[:3]
        and right.namespace in ("", request.namespace)
        and right.name in ("", request.name)
    )
