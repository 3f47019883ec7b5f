"""One stored image: digest, tags, size, status.

Source: botocore's ecr model (ImageDetail): imageSizeInBytes is "the max size of all manifests in the list"
for a manifest list; the digest is "the sha256 digest of the image manifest"; the status is ACTIVE,
ARCHIVED, ACTIVATING.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.ecr.models import Image

from ..clock import CLOCK
from .backend import StoredRepository
from .scan import Scan

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(manifest: str) -> str:
    """The digest of a manifest."""
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


class StoredImage(Image):
    """moto's image with what moto leaves out."""

    def __init__(
        self,
        repository: StoredRepository,
        manifest: str,
        media_type: str | None = None,
        status: str = "ACTIVE",
        pushed_at: float | None = None,
        size: int | None = None,
    ) -> None:
        super().__init__(
            repository.account_id,
            None,  # type: ignore[arg-type]
            manifest,
            repository.name,
            media_type,
            digest_of(manifest),
        )
        content: dict[str, Any] = json.loads(manifest)
        self.sequence = next(repository.next_image)
        self.image_status = status
        self.image_pushed_at = CLOCK.time() if pushed_at is None else pushed_at  # type: ignore[assignment]
        self.last_recorded_pull_time: float | None = None
        self.last_archived_at: float | None = self.image_pushed_at if status != "ACTIVE" else None
        self.last_activated_at: float | None = None
        self.scans: dict[str, Scan] = {}
        self.children = tuple(child["digest"] for child in content.get("manifests", ()))
        self.artifact_media_type = content.get("artifactType") or (content.get("config") or {}).get(
            "mediaType"
        )
        self.subject_manifest_digest = (content.get("subject") or {}).get("digest")
        self.size = self._size_of(content, repository) if size is None else size

    def _size_of(self, content: dict[str, Any], repository: StoredRepository) -> int:
        """The compressed size: config and layers, or the largest child's."""
        if self.children:
            children = frozenset(self.children)
            return max((one.size for one in images_of(repository) if one.image_digest in children), default=0)
        parts = [content.get("config") or {}, *content.get("layers", ())]
        return sum(part.get("size", 0) for part in parts)

    @property
    def image_size_in_bytes(self) -> int:
        """The size that DescribeImages shows."""
        return self.size

    def add_tag(self, tag: str) -> None:
        """Give the image a tag."""
        self.image_tags.append(tag)
        self.image_tag = tag

    def drop_tag(self, tag: str) -> None:
        """Take a tag off; the image stays."""
        self.image_tags.remove(tag)
        self.image_tag = self.image_tags[-1] if self.image_tags else None  # type: ignore[assignment]

    def has_status(self, status: str) -> bool:
        """Whether a filter on the image status lets the image through."""
        return status in ("ANY", self.image_status)

    def has_tag_status(self, status: str) -> bool:
        """Whether a filter on the tag status lets the image through."""
        return status == "ANY" or (status == "TAGGED") == bool(self.image_tags)

    def detail(self) -> dict[str, Any]:
        """The image as DescribeImages shows it; an untagged one has no imageTags."""
        return {
            "registryId": self.registry_id,
            "repositoryName": self.repository_name,
            "imageDigest": self.image_digest,
            "imageTags": list(self.image_tags) or None,
            "imageSizeInBytes": self.size,
            "imagePushedAt": self.image_pushed_at,
            "imageManifestMediaType": self.image_manifest_media_type,
            "artifactMediaType": self.artifact_media_type,
            "lastRecordedPullTime": self.last_recorded_pull_time,
            "subjectManifestDigest": self.subject_manifest_digest,
            "imageStatus": self.image_status,
            "lastArchivedAt": self.last_archived_at,
            "lastActivatedAt": self.last_activated_at,
        }


def images_of(repository: StoredRepository) -> list[StoredImage]:
    """The images of a repository, in the order in which they were pushed."""
    return repository.images  # type: ignore[return-value]


def image_with_tag(repository: StoredRepository, tag: str) -> StoredImage | None:
    """The image that has a tag."""
    return next((image for image in images_of(repository) if tag in image.image_tags), None)


def image_with_digest(repository: StoredRepository, digest: str) -> StoredImage | None:
    """The image with a digest."""
    return next((image for image in images_of(repository) if image.image_digest == digest), None)
