"""What the shipped admission policy is tried with: EcrRepositories with a report, and Pods by many ways."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.cluster import KINDS, ApiError, Cluster, Kind, Object
from tests.kinds import path

ADMISSION = Path(__file__).parent.parent / "deploy" / "admission"
POLICY = "ecr-operator-scan-admission"
LABEL = "ecr-operator.dev/scan-admission"

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
BAD = "sha256:" + "b" * 64
GOOD = "sha256:" + "a" * 64
SENTINEL = "sentinel"

ACTIVE_SECONDS = 90.0
"""Seconds until a policy must act. Its API server looks for new kinds, of parameters too, every 30 s."""

KINDS |= {
    "StatefulSet": Kind("apps/v1", "statefulsets"),
    "DaemonSet": Kind("apps/v1", "daemonsets"),
    "ReplicaSet": Kind("apps/v1", "replicasets"),
    "ReplicationController": Kind("v1", "replicationcontrollers"),
    "Job": Kind("batch/v1", "jobs"),
}
WORKLOADS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
)
PLACES = ("container", "init container", "sidecar", "image volume")

_numbers = itertools.count()


def image(passed: str | None, tag: str | None = None, digest: str = BAD, **more: Any) -> Object:
    """One of `status.scan.images`."""
    found: Object = {"digest": digest, "passed": passed, "tag": tag} | more
    return {name: value for name, value in found.items() if value is not None}


BAD_IMAGE = image(
    "False",
    "1.2",
    status="COMPLETE",
    severityCounts={"CRITICAL": 3, "HIGH": 10},
    completedAt="2026-11-20T10:00:00Z",
)
BAD_LATEST = image("False", "latest", "sha256:" + "c" * 64)


def pod_spec(*images: str, place: str = "container", restart: str = "Always") -> Object:
    """A Pod's spec that has the images at one place; it has a container in any case."""
    containers = [{"name": f"c{number}", "image": one} for number, one in enumerate(images)]
    harmless: Object = {"containers": [{"name": "main", "image": "busybox:1"}], "restartPolicy": restart}
    if place == "container":
        return harmless | {"containers": containers}
    if place == "init container":
        return harmless | {"initContainers": containers}
    if place == "sidecar":
        return harmless | {"initContainers": [one | {"restartPolicy": "Always"} for one in containers]}
    volumes = [{"name": one["name"], "image": {"reference": one["image"]}} for one in containers]
    return harmless | {"volumes": volumes}


def pod(namespace: str, *images: str, place: str = "container", name: str = "tried") -> Object:
    """A Pod of the images."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec(*images, place=place)}


def workload(kind: str, namespace: str, *images: str, place: str = "container") -> Object:
    """An object of the kind whose Pods have the images, and that makes none by itself."""
    if kind == "Pod":
        return pod(namespace, *images, place=place)
    labels = {"app": "tried"}
    restart = "Never" if kind in ("Job", "CronJob") else "Always"
    template = {"metadata": {"labels": labels}, "spec": pod_spec(*images, place=place, restart=restart)}
    spec: Object = {"template": template}
    match kind:
        case "CronJob":
            spec = {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": spec}}
        case "Job":
            spec |= {"suspend": True}
            template["metadata"] = {}
        case "ReplicationController":
            spec |= {"selector": labels, "replicas": 0}
        case "DaemonSet":
            spec |= {"selector": {"matchLabels": labels}}
        case _:
            spec |= {"selector": {"matchLabels": labels}, "replicas": 0}
    metadata = {"name": "tried", "namespace": namespace}
    return {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, "spec": spec}


class Guarded:
    """A namespace with a value of the label, and what is reported in it."""

    def __init__(self, cluster: Cluster, name: str, mode: str | None) -> None:
        """Make the namespace, and wait until Pods can be created in it."""
        self.cluster = cluster
        self.name = name
        labels = {} if mode is None else {LABEL: mode}
        metadata = {"name": name, "labels": labels}
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        # Admission wants it, and it comes a moment after the namespace.
        cluster.wait_for("ServiceAccount", name, "default", bool)

    def report(self, name: str, *images: Object, host: str = HOST, repository: str | None = None) -> None:
        """An EcrRepository of the name with these reported images, seen by the policy if the mode is `deny`.

        Seen is it when an image that is reported beside the others, anew each time, is refused.
        """
        uri = f"{host}/{repository or name}"
        if self.cluster.find("EcrRepository", self.name, name) is None:
            self.cluster.create(
                {
                    "apiVersion": "ecr-operator.dev/v1alpha1",
                    "kind": "EcrRepository",
                    "metadata": {"name": name, "namespace": self.name},
                    "spec": {"repositoryName": repository} if repository else {},
                }
            )
        seen = f"{SENTINEL}-{next(_numbers)}"
        reported = [*images, image("False", seen, "sha256:" + "f" * 64)]
        scan = {"type": "BASIC", "images": reported}
        self.cluster.status_patch("EcrRepository", self.name, name, {"repositoryUri": uri, "scan": scan})
        if self.mode == "deny":
            self.wait_refused(f"{uri}:{seen}")

    @property
    def mode(self) -> str | None:
        """The value of the label."""
        found: str | None = (
            self.cluster.get("Namespace", None, self.name)["metadata"].get("labels", {}).get(LABEL)
        )
        return found

    def relabel(self, mode: str | None) -> None:
        """Change the label; the policy may see it a moment later."""
        self.cluster.merge_patch("Namespace", None, self.name, {"metadata": {"labels": {LABEL: mode}}})

    def wait_refused(self, reference: str) -> None:
        """Wait until a Pod of the image is refused: policies, labels and parameters are seen with a delay."""
        for _ in self.cluster.polls(ACTIVE_SECONDS):
            if self.refusal(pod(self.name, reference)):
                return
        raise AssertionError(f"{reference} is not refused in {self.name}")

    def refusal(self, obj: Object) -> str | None:
        """What the policy says against the creation of an object; None: it would be admitted."""
        try:
            self.cluster.request("POST", path(obj["kind"], self.name), obj, query={"dryRun": "All"})
        except ApiError as error:
            return said(error)
        return None


def said(error: ApiError) -> str:
    """The policy's message; any other error is raised again."""
    if error.status != 403 or f"'{POLICY}'" not in error.message:
        raise error
    return error.message


def install(cluster: Cluster, directory: Path = ADMISSION) -> Iterator[Cluster]:
    """Apply the policies as a person does, and take them away at the end."""
    cluster.kubectl("apply", "-k", str(directory))
    yield cluster
    cluster.kubectl("delete", "-k", str(directory))
