"""A right is taken away while the operator runs: it says which, does no harm, and goes on when it is back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster import Cluster, Object
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.repositories import Repositories, message
from tests.running import RunningOperator
from tests.waiting import until

RIGHTS = {
    "ecrrepositories": {"get", "list", "watch", "patch"},
    "ecrrepositories/status": {"patch"},
    "ecrlifecyclepolicies": {"get", "list", "watch"},
}
RBAC = "rbac.authorization.k8s.io"


@dataclass
class Account:
    """A service account with the rights of `RIGHTS` in one namespace, and what may be taken of them."""

    cluster: Cluster
    namespace: str

    def create(self) -> Path:
        """The account's kubeconfig."""
        metadata = {"name": "operator", "namespace": self.namespace}
        self.cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        self.cluster.create(self._role(RIGHTS))
        self.cluster.create(
            {
                "apiVersion": f"{RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "subjects": [{"kind": "ServiceAccount", **metadata}],
                "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "operator"},
            }
        )
        return self.cluster.kubeconfig_of(self.namespace, "operator")

    def take(self, resource: str, verb: str) -> None:
        """Take one right away."""
        self.cluster.apply(self._role(RIGHTS | {resource: RIGHTS[resource] - {verb}}), force=True)
        # The authorizer learns of it a moment later.
        until(self.cluster, lambda: not self._may(resource, verb), "end of the right")

    def take_events(self) -> None:
        """Take away the right to post events."""
        role = self._role(RIGHTS)
        self.cluster.apply({**role, "rules": role["rules"][:-1]}, force=True)
        until(self.cluster, lambda: not self._may("events", "create", "events.k8s.io"), "end of the right")

    def give_back(self) -> None:
        """Give all rights back."""
        self.cluster.apply(self._role(RIGHTS), force=True)

    def _may(self, resource: str, verb: str, group: str = "ecr-operator.dev") -> bool:
        resource, _, subresource = resource.partition("/")
        about = {"group": group, "resource": resource, "subresource": subresource, "verb": verb}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": f"system:serviceaccount:{self.namespace}:operator",
                "resourceAttributes": about | {"namespace": self.namespace},
            },
        }
        answer = self.cluster.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        allowed: bool = answer["status"]["allowed"]
        return allowed

    def _role(self, rights: dict[str, set[str]]) -> Object:
        rules = [
            {"apiGroups": ["ecr-operator.dev"], "resources": [resource], "verbs": sorted(verbs)}
            for resource, verbs in rights.items()
            if verbs
        ]
        events = {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]}
        metadata = {"name": "operator", "namespace": self.namespace}
        return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": [*rules, events]}


@pytest.fixture
def account(cluster: Cluster, namespace: str) -> Account:
    return Account(cluster, namespace)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[str], int]:
    """How many entries of the operator's log hold a text."""
    return lambda text: sum(text in entry.getMessage() for entry in list(caplog.records))


@pytest.mark.parametrize(
    ("resource", "verb", "undone"),
    [
        # No fence without a status, no creation without a finalizer, no deletion without a last look.
        ("ecrrepositories/status", "patch", {"CreateRepository", "TagResource"}),
        ("ecrrepositories", "patch", {"CreateRepository"}),
        ("ecrrepositories", "get", {"DeleteRepository"}),
    ],
    ids=["patch status", "patch", "get"],
)
def test_what_rests_on_a_right_is_not_done_in_aws_and_nothing_is_lost(
    cluster: Cluster,
    repositories: Repositories,
    account: Account,
    said: Callable[[str], int],
    resource: str,
    verb: str,
    undone: set[str],
) -> None:
    with RunningOperator(account.create(), watch_namespaces=(repositories.namespace,)) as running:
        for name in ("changed", "deleted"):
            repositories.create(name, deletionPolicy="Delete")
        for name in ("changed", "deleted"):
            repositories.ready(name)
        account.take(resource, verb)
        before = len(repositories.writes())

        repositories.patch("changed", tags={"team": "a"})
        repositories.delete("deleted")
        repositories.create("new", deletionPolicy="Delete")
        until(
            cluster, lambda: said(f'cannot {verb} resource "{resource}"') >= 3, "word of it, and tries again"
        )
        assert undone.isdisjoint(repositories.writes()[before:])
        assert running.readiness() is None

        account.give_back()
        repositories.wait_gone("deleted", timeout=60)
        for name in ("changed", "new"):
            repositories.ready(name, timeout=60)

    assert repositories.in_aws("deleted") is None
    assert sorted(repositories.writes()[before:]) == ["CreateRepository", "DeleteRepository", "TagResource"]


def test_without_the_right_to_list_it_is_not_ready_and_says_why(
    cluster: Cluster, repositories: Repositories, account: Account, said: Callable[[str], int]
) -> None:
    scope = {"watch_namespaces": (repositories.namespace,), "list_seconds": 0.5}
    kubeconfig = account.create()
    with RunningOperator(kubeconfig, **scope) as running:
        # The watch runs, and goes on without the right.
        repositories.created("before")
        account.take("ecrrepositories", "list")
        until(cluster, lambda: "last listed" in (running.readiness() or ""), "word of it")
        assert said('cannot list resource "ecrrepositories"') >= 1
        repositories.created("web")
    running = RunningOperator(kubeconfig, **scope).start()
    try:
        until(cluster, lambda: 'cannot list resource "ecrrepositories"' in (running.readiness() or ""), "why")
        account.give_back()
        running.wait_ready(60)
        repositories.created("later")
    finally:
        running.stop()


def test_without_the_right_to_watch_the_lists_are_what_is_left(
    cluster: Cluster, repositories: Repositories, account: Account, said: Callable[[str], int]
) -> None:
    kubeconfig = account.create()
    account.take("ecrrepositories", "watch")
    with RunningOperator(kubeconfig, watch_namespaces=(repositories.namespace,), list_seconds=1.0) as running:
        until(cluster, lambda: said("403") >= 1, "word of it")
        repositories.created("web")
        repositories.patch("web", tags={"team": "a"})
        repositories.ready("web")
        account.give_back()
        running.wait_ready()
        repositories.created("later")


def test_without_the_right_to_post_events_all_else_goes_on(
    cluster: Cluster, repositories: Repositories, account: Account, said: Callable[[str], int]
) -> None:
    with RunningOperator(account.create(), watch_namespaces=(repositories.namespace,)) as running:
        account.take_events()
        for name in ("a", "b", "c"):
            repositories.created(name)
        until(cluster, lambda: said("Failed to post event RepositoryCreated") == 1, "word of it, once")
        assert running.readiness() is None
        account.give_back()
        # Somebody deletes a repository: that is worth an event, and it arrives.
        repositories.ecr.delete_repository(repositoryName=repositories.name("a"))
        repositories.annotate("a", "ecr-operator.dev/reconcile", "now")
        repositories.event(repositories.get("a"), "RepositoryRecreated")


@pytest.fixture
def everywhere(cluster: Cluster, namespace: str) -> Iterator[Callable[[str], Path]]:
    """Bind the shipped ClusterRole without a resource to an account of the test's own; its kubeconfig."""
    metadata = {"name": namespace}
    shipped = cluster.get("ClusterRole", None, "ecr-operator")["rules"]
    cluster.wait_for("ServiceAccount", namespace, "default", bool)

    def bind(without: str) -> Path:
        rules = [rule for rule in shipped if without not in rule["resources"]]
        cluster.apply(
            {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules},
            force=True,
        )
        cluster.apply(
            {
                "apiVersion": f"{RBAC}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": metadata,
                "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": namespace},
            },
            force=True,
        )
        return cluster.kubeconfig_of(namespace, "default")

    yield bind
    for kind in ("ClusterRoleBinding", "ClusterRole"):
        cluster.delete(kind, None, namespace)


def test_without_the_right_to_see_namespaces_it_is_not_ready_and_says_why(
    cluster: Cluster, repositories: Repositories, everywhere: Callable[[str], Path]
) -> None:
    running = RunningOperator(everywhere("namespaces"), list_seconds=0.5).start()
    try:
        until(cluster, lambda: 'cannot list resource "namespaces"' in (running.readiness() or ""), "why")
        everywhere("none")
        running.wait_ready(60)
        repositories.created("web")
        everywhere("namespaces")
        until(cluster, lambda: 'cannot list resource "namespaces"' in (running.readiness() or ""), "why")
        everywhere("none")
        running.wait_ready(60)
        repositories.created("later")
    finally:
        running.stop()


@pytest.fixture
def permitted(aws: FakeAws) -> Iterator[Callable[..., None]]:
    """Call it with the actions that AWS denies from now on."""

    def deny(*actions: str) -> None:
        allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        denied = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        statements = [allowed, denied] if actions else [allowed]
        aws.set_iam_policy(ACCOUNT, {"Version": "2012-10-17", "Statement": statements})

    yield deny
    aws.set_iam_policy(ACCOUNT, None)


def test_a_permission_of_aws_that_goes_is_named_and_keeps_finalizers_and_what_is_managed(
    cluster: Cluster, repositories: Repositories, permitted: Callable[..., None]
) -> None:
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        for name in ("changed", "deleted"):
            repositories.create(name, deletionPolicy="Delete", tags={"team": "a"})
        for name in ("changed", "deleted"):
            repositories.ready(name)
        permitted("ecr:TagResource", "ecr:DeleteRepository", "ecr:CreateRepository")
        before = repositories.writes()

        repositories.patch("changed", tags={"team": "b"})
        repositories.delete("deleted")
        repositories.create("new")
        for name, action in (
            ("changed", "ecr:TagResource"),
            ("deleted", "ecr:DeleteRepository"),
            ("new", "ecr:CreateRepository"),
        ):
            assert action in message(repositories.stalled(name, "AccessDenied"))
        assert repositories.writes() == before
        assert "tags/team" in repositories.get("changed")["status"]["managed"]

        permitted()
        repositories.wait_gone("deleted")
        for name in ("changed", "new"):
            repositories.ready(name)

    assert repositories.in_aws("deleted") is None
