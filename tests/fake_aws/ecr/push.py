"""PutImage: what a push of a manifest does to the images and their tags.

Source: API reference of PutImage and its errors; User Guide, "Preventing image tags from being overwritten"
and "Archiving an image" (a re-push of an archived image restores it); a moved tag leaves its old image
untagged. Not checked: that the layers of a manifest have been uploaded (LayersNotFoundException).
"""

from __future__ import annotations

import json
from typing import Any

from ..aws_error import AwsError, invalid_parameter
from ..clock import CLOCK
from .backend import StoredRepository
from .image import StoredImage, digest_of, image_with_digest, image_with_tag, images_of
from .mutability import may_move
from .scanning import scan_pushed


def parsed(manifest: str) -> dict[str, Any]:
    """A manifest's content."""
    try:
        content = json.loads(manifest)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise invalid_parameter("ImageManifest", "Invalid JSON syntax")
    return content


def push(
    repository: StoredRepository,
    manifest: str,
    tag: str | None = None,
    media_type: str | None = None,
    digest: str | None = None,
) -> StoredImage:
    """Store a manifest under its digest, and move `tag` to it."""
    content = parsed(manifest)
    media_type = media_type or content.get("mediaType")
    if media_type is None:
        raise invalid_parameter(
            "ImageManifest", "image manifest mediatype not provided in manifest or parameter"
        )
    own_digest = digest_of(manifest)
    if digest not in (None, own_digest):
        raise AwsError(
            "ImageDigestDoesNotMatchException",
            f"The image digest '{digest}' does not match the digest calculated by ECR '{own_digest}'",
        )
    check_children(repository, content)
    image = image_with_digest(repository, own_digest)
    if image is not None and (tag is None or tag in image.image_tags) and image.image_status == "ACTIVE":
        raise already_exists(repository, image, tag)
    if tag is not None:
        check_tag(repository, tag, image)
    if image is None:
        image = StoredImage(repository, manifest, media_type)
        images_of(repository).append(image)
        scan_pushed(repository, image)
    elif image.image_status != "ACTIVE":
        image.image_status = "ACTIVE"
        image.last_activated_at = CLOCK.time()
        image.scans.clear()
        scan_pushed(repository, image)
    if tag is not None:
        move_tag(repository, tag, image)
    return image


def move_tag(repository: StoredRepository, tag: str, image: StoredImage) -> None:
    """Give `tag` to `image` alone."""
    holder = image_with_tag(repository, tag)
    if holder is image:
        return
    if holder is not None:
        holder.drop_tag(tag)
    image.add_tag(tag)


def check_tag(repository: StoredRepository, tag: str, image: StoredImage | None) -> None:
    """Refuse to take an immutable tag from the image that has it."""
    holder = image_with_tag(repository, tag)
    if holder is None or holder is image:
        return
    filters: Any = repository.image_tag_mutability_exclusion_filters
    if not may_move(tag, repository.image_tag_mutability, filters):
        raise AwsError(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
            "overwritten because the tag is immutable.",
        )


def check_children(repository: StoredRepository, content: dict[str, Any]) -> None:
    """Refuse a manifest list whose manifests are not there."""
    children = [child["digest"] for child in content.get("manifests", ())]
    missing = [child for child in children if image_with_digest(repository, child) is None]
    if missing:
        raise AwsError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '{missing}' required for pushing image into repository with name "
            f"'{repository.name}' in the registry with id '{repository.registry_id}' do not exist",
        )


def already_exists(repository: StoredRepository, image: StoredImage, tag: str | None) -> AwsError:
    """The error for a push that changes nothing."""
    return AwsError(
        "ImageAlreadyExistsException",
        f"Image with digest '{image.image_digest}' and tag '{tag or 'null'}' already exists in the "
        f"repository with name '{repository.name}' in registry with id '{repository.registry_id}'",
    )
