"""The kinds that tests use, and where the API server keeps them."""

from typing import NamedTuple


class Kind(NamedTuple):
    """Where the API server keeps a kind."""

    api_version: str
    plural: str
    namespaced: bool = True


KINDS = {
    "EcrRepository": Kind("ecr-operator.dev/v1alpha1", "ecrrepositories"),
    "EcrLifecyclePolicy": Kind("ecr-operator.dev/v1alpha1", "ecrlifecyclepolicies"),
    "EcrPullSecret": Kind("ecr-operator.dev/v1alpha1", "ecrpullsecrets", namespaced=False),
    "Namespace": Kind("v1", "namespaces", namespaced=False),
    "Secret": Kind("v1", "secrets"),
    "ServiceAccount": Kind("v1", "serviceaccounts"),
    "ConfigMap": Kind("v1", "configmaps"),
    "Pod": Kind("v1", "pods"),
    "Event": Kind("events.k8s.io/v1", "events"),
    "Lease": Kind("coordination.k8s.io/v1", "leases"),
    "CronJob": Kind("batch/v1", "cronjobs"),
    "Deployment": Kind("apps/v1", "deployments"),
    "Role": Kind("rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": Kind("rbac.authorization.k8s.io/v1", "rolebindings"),
    "ClusterRole": Kind("rbac.authorization.k8s.io/v1", "clusterroles", namespaced=False),
    "ClusterRoleBinding": Kind("rbac.authorization.k8s.io/v1", "clusterrolebindings", namespaced=False),
    "ResourceQuota": Kind("v1", "resourcequotas"),
    "ValidatingAdmissionPolicy": Kind(
        "admissionregistration.k8s.io/v1", "validatingadmissionpolicies", namespaced=False
    ),
    "ValidatingAdmissionPolicyBinding": Kind(
        "admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", namespaced=False
    ),
    "ValidatingWebhookConfiguration": Kind(
        "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", namespaced=False
    ),
    "CustomResourceDefinition": Kind(
        "apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False
    ),
}
"""A static table needs no discovery; a test may add to it."""


def path(
    kind: str, namespace: str | None = None, name: str | None = None, subresource: str | None = None
) -> str:
    """The URL path of a collection, an object or a subresource."""
    api_version, plural, namespaced = KINDS[kind]
    parts = ["/api" if api_version == "v1" else "/apis", api_version]
    if namespaced and namespace:
        parts += ["namespaces", namespace]
    return "/".join([*parts, plural, *filter(None, (name, subresource))])
