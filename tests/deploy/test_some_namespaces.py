"""No rights on all Secrets: Roles for some namespaces, and a ClusterRole for EcrPullSecrets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Cluster, Object
from tests.faults.observed import series
from tests.installation import NAMESPACE as HOME
from tests.installation import rendered
from tests.pull_secrets import PullSecrets
from tests.repositories import condition
from tests.running import RunningOperator
from tests.waiting import until

RBAC = "rbac.authorization.k8s.io/v1"
OURS = "ecr-operator.dev"
ACCOUNT = "some-namespaces"


def rules(cluster: Cluster) -> list[dict[str, Any]]:
    """Those of the shipped ClusterRole."""
    [role] = [
        one
        for one in rendered(cluster)
        if one["kind"] == "ClusterRole" and one["metadata"]["name"] == "ecr-operator"
    ]
    found: list[dict[str, Any]] = role["rules"]
    return found


def is_cluster_scoped(rule: dict[str, Any]) -> bool:
    return any(one.startswith(("ecrpullsecrets", "namespaces")) for one in rule["resources"])


@pytest.fixture
def account(cluster: Cluster) -> Iterator[Path]:
    """The kubeconfig of an account without any rights."""
    metadata = {"name": ACCOUNT, "namespace": HOME}
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    yield cluster.kubeconfig_of(HOME, ACCOUNT)
    cluster.delete("ServiceAccount", HOME, ACCOUNT)


def grant(cluster: Cluster, namespace: str | None, granted: list[dict[str, Any]], name: str) -> None:
    """A role of these rules, bound to the account."""
    kind = "Role" if namespace else "ClusterRole"
    metadata: Object = {"name": name} | ({"namespace": namespace} if namespace else {})
    cluster.create({"apiVersion": RBAC, "kind": kind, "metadata": metadata, "rules": granted})
    cluster.create(
        {
            "apiVersion": RBAC,
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": HOME}],
        }
    )


def wait_allowed(cluster: Cluster, namespace: str, resource: str, group: str = "") -> None:
    about = {"group": group, "resource": resource, "verb": "list", "namespace": namespace}
    spec = {"user": f"system:serviceaccount:{HOME}:{ACCOUNT}", "resourceAttributes": about}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    for _ in cluster.polls(20):
        answer = cluster.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        if answer["status"]["allowed"]:
            return
    raise AssertionError(f"{resource} may not be listed in {namespace}")


@pytest.fixture
def seen(cluster: Cluster, pulls: PullSecrets, account: Path) -> list[str]:
    """Namespaces in which the account has the rights that are not cluster-wide."""
    names = [pulls.namespace("a"), pulls.namespace("b")]
    for name in names:
        grant(cluster, name, [rule for rule in rules(cluster) if not is_cluster_scoped(rule)], ACCOUNT)
    for name in names:
        wait_allowed(cluster, name, "secrets")
        wait_allowed(cluster, name, "ecrrepositories", OURS)
    return names


@pytest.fixture
def granted(cluster: Cluster, pulls: PullSecrets, seen: list[str]) -> Iterator[None]:
    """The small ClusterRole, with what the shipped one says of EcrPullSecrets."""
    small = [rule for rule in rules(cluster) if rule["apiGroups"] == [OURS] and is_cluster_scoped(rule)]
    # Their events are in the namespace `default`.
    small += [rule for rule in rules(cluster) if "events" in rule["resources"]]
    grant(cluster, None, small, pulls.prefix)
    wait_allowed(cluster, "", "ecrpullsecrets", OURS)
    yield
    cluster.delete("ClusterRoleBinding", None, pulls.prefix)
    cluster.delete("ClusterRole", None, pulls.prefix)


@pytest.mark.usefixtures("granted")
def test_named_namespaces_get_it(
    cluster: Cluster, pulls: PullSecrets, account: Path, seen: list[str]
) -> None:
    one, two = seen
    unseen = pulls.namespace("unseen")
    with RunningOperator(account, watch_namespaces=(one, two)):
        pulls.create(
            namespaces={"include": [one, unseen]}, serviceAccounts={"names": ["default"]}, secretName="ecr"
        )
        pulls.counted(matched=1, ready=1, failed=0)
        data = pulls.wait_secret(one)["data"]
        pulls.wait_entries(one, ["ecr"])
        assert pulls.secret(two) is None
        assert pulls.secret(unseen) is None

        pulls.patch(namespaces={"include": [one, two]})
        pulls.counted(matched=2, ready=2, failed=0)
        pulls.wait_entries(two, ["ecr"])
        pulls.cluster.delete("Secret", one, "ecr")
        pulls.wait_secret(one)
        pulls.patch(namespaces={"include": [two]})
        pulls.wait_no_secret(one)
        assert pulls.entries(one) == []
        assert pulls.wait_secret(two)["data"] == data
        pulls.delete()
        pulls.wait_no_secret(two)
        assert pulls.entries(two) == []


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize("when", ["before the start", "later"])
def test_a_namespace_without_the_role_is_said_and_healed(
    cluster: Cluster, pulls: PullSecrets, account: Path, seen: list[str], when: str
) -> None:
    """Its Role is taken away, and comes back; the others are none the worse for it."""
    one, two = seen
    binding = cluster.get("RoleBinding", two, ACCOUNT)
    for field in ("uid", "resourceVersion", "creationTimestamp"):
        binding["metadata"].pop(field)

    def take_away() -> None:
        cluster.delete("RoleBinding", two, ACCOUNT)
        until(cluster, lambda: not _may_list(cluster, two), "end of the right", 20)

    if when == "before the start":
        take_away()
    with RunningOperator(account, watch_namespaces=(one, two), list_seconds=1.0) as running:
        if when == "later":
            take_away()
        pulls.create(namespaces={"include": [one, two]})
        assert "secrets" in pulls.failing(two, "WriteRefused")
        pulls.counted(matched=2, ready=1, failed=1)
        uid = pulls.wait_secret(one)["metadata"]["uid"]
        cluster.delete("Secret", one, "ecr")
        pulls.wait_secret(one, lambda secret: secret["metadata"]["uid"] != uid)
        # Lists are complete without it: nothing is late.
        listed = series(running, "ecr_operator_watch_age_seconds{")
        until(cluster, lambda: series(running, "ecr_operator_watch_age_seconds{") < listed, "list", 20)
        assert running.readiness() is None

        cluster.create(binding)
        pulls.healed()


def _may_list(cluster: Cluster, namespace: str) -> bool:
    about = {"resource": "secrets", "verb": "create", "namespace": namespace}
    spec = {"user": f"system:serviceaccount:{HOME}:{ACCOUNT}", "resourceAttributes": about}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    answer = cluster.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


@pytest.mark.usefixtures("granted")
@pytest.mark.parametrize("namespaces", [{"include": ["a-*"]}, {"selector": {}}], ids=["a glob", "a selector"])
def test_others_are_told_what_to_write(
    pulls: PullSecrets, account: Path, seen: list[str], namespaces: dict[str, Any]
) -> None:
    with RunningOperator(account, watch_namespaces=tuple(seen)):
        pulls.create(namespaces=namespaces)
        message = condition(pulls.stalled("UnsupportedSpec"), "Stalled")["message"]  # type: ignore[index]
        assert "namespaces.include" in message
        assert "ECR_OPERATOR_WATCH_NAMESPACES" in message
        assert [pulls.secret(name) for name in seen] == [None, None]
        assert pulls.mints() == 0


def test_without_the_cluster_role_the_kind_is_off(pulls: PullSecrets, account: Path, seen: list[str]) -> None:
    with RunningOperator(account, watch_namespaces=tuple(seen)) as running:
        obj = pulls.create(namespaces={"include": seen})
        assert running.readiness() is None
        assert pulls.get()["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"]
        assert [pulls.secret(name) for name in seen] == [None, None]
