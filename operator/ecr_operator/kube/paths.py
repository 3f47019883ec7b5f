"""Where the API server keeps things: paths of collections and objects."""

from collections.abc import Mapping
from typing import Any


def resource_path(
    api_version: str,
    plural: str,
    namespace: str | None = None,
    name: str | None = None,
    subresource: str | None = None,
) -> str:
    """The path of a collection (``name`` None) or object; without ``namespace`` over all namespaces.

    >>> resource_path("v1", "secrets", "team-a", "ecr")
    '/api/v1/namespaces/team-a/secrets/ecr'
    """
    parts = ["/apis" if "/" in api_version else "/api", api_version]
    if namespace:
        parts += ["namespaces", namespace]
    parts += filter(None, (plural, name, subresource))
    return "/".join(parts)


def object_path(obj: Mapping[str, Any], subresource: str | None = None) -> str:
    """The path of ``obj``, which has ``apiVersion``, ``kind`` and ``metadata``."""
    metadata = obj["metadata"]
    return resource_path(
        obj["apiVersion"], _plural(obj["kind"]), metadata.get("namespace"), metadata["name"], subresource
    )


def _plural(kind: str) -> str:
    """The resource of ``kind``; Kubernetes guesses it in the same way where nobody names it."""
    singular = kind.lower()
    if singular.endswith("s"):
        return singular + "es"
    return singular[:-1] + "ies" if singular.endswith("y") else singular + "s"
