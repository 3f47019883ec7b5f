"""What `deploy/kustomize/base` installs, and the account in it that the operator of every test has."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.cluster import Cluster, Object

BASE = Path(__file__).parent.parent / "deploy" / "kustomize" / "base"

NAMESPACE = "ecr-operator"
SERVICE_ACCOUNT = "ecr-operator"
USER = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
"""The operator's account, as RBAC and the audit log call it."""

# In this order each finds what it refers to.
_ACCOUNT_KINDS = ("Namespace", "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding")


class Right(NamedTuple):
    """One verb on one resource; `namespace` or `name` empty is any."""

    group: str
    resource: str
    verb: str
    namespace: str
    name: str


def rendered(cluster: Cluster, directory: Path = BASE) -> list[Object]:
    """The objects of a kustomization, as the cluster's kubectl renders it."""
    return list(yaml.safe_load_all(cluster.kubectl("kustomize", str(directory)).stdout))


def install_account(cluster: Cluster, directory: Path = BASE) -> None:
    """Apply the shipped namespace, account and roles, which `cluster.operator_kubeconfig` stands for then."""
    objects = rendered(cluster, directory)
    for kind in _ACCOUNT_KINDS:
        for obj in objects:
            if obj["kind"] == kind:
                cluster.apply(obj, force=True)
    for right in rights(objects):
        _wait_granted(cluster, right)
    cluster.operator_kubeconfig = cluster.kubeconfig_of(NAMESPACE, SERVICE_ACCOUNT)


def rights(objects: Iterable[Object]) -> set[Right]:
    """What the roles among `objects` that are bound to the operator's account grant it."""
    by_name = {(obj["kind"], _namespace(obj), obj["metadata"]["name"]): obj for obj in objects}
    granted: set[Right] = set()
    for (kind, namespace, _), binding in by_name.items():
        subjects = [(one.get("namespace"), one["name"]) for one in binding.get("subjects", ())]
        if kind in ("RoleBinding", "ClusterRoleBinding") and (NAMESPACE, SERVICE_ACCOUNT) in subjects:
            reference = binding["roleRef"]
            where = namespace if reference["kind"] == "Role" else ""
            granted |= _expanded(by_name[reference["kind"], where, reference["name"]], namespace)
    return granted


def _namespace(obj: Object) -> str:
    namespace: str = obj["metadata"].get("namespace", "")
    return namespace


def _expanded(role: Object, namespace: str) -> set[Right]:
    return {
        Right(group, resource, verb, namespace, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    }


def _wait_granted(cluster: Cluster, right: Right) -> None:
    """The authorizer learns of a binding a moment after it was written."""
    resource, _, subresource = right.resource.partition("/")
    about = {"group": right.group, "resource": resource, "subresource": subresource, "verb": right.verb}
    where = {"namespace": right.namespace, "name": right.name}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": USER, "resourceAttributes": about | where},
    }
    for _ in cluster.polls(20):
        answer = cluster.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        if answer["status"]["allowed"]:
            return
    raise AssertionError(f"{USER} was not granted {right}")
