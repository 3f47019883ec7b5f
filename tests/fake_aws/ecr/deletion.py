"""BatchDeleteImage, one id at a time.

Source: API reference of BatchDeleteImage: "You can remove a tag from an image by specifying the image's tag
in your request. When you remove the last tag from an image, the image is deleted"; "You can completely
delete an image (and all of its tags) by specifying the image's digest"; the failure codes of botocore's
model (ImageFailureCode).
"""

from __future__ import annotations

import re
from typing import Any

from .backend import StoredRepository
from .image import StoredImage, image_with_digest, image_with_tag, images_of

DIGEST = re.compile(r"[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+")

ImageId = dict[str, str]


def failure(image_id: ImageId, code: str, reason: str) -> dict[str, Any]:
    """Why one id was not deleted."""
    return {"imageId": image_id, "failureCode": code, "failureReason": reason}


def delete_image(
    repository: StoredRepository, image_id: ImageId
) -> tuple[list[ImageId], dict[str, Any] | None]:
    """Delete what `image_id` names; returns the ids deleted, or the failure."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    if digest is None and tag is None:
        return [], failure(
            {}, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
        )
    if digest is not None and not DIGEST.fullmatch(digest):
        reason = f"Invalid request parameters: image digest should satisfy the regex '{DIGEST.pattern}'"
        return [], failure(image_id, "InvalidImageDigest", reason)
    image = image_with_digest(repository, digest) if digest else image_with_tag(repository, tag or "")
    if image is None:
        return [], failure(image_id, "ImageNotFound", "Requested image not found")
    if tag is not None and tag not in image.image_tags:
        return [], failure(image_id, "ImageTagDoesNotMatchDigest", "Image tag does not match image digest")
    if tag is not None and len(image.image_tags) > 1:
        image.drop_tag(tag)
        return [{"imageDigest": image.image_digest, "imageTag": tag}], None
    if parent := parent_of(repository, image):
        reason = f"Requested image referenced by manifest list: [{parent.image_digest}]"
        return [], failure(image_id, "ImageReferencedByManifestList", reason)
    remove_images(repository, [image])
    tags = list(image.image_tags)
    if not tags:
        return [{"imageDigest": image.image_digest}], None
    return [{"imageDigest": image.image_digest, "imageTag": one} for one in tags], None


def remove_images(repository: StoredRepository, images: list[StoredImage]) -> None:
    """Take images out of a repository, which remembers that they were there."""
    gone = {image.image_digest for image in images}
    images_of(repository)[:] = [one for one in images_of(repository) if one.image_digest not in gone]
    repository.deleted_digests |= gone


def parent_of(repository: StoredRepository, image: StoredImage) -> StoredImage | None:
    """A manifest list that holds `image`."""
    return next((one for one in images_of(repository) if image.image_digest in one.children), None)
