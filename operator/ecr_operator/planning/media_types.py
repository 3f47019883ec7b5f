"""What the manifests of a repository are, as far as DescribeImages tells: ECR calls all of them images.

An index (OCI) or manifest list (Docker) has no artifact media type; that of another manifest is the type of
its configuration, or its `artifactType`. Sources: API reference of `ImageDetail`; OCI image specification 1.1
("Guidelines for Artifact Usage"); "Referrers Tag Schema" of the OCI distribution specification, whose tags
cosign extends for the signatures, attestations and SBOMs that it stores by tag.
"""

import re
from collections.abc import Collection
from typing import Final

INDEXES: Final = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
"""Media types of manifests that refer to other manifests."""
_MANIFESTS: Final = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
)
_CONFIGURATIONS: Final = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_ABOUT_ANOTHER: Final = re.compile(r"sha256-[0-9a-f]{64}(\.[a-z]+)?")


def is_container_image(
    manifest_type: str | None,
    artifact_type: str | None,
    tags: Collection[str] = (),
    subject: str | None = None,
) -> bool:
    """Whether it can be run: an image or an index of images, and no chart, signature, SBOM or cache.

    `manifest_type` and `artifact_type` are `imageManifestMediaType` and `artifactMediaType`; None: AWS does
    not say, which is no reason against it. `subject` is what a reference artifact is about. A signature that
    cosign stores by tag is told from an image by nothing but that tag.
    """
    if subject is not None or (tags and all(_ABOUT_ANOTHER.fullmatch(tag) for tag in tags)):
        return False
    if manifest_type is not None and manifest_type not in _MANIFESTS | INDEXES:
        return False
    return artifact_type is None or artifact_type in _CONFIGURATIONS
