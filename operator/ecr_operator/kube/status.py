"""The one write of an object's status."""

from typing import Any

from ecr_operator.kube.client import Json, KubeClient
from ecr_operator.kube.errors import Gone, KubeError, Stale, says_absent
from ecr_operator.kube.paths import object_path

_CONFLICT = 409


async def write_status(client: KubeClient, obj: Json, status: Json) -> Json:
    """Make ``status`` the whole status of ``obj``; returns the object with it, as the server answered.

    No call, and ``obj`` itself, when it has that status already. Fields that we wrote before and that
    ``status`` leaves out (or holds as None) are removed.

    Raises ``Stale`` when the object has changed since ``obj`` was read (its resourceVersion is the fence:
    the status subresource does not look at the uid), and ``Gone`` when there is none. Nothing is written
    then, and no object is created.
    """
    wanted = _without_none(status)
    if same_status(obj.get("status"), wanted):
        return obj
    metadata = obj["metadata"]
    fence = {field: metadata[field] for field in ("name", "uid", "resourceVersion")}
    if metadata.get("namespace"):
        fence["namespace"] = metadata["namespace"]
    body = {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "metadata": fence,
        "status": wanted,
    }
    try:
        return await client.apply(object_path(obj, "status"), body)
    except KubeError as error:
        if error.status == _CONFLICT:
            raise Stale(error.status, error.reason, error.message) from error
        if says_absent(error, metadata["name"]):
            raise Gone(error.status, error.reason, error.message) from error
        raise


def same_status(one: Json | None, other: Json | None) -> bool:
    """Whether two statuses say the same: None is absent, and conditions have no order."""
    return _comparable(one) == _comparable(other)


def _comparable(status: Json | None) -> Json:
    result: Json = _without_none(status or {})
    conditions = result.get("conditions")
    if conditions is not None:
        result = {**result, "conditions": {condition.get("type"): condition for condition in conditions}}
    return result


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value
