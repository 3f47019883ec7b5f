"""The chunked LISTs that tell which images are in use: of Pods, and of all that makes Pods.

Read is what may pull an image again:

- Pods that have not ended: the kubelet restarts their containers. One that has ended (`Succeeded`, `Failed`,
  evicted) starts no container any more; its controller's own template counts.
- Templates of Deployments, StatefulSets, DaemonSets and ReplicationControllers, whatever their number of
  replicas; of CronJobs, suspended or not; of Jobs that have not finished.
- What a rollback brings back: ReplicaSets, and ControllerRevisions of StatefulSets and DaemonSets.

Not seen are templates in other kinds (an Argo Rollout, a Knative Service): only what Kubernetes' own kinds
have got from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ecr_operator.kube.client import Json, KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.resources import Resource
from ecr_operator.kube.workload_images import at, owner_of, read_pod, read_template, workload_of
from ecr_operator.planning.usage import Usage, UsageBuilder, UsageUnknown

PAGE: Final = 100
"""Objects of one answer: a Pod is 5 to 20 KB, and one page is in memory at a time."""

_FORBIDDEN = 403
_EXPIRED = 410

Read = Callable[[UsageBuilder, Json], None]
"""Takes in one object of a list."""


@dataclass(frozen=True, slots=True)
class _List:
    resource: Resource
    read: Read
    params: Mapping[str, str] = field(default_factory=dict)


def _templates(api_version: str, plural: str, kind: str) -> _List:
    """Objects that stand for themselves."""

    def read(usage: UsageBuilder, obj: Json) -> None:
        read_template(usage, workload_of(kind, obj), at(obj, "spec", "template"))

    return _List(Resource(api_version, plural, namespaced=True), read)


def _owned_templates(api_version: str, plural: str, kind: str) -> _List:
    """Objects that stand for what controls them, and so do their Pods."""

    def read(usage: UsageBuilder, obj: Json) -> None:
        workload = workload_of(kind, obj)
        if owner := owner_of(obj):
            usage.own(workload, owner)
        if not _is_finished(obj):
            read_template(usage, workload, at(obj, "spec", "template"))

    return _List(Resource(api_version, plural, namespaced=True), read)


def _read_cron_job(usage: UsageBuilder, obj: Json) -> None:
    template = at(obj, "spec", "jobTemplate", "spec", "template")
    read_template(usage, workload_of("CronJob", obj), template)


def _read_revision(usage: UsageBuilder, obj: Json) -> None:
    workload = owner_of(obj) or workload_of("ControllerRevision", obj)
    read_template(usage, workload, at(obj, "data", "spec", "template"))


def _is_finished(obj: Json) -> bool:
    """Whether it is a Job that makes no Pods any more. Of nothing else are there such conditions."""
    conditions = at(obj, "status", "conditions") or ()
    return any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)


# What has an owner comes before its Pods, so that these count as the owner's at once. And Pods come last:
# what is replaced while the lists run, an object of one kind by one of another, is seen at least by its Pods.
_LISTS: Final = (
    _owned_templates("apps/v1", "replicasets", "ReplicaSet"),
    _owned_templates("v1", "replicationcontrollers", "ReplicationController"),
    _owned_templates("batch/v1", "jobs", "Job"),
    _templates("apps/v1", "deployments", "Deployment"),
    _templates("apps/v1", "statefulsets", "StatefulSet"),
    _templates("apps/v1", "daemonsets", "DaemonSet"),
    _List(Resource("batch/v1", "cronjobs", namespaced=True), _read_cron_job),
    _List(Resource("apps/v1", "controllerrevisions", namespaced=True), _read_revision),
    _List(
        Resource("v1", "pods", namespaced=True),
        read_pod,
        {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"},
    ),
)


async def list_usage(
    client: KubeClient, namespaces: tuple[str, ...], began: float, limit: int = PAGE
) -> Usage | UsageUnknown:
    """What is in use in `namespaces`, in the whole cluster if there are none.

    `began` is the present in monotonic seconds. One list that fails leaves all unknown: what was not seen may
    be in use.
    """
    usage = UsageBuilder(began)
    for each in _LISTS:
        for namespace, path in each.resource.paths(namespaces).items():
            try:
                await _read(client, path, each, usage, limit)
            except KubeError as error:
                return _unknown(each.resource, namespace, error)
    return usage.build()


async def _read(client: KubeClient, path: str, each: _List, usage: UsageBuilder, limit: int) -> None:
    try:
        await _read_pages(client, path, each, usage, limit)
    except KubeError as error:
        if error.status != _EXPIRED:
            raise
        # The moment of its first page is too old for the server. What was read stays: it was in use just now.
        await _read_pages(client, path, each, usage, limit)


async def _read_pages(client: KubeClient, path: str, each: _List, usage: UsageBuilder, limit: int) -> None:
    async for page in client.pages(path, limit, each.params):
        for obj in page["items"]:
            each.read(usage, obj)
        # Else it would be in memory until the next one is.
        page["items"].clear()


def _unknown(resource: Resource, namespace: str, error: KubeError) -> UsageUnknown:
    where = f" in the namespace {namespace}" if namespace else ""
    if error.status != _FORBIDDEN:
        why = error.message or str(error)
        return UsageUnknown(
            f"Images in use are not known: {resource.plural}{where} could not be listed: {why}"
        )
    group, _ = resource.group_and_version
    role = "a Role" if namespace else "its ClusterRole"
    rule = f'{{apiGroups: ["{group}"], resources: [{resource.plural}], verbs: [list]}}'
    return UsageUnknown(
        f"Images in use are not known: the operator may not list {resource.plural}{where}; "
        f"give it the rule `{rule}` by {role}",
        is_lasting=True,
    )
