"""Our finalizer on an object, by JSON patch: an apply would create an object anew that is gone already."""

from typing import Any

from ecr_operator.api.names import FINALIZER
from ecr_operator.kube.client import Json, KubeClient
from ecr_operator.kube.errors import Gone, KubeError, Stale, says_absent
from ecr_operator.kube.paths import object_path

_CONFLICT = 409
_UNPROCESSABLE = 422


async def add_finalizer(client: KubeClient, obj: Json) -> Json:
    """The object with our finalizer on it; ``obj`` itself, without a call, if it is there already.

    Raises ``Stale`` when the object is no longer in the very state of ``obj`` (uid and resourceVersion), and
    ``Gone`` when it does not exist.
    """
    finalizers = _finalizers(obj)
    if FINALIZER in finalizers:
        return obj
    add: Json = {"op": "add", "path": "/metadata/finalizers/-", "value": FINALIZER}
    if not finalizers:
        # The server leaves an empty list out: there is nothing that "-" could append to.
        add = {"op": "add", "path": "/metadata/finalizers", "value": [FINALIZER]}
    try:
        return await client.json_patch(object_path(obj), [*_same(obj), add])
    except KubeError as error:
        if says_absent(error, obj["metadata"]["name"]):
            raise Gone(error.status, error.reason, error.message) from error
        raise _meaning(error) from error


async def remove_finalizer(client: KubeClient, obj: Json) -> bool:
    """Take our finalizer off; whether this call did it (False: it was not there, or the object is gone).

    The object has a new resourceVersion then, or has ceased to exist: write its status before.
    Raises ``Stale`` as ``add_finalizer`` does.
    """
    finalizers = _finalizers(obj)
    if FINALIZER not in finalizers:
        return False
    path = f"/metadata/finalizers/{finalizers.index(FINALIZER)}"
    take = [{"op": "test", "path": path, "value": FINALIZER}, {"op": "remove", "path": path}]
    try:
        await client.json_patch(object_path(obj), [*_same(obj), *take])
    except KubeError as error:
        if says_absent(error, obj["metadata"]["name"]):
            return False
        raise _meaning(error) from error
    return True


def _finalizers(obj: Json) -> list[str]:
    finalizers: list[str] = obj["metadata"].get("finalizers") or []
    return finalizers


def _same(obj: Json) -> list[dict[str, Any]]:
    """The operations that fail unless the object is still the one that was read."""
    return [
        {"op": "test", "path": f"/metadata/{field}", "value": obj["metadata"][field]}
        for field in ("uid", "resourceVersion")
    ]


def _meaning(error: KubeError) -> KubeError:
    # A failed test and a refused value are both 422; only the refused value names fields.
    if error.status == _CONFLICT or (error.status == _UNPROCESSABLE and not error.causes):
        return Stale(error.status, error.reason, error.message)
    return error
