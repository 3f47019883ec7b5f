"""What an image index (or manifest list) refers to.

Sources: "OCI Image Index Specification" of the OCI image specification 1.1; "Attestation storage" of
BuildKit, which stores provenance and SBOMs as further manifests of the index, for the platform
unknown/unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ecr_operator.planning.media_types import is_container_image

_UNKNOWN: Final = "unknown"
_ATTESTATION: Final = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class IndexChild:
    """A manifest that an index refers to."""

    digest: str
    is_image: bool = True
    """Whether it can be run: no attestation, signature or other artifact."""


def children_in(manifest: Mapping[str, Any]) -> tuple[IndexChild, ...]:
    """What the index `manifest` refers to, in its order."""
    return tuple(
        IndexChild(one["digest"], _is_image(one))
        for one in manifest.get("manifests") or ()
        if isinstance(one, Mapping) and one.get("digest")
    )


def _is_image(descriptor: Mapping[str, Any]) -> bool:
    platform = descriptor.get("platform") or {}
    if (platform.get("os"), platform.get("architecture")) == (_UNKNOWN, _UNKNOWN):
        return False
    if _ATTESTATION in (descriptor.get("annotations") or {}):
        return False
    return is_container_image(descriptor.get("mediaType"), descriptor.get("artifactType"))
