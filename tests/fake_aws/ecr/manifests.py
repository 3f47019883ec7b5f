"""Manifests that tests put in place: of images, of indexes, of charts, of what refers to another image.

Source: OCI image specification 1.1, "Image manifest" and "Image index" (`config`, `layers`, `manifests`,
`artifactType`, `subject`); helm's media types for a chart (``application/vnd.cncf.helm.config.v1+json``).
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from .image import MANIFEST, StoredImage

INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"
CONFIG_SIZE = 1000


def random_digest() -> str:
    """A digest of nothing."""
    return f"sha256:{secrets.token_hex(32)}"


def image_manifest(
    size: int,
    media_type: str = MANIFEST,
    artifact_media_type: str | None = None,
    subject: str | None = None,
    layer_media_type: str = LAYER,
) -> str:
    """A manifest that no other image has, of one layer, `size` bytes in all.

    The artifact's media type is that of the config (an image, a chart); of what refers to a `subject` (a
    signature, an SBOM) it is the `artifactType`.
    """
    refers = subject is not None and artifact_media_type is not None
    config = {
        "mediaType": EMPTY if refers else artifact_media_type or CONFIG,
        "digest": random_digest(),
        "size": min(size, CONFIG_SIZE),
    }
    layer = {"mediaType": layer_media_type, "digest": random_digest(), "size": max(0, size - CONFIG_SIZE)}
    content = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer]}
    if refers:
        content["artifactType"] = artifact_media_type
    return json.dumps(referring(content, subject))


def index_manifest(
    children: list[tuple[StoredImage, dict[str, Any]]],
    media_type: str = INDEX,
    artifact_media_type: str | None = None,
    subject: str | None = None,
) -> str:
    """An index of `children` that no other image has; each with what the index says beside its digest."""
    content: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [
            {
                "mediaType": child.image_manifest_media_type,
                "digest": child.image_digest,
                "size": len(child.image_manifest),
                **beside,
            }
            for child, beside in children
        ],
        "annotations": {"org.example.unique": secrets.token_hex(16)},
    }
    if artifact_media_type is not None:
        content["artifactType"] = artifact_media_type
    return json.dumps(referring(content, subject))


def referring(content: dict[str, Any], subject: str | None) -> dict[str, Any]:
    """The manifest with its subject, if it has one."""
    if subject is None:
        return content
    return {**content, "subject": {"mediaType": MANIFEST, "digest": subject, "size": 1}}
