"""What of Pods and workloads on a real API server counts as in use; its controllers run, kubelets do not."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.workload_images import read_pod
from ecr_operator.kube.workloads import list_usage
from ecr_operator.planning.naming import Registry
from ecr_operator.planning.usage import RepositoryUsage, Usage, UsageBuilder, UsageUnknown, Workload
from tests.cluster import KINDS, Cluster, Kind, Object
from tests.waiting import until

KINDS |= {
    "ReplicaSet": Kind("apps/v1", "replicasets"),
    "StatefulSet": Kind("apps/v1", "statefulsets"),
    "DaemonSet": Kind("apps/v1", "daemonsets"),
    "ControllerRevision": Kind("apps/v1", "controllerrevisions"),
    "ReplicationController": Kind("v1", "replicationcontrollers"),
    "Job": Kind("batch/v1", "jobs"),
    "CronJob": Kind("batch/v1", "cronjobs"),
}
LISTED = {
    "": ["pods", "replicationcontrollers"],
    "apps": ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"],
    "batch": ["cronjobs", "jobs"],
}
HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
REGISTRY = Registry("123456789012", "eu-central-1")
D1, D2, D3, D4 = (f"sha256:{letter * 64}" for letter in "1234")
LABELS = {"app": "web"}


def listed(
    cluster: Cluster, *namespaces: str, limit: int = 100, client: type[KubeClient] = KubeClient, **more: Any
) -> Usage | UsageUnknown:
    """One list, with the rights of `kubeconfig`."""

    async def main() -> Usage | UsageUnknown:
        async with await client.connect(str(more.get("kubeconfig", cluster.kubeconfig))) as connected:
            return await list_usage(connected, namespaces, 5.0, limit)

    return asyncio.run(main())


def usage(cluster: Cluster, *namespaces: str, **more: Any) -> RepositoryUsage:
    """What is used of the repository `web`."""
    found = listed(cluster, *namespaces, **more)
    assert isinstance(found, Usage), found
    assert found.began == 5.0
    return found.of(REGISTRY, "web")


class Workloads:
    """Objects of one namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def create(self, kind: str, name: str, **more: Any) -> Object:
        metadata = {"name": name, "namespace": self.namespace, **more.pop("metadata", {})}
        api_version = KINDS[kind].api_version
        return self.cluster.create({"apiVersion": api_version, "kind": kind, "metadata": metadata, **more})

    def pod(self, name: str, *images: str, **spec: Any) -> Object:
        return self.create("Pod", name, spec=pod_spec(*images, **spec))

    def status(self, name: str, **status: Any) -> None:
        self.cluster.status_patch("Pod", self.namespace, name, status)

    def of(self, kind: str) -> list[Object]:
        return self.cluster.list(kind, self.namespace)

    def workload(self, kind: str, name: str) -> Workload:
        return Workload(self.namespace, kind, name)


@pytest.fixture
def workloads(cluster: Cluster, namespace: str) -> Workloads:
    # Without it Pods are refused.
    until(cluster, lambda: cluster.find("ServiceAccount", namespace, "default"), "default service account")
    return Workloads(cluster, namespace)


def pod_spec(*images: str, **more: Any) -> Object:
    containers = [{"name": f"c-{number}", "image": image} for number, image in enumerate(images)]
    return {"containers": containers, "terminationGracePeriodSeconds": 0, **more}


def template(tag: str, **spec: Any) -> Object:
    return {"metadata": {"labels": LABELS}, "spec": pod_spec(f"{HOST}/web:{tag}", **spec)}


def owner(obj: Object, *, controller: bool = True) -> Object:
    reference = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "controller": controller}
    return reference | {"name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"]}


SELECTOR = {"selector": {"matchLabels": LABELS}}
JOB = {"spec": {"template": template("v1", restartPolicy="Never")}}
TEMPLATES: dict[str, tuple[str, Object]] = {
    "a Deployment that is scaled to 0": (
        "Deployment",
        {"replicas": 0, **SELECTOR, "template": template("v1")},
    ),
    "a Deployment that is paused, and has no ReplicaSet": (
        "Deployment",
        {"paused": True, **SELECTOR, "template": template("v1")},
    ),
    "a ReplicaSet of nobody": ("ReplicaSet", {"replicas": 0, **SELECTOR, "template": template("v1")}),
    "a StatefulSet": ("StatefulSet", {"replicas": 0, **SELECTOR, "template": template("v1")}),
    "a DaemonSet": ("DaemonSet", {**SELECTOR, "template": template("v1")}),
    "a ReplicationController": (
        "ReplicationController",
        {"replicas": 0, "selector": LABELS, "template": template("v1")},
    ),
    "a Job that is suspended": ("Job", {"suspend": True, **JOB["spec"]}),
    "a CronJob that is suspended": (
        "CronJob",
        {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": JOB},
    ),
}


@pytest.mark.parametrize(("kind", "spec"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_in_use_is_the_template_of(workloads: Workloads, kind: str, spec: Object) -> None:
    workloads.create(kind, "app", spec=spec)
    found = usage(workloads.cluster, workloads.namespace)
    assert found.users("v1") == {workloads.workload(kind, "app")}
    assert found.tags == {"v1"}


def test_a_template_names_images_of_init_containers_and_volumes(workloads: Workloads) -> None:
    more = {
        "initContainers": [{"name": "init", "image": f"{HOST}/web:init"}],
        "volumes": [
            {"name": "data", "image": {"reference": f"{HOST}/web@{D1}"}},
            {"name": "scratch", "emptyDir": {}},
        ],
    }
    spec = {"paused": True, **SELECTOR, "template": template("v1", **more)}
    workloads.create("Deployment", "app", spec=spec)
    found = usage(workloads.cluster, workloads.namespace)
    assert (found.tags, found.digests) == ({"v1", "init"}, {D1})


@pytest.mark.parametrize(
    ("kind", "history"), [("Deployment", "ReplicaSet"), ("StatefulSet", "ControllerRevision")]
)
def test_what_a_rollback_brings_back_is_in_use_by_what_is_rolled_back(
    workloads: Workloads, kind: str, history: str
) -> None:
    workloads.create(kind, "app", spec={"replicas": 0, **SELECTOR, "template": template("v1")})
    until(workloads.cluster, lambda: len(workloads.of(history)) == 1, f"first {history}")
    patch = {"spec": {"template": template("v2")}}
    workloads.cluster.merge_patch(kind, workloads.namespace, "app", patch)
    until(workloads.cluster, lambda: len(workloads.of(history)) == 2, f"second {history}")
    found = usage(workloads.cluster, workloads.namespace)
    app = workloads.workload(kind, "app")
    assert (found.users("v1"), found.users("v2")) == ({app}, {app})
    assert found.workloads == 1


def test_revisions_that_hold_something_else_are_passed_over(workloads: Workloads) -> None:
    strange: list[Any] = [
        {"spec": {"template": {"spec": {"containers": "none", "volumes": [None, {"image": "x"}]}}}},
        {"spec": {"template": ["a", "list"]}},
        {"spec": "text"},
    ]
    for number, data in enumerate(strange):
        workloads.create("ControllerRevision", f"strange-{number}", data=data, revision=1)
    assert usage(workloads.cluster, workloads.namespace).is_empty


def test_pods_name_images_in_every_kind_of_container_and_in_volumes(workloads: Workloads) -> None:
    volumes = [{"name": "data", "image": {"reference": f"{HOST}/web:volume"}}]
    init = [{"name": "init", "image": f"{HOST}/web:init"}]
    workloads.pod("app", f"{HOST}/web:v1", "busybox:1.37", initContainers=init, volumes=volumes)
    debug = {"name": "debug", "image": f"{HOST}/web:debug"}
    workloads.cluster.merge_patch(
        "Pod",
        workloads.namespace,
        "app",
        {"spec": {"ephemeralContainers": [debug]}},
        subresource="ephemeralcontainers",
    )
    found = usage(workloads.cluster, workloads.namespace)
    assert found.tags == {"v1", "init", "debug", "volume"}
    assert found.users("debug") == {workloads.workload("Pod", "app")}


def test_what_nodes_have_pulled_is_in_use_by_digest(workloads: Workloads) -> None:
    init = [{"name": "init", "image": f"{HOST}/web:init"}]
    workloads.pod("app", f"{HOST}/web:v1", f"{HOST}/web:v2", initContainers=init)
    workloads.cluster.merge_patch(
        "Pod",
        workloads.namespace,
        "app",
        {"spec": {"ephemeralContainers": [{"name": "debug", "image": f"{HOST}/web:debug"}]}},
        subresource="ephemeralcontainers",
    )
    workloads.status(
        "app",
        phase="Running",
        initContainerStatuses=[container_status("init", f"{HOST}/web@{D1}")],
        containerStatuses=[
            container_status("c-0", f"docker-pullable://{HOST}/web@{D2}"),
            # The node had the same content from elsewhere.
            container_status("c-1", f"docker.io/library/web@{D3}"),
        ],
        ephemeralContainerStatuses=[container_status("debug", f"{HOST}/web@{D4}")],
    )
    found = usage(workloads.cluster, workloads.namespace)
    assert found.tags == {"v1", "v2", "init", "debug"}
    assert found.digests == {D1, D2, D3, D4}


def container_status(name: str, image_id: str) -> Object:
    return {"name": name, "image": "any", "imageID": image_id, "ready": True, "restartCount": 0}


@pytest.mark.parametrize(
    ("phase", "expected"), [("Running", {"v1"}), ("Unknown", {"v1"}), ("Succeeded", set()), ("Failed", set())]
)
def test_a_pod_that_has_ended_pulls_nothing_again(
    workloads: Workloads, phase: str, expected: set[str]
) -> None:
    workloads.pod("app", f"{HOST}/web:v1")
    workloads.status("app", phase=phase)
    assert usage(workloads.cluster, workloads.namespace).tags == expected


def test_what_nodes_have_pulled_for_a_volume_is_in_use_by_digest(workloads: Workloads) -> None:
    """Kubernetes before 1.35 does not keep this part of the status."""
    pod = workloads.pod("app", f"{HOST}/web:v1")
    pod["spec"]["volumes"] = [{"name": "data", "image": {"reference": f"{HOST}/web:volume"}}]
    pulled = {"volumeStatus": {"image": {"imageRef": f"docker.io/library/web@{D1}"}}}
    status = container_status("c-0", "") | {
        "volumeMounts": [{"name": "data", "mountPath": "/data", **pulled}]
    }
    builder = UsageBuilder(0)
    read_pod(builder, pod | {"status": {"containerStatuses": [status]}})
    found = builder.build().of(REGISTRY, "web")
    assert (found.tags, found.digests) == ({"v1", "volume"}, {D1})


def test_many_pods_of_a_controller_are_one_workload(workloads: Workloads) -> None:
    workloads.create("Deployment", "app", spec={"replicas": 3, **SELECTOR, "template": template("v1")})
    until(workloads.cluster, lambda: len(workloads.of("Pod")) == 3, "Pods of the Deployment")
    for number, pod in enumerate(workloads.of("Pod")):
        image_id = f"{HOST}/web@sha256:{number:064}"
        workloads.status(
            pod["metadata"]["name"], containerStatuses=[container_status("c-0", image_id)], phase="Running"
        )
    workloads.pod("alone", f"{HOST}/web:v1")
    found = usage(workloads.cluster, workloads.namespace)
    assert found.workloads_in(workloads.namespace) == ("Deployment/app", "Pod/alone")
    assert found.workloads == 2
    assert len(found.digests) == 3
    assert found.users(f"sha256:{0:064}") == {workloads.workload("Deployment", "app")}


def test_a_job_counts_as_its_cron_job_until_it_has_finished(workloads: Workloads) -> None:
    spec = {
        "schedule": "0 0 1 1 *",
        "jobTemplate": {"spec": {"template": template("v2", restartPolicy="Never")}},
    }
    cron_job = workloads.create("CronJob", "nightly", spec=spec)
    job = {"metadata": {"ownerReferences": [owner(cron_job)]}, **JOB}
    workloads.create("Job", "nightly-1", **job)
    until(workloads.cluster, lambda: workloads.of("Pod"), "Pod of the Job")
    (pod,) = workloads.of("Pod")
    running = [container_status("c-0", f"{HOST}/web@{D1}")]
    workloads.status(pod["metadata"]["name"], phase="Running", containerStatuses=running)
    nightly = workloads.workload("CronJob", "nightly")
    found = usage(workloads.cluster, workloads.namespace)
    assert [found.users(reference) for reference in ("v1", "v2", D1)] == [{nightly}] * 3

    ended = running[0] | {"state": {"terminated": {"exitCode": 0}}}
    workloads.status(pod["metadata"]["name"], phase="Succeeded", containerStatuses=[ended])
    workloads.cluster.wait_for("Job", workloads.namespace, "nightly-1", is_complete, what="Complete")
    assert usage(workloads.cluster, workloads.namespace).by_reference.keys() == {"v2"}


def is_complete(job: Object) -> bool:
    return any(one["type"] == "Complete" and one["status"] == "True" for one in job["status"]["conditions"])


def test_an_owner_that_does_not_control_is_none(workloads: Workloads) -> None:
    spec = {"replicas": 0, **SELECTOR, "template": template("v2")}
    other = workloads.create("ReplicaSet", "other", spec=spec)
    metadata = {"ownerReferences": [owner(other, controller=False)]}
    workloads.create("Pod", "app", metadata=metadata, spec=pod_spec(f"{HOST}/web:v1"))
    assert usage(workloads.cluster, workloads.namespace).users("v1") == {workloads.workload("Pod", "app")}


def test_lists_come_in_pages_of_one_namespace_or_of_all(workloads: Workloads) -> None:
    for number in range(5):
        workloads.pod(f"app-{number}", f"{HOST}/web:v{number}")
    expected = {f"v{number}" for number in range(5)}
    assert usage(workloads.cluster, workloads.namespace, limit=2).tags == expected
    assert usage(workloads.cluster, "default", workloads.namespace, limit=2).tags == expected
    assert usage(workloads.cluster, "default").is_empty
    everywhere = usage(workloads.cluster)
    assert {f"Pod/app-{number}" for number in range(5)} <= set(everywhere.workloads_in(workloads.namespace))


class Asking(KubeClient):
    """Notes what it asks for."""

    asked: list[tuple[str, Mapping[str, str]]]

    async def get(self, path: str, params: Any = None, timeout: float | None = None) -> Object:
        self.asked.append((path, dict(params or {})))
        return await super().get(path, params, timeout)


def test_each_kind_is_asked_for_once_in_pages_and_pods_last(cluster: Cluster) -> None:
    Asking.asked = []
    assert isinstance(listed(cluster, "default", client=Asking), Usage)
    plurals = [path.rpartition("/")[2] for path, _ in Asking.asked]
    assert sorted(plurals) == sorted(plural for group in LISTED.values() for plural in group)
    assert plurals[-1] == "pods"
    assert {query["limit"] for _, query in Asking.asked} == {"100"}


class Expiring(KubeClient):
    """Its lists of Pods are too old after the first page, for the first `times`."""

    times: int

    async def pages(self, path: str, limit: int = 500, params: Any = None) -> AsyncIterator[Object]:
        async for page in super().pages(path, limit, params):
            yield page
            if path.endswith("/pods") and Expiring.times > 0:
                Expiring.times -= 1
                raise KubeError(410, "Expired", "The provided continue parameter is too old")


def test_a_list_that_has_become_too_old_begins_anew_once(workloads: Workloads) -> None:
    for number in range(3):
        workloads.pod(f"app-{number}", f"{HOST}/web:v{number}")
    Expiring.times = 1
    found = usage(workloads.cluster, workloads.namespace, limit=2, client=Expiring)
    assert found.tags == {"v0", "v1", "v2"}
    Expiring.times = 2
    assert listed(workloads.cluster, workloads.namespace, limit=2, client=Expiring) == UsageUnknown(
        f"Images in use are not known: pods in the namespace {workloads.namespace} could not be listed: "
        "The provided continue parameter is too old"
    )


def test_no_answer_is_unknown(cluster: Cluster, namespace: str) -> None:
    class Silent(KubeClient):
        async def get(self, path: str, params: Any = None, timeout: float | None = None) -> Object:
            return await super().get(path, params, 0.000001 if path.endswith("cronjobs") else timeout)

    found = listed(cluster, client=Silent)
    assert isinstance(found, UsageUnknown)
    assert found.message.startswith("Images in use are not known: cronjobs could not be listed: no answer")
    assert not found.is_lasting


def test_one_kind_that_may_not_be_listed_leaves_all_unknown(workloads: Workloads, cluster: Cluster) -> None:
    kubeconfig = may_list(workloads, LISTED)
    until(
        cluster,
        lambda: isinstance(listed(cluster, workloads.namespace, kubeconfig=kubeconfig), Usage),
        "rights that suffice",
    )
    less = LISTED | {"apps": [plural for plural in LISTED["apps"] if plural != "replicasets"]}
    may_list(workloads, less)
    until(
        cluster,
        lambda: not isinstance(listed(cluster, workloads.namespace, kubeconfig=kubeconfig), Usage),
        "refusal",
    )
    assert listed(cluster, workloads.namespace, kubeconfig=kubeconfig) == UsageUnknown(
        f"Images in use are not known: the operator may not list replicasets in the namespace "
        f'{workloads.namespace}; give it the rule `{{apiGroups: ["apps"], resources: [replicasets], '
        "verbs: [list]}` by a Role",
        is_lasting=True,
    )
    assert listed(cluster, kubeconfig=kubeconfig) == UsageUnknown(
        "Images in use are not known: the operator may not list replicasets; give it the rule "
        '`{apiGroups: ["apps"], resources: [replicasets], verbs: [list]}` by its ClusterRole',
        is_lasting=True,
    )


def test_one_namespace_that_may_not_be_listed_leaves_all_unknown(
    workloads: Workloads, cluster: Cluster
) -> None:
    kubeconfig = may_list(workloads, LISTED)
    until(
        cluster,
        lambda: isinstance(listed(cluster, workloads.namespace, kubeconfig=kubeconfig), Usage),
        "rights that suffice",
    )
    found = listed(cluster, workloads.namespace, "default", kubeconfig=kubeconfig)
    assert isinstance(found, UsageUnknown)
    assert "may not list replicasets in the namespace default" in found.message


def may_list(workloads: Workloads, resources: Mapping[str, list[str]]) -> Any:
    """A kubeconfig with the right to list these in the namespace, and no other."""
    where, api = workloads.namespace, {"apiVersion": "rbac.authorization.k8s.io/v1"}
    metadata = {"name": "lister", "namespace": where}
    rules = [
        {"apiGroups": [group], "resources": plurals, "verbs": ["list"]}
        for group, plurals in resources.items()
    ]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lister"}
    subjects = [{"kind": "ServiceAccount", "name": "lister", "namespace": where}]
    for obj in (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        api | {"kind": "Role", "metadata": metadata, "rules": rules},
        api | {"kind": "RoleBinding", "metadata": metadata, "roleRef": reference, "subjects": subjects},
    ):
        workloads.cluster.apply(obj)
    return workloads.cluster.kubeconfig_of(where, "lister")
