"""Which images an object names: a Pod, or one that holds a template of Pods."""

from collections.abc import Iterator
from typing import Any, Final

from ecr_operator.kube.client import Json
from ecr_operator.planning.usage import UsageBuilder, Workload

_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
_STATUSES: Final = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


def read_pod(usage: UsageBuilder, pod: Json) -> None:
    """Take in what a Pod asks for, and what its node has pulled for it."""
    workload = owner_of(pod) or workload_of("Pod", pod)
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    containers, volumes = dict(_containers(spec)), dict(_volumes(spec))
    for image in (*containers.values(), *volumes.values()):
        usage.add(workload, image)
    for field in _STATUSES:
        for container in status.get(field) or ():
            usage.add_pulled(workload, containers.get(container["name"], ""), container.get("imageID") or "")
            for mount in container.get("volumeMounts") or ():
                # Kubernetes 1.35 and later say what was pulled for an image volume.
                if pulled := at(mount, "volumeStatus", "image", "imageRef"):
                    usage.add_pulled(workload, volumes.get(mount["name"], ""), pulled)


def read_template(usage: UsageBuilder, workload: Workload, template: Any) -> None:
    """Take in what Pods made from a template will ask for. What is none is passed over."""
    spec = at(template, "spec")
    if isinstance(spec, dict):
        for _, image in (*_containers(spec), *_volumes(spec)):
            usage.add(workload, image)


def workload_of(kind: str, obj: Json) -> Workload:
    """The object itself as a workload; lists do not say the kind of their items."""
    metadata = obj["metadata"]
    return Workload(metadata["namespace"], kind, metadata["name"])


def owner_of(obj: Json) -> Workload | None:
    """The controller of an object."""
    metadata = obj["metadata"]
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            return Workload(metadata["namespace"], owner["kind"], owner["name"])
    return None


def at(value: Any, *path: str) -> Any:
    """What is at a path of member names; None where nothing is.

    No schema keeps the data of a ControllerRevision in order.
    """
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _containers(spec: Json) -> Iterator[tuple[str, str]]:
    """Name and image of each container."""
    for field in _CONTAINERS:
        yield from _named(spec, field, "image")


def _volumes(spec: Json) -> Iterator[tuple[str, str]]:
    """Name and reference of each image volume."""
    yield from _named(spec, "volumes", "image", "reference")


def _named(spec: Json, field: str, *image: str) -> Iterator[tuple[str, str]]:
    items = spec.get(field)
    for item in items if isinstance(items, list) else ():
        text = at(item, *image)
        if isinstance(text, str):
            yield str(item.get("name")), text
