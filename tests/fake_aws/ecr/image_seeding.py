"""Images that tests and the benchmark put in place without a call: of any age, status, size and kind."""

from __future__ import annotations

import json
from typing import Any

from ..clock import CLOCK
from .backend import StoredRegistry, StoredRepository
from .image import MANIFEST, StoredImage, images_of
from .image_lookup import Lookup
from .manifests import INDEX, LAYER, image_manifest, index_manifest
from .scanning import scan_pushed

DEFAULT_SIZE = 10_000_000
STATUSES = frozenset({"ACTIVE", "ARCHIVED", "ACTIVATING"})


def seed_image(
    registry: StoredRegistry,
    repository: str,
    tags: list[str] | None = None,
    status: str = "ACTIVE",
    age: float | None = None,
    pushed_at: float | None = None,
    pulled_at: float | None = None,
    archived_at: float | None = None,
    activated_at: float | None = None,
    size: int | None = None,
    manifest: str | None = None,
    media_type: str | None = None,
    artifact_media_type: str | None = None,
    children: list[str | dict[str, Any]] | None = None,
    subject: str | None = None,
    layer_media_type: str | None = None,
) -> dict[str, Any]:
    """Put an image in place, tags moved to it whatever the mutability.

    Times are seconds since the epoch; `age` says the push in seconds before now. `children` are digests of
    images that are there: the image is their index, and as large as the largest; a child may be an object of
    its `digest` and what the index says of it (`platform`, `annotations`). `subject` is the digest of what it
    refers to, there or not. `size` None is that of the children or of `manifest`, else 10 MB. What is not
    ACTIVE was archived at its push, unless `archived_at` says when. It is scanned at its push if the
    repository says so.
    """
    if status not in STATUSES:
        raise ValueError(f"status is one of {sorted(STATUSES)}")
    if age is not None:
        if pushed_at is not None:
            raise ValueError("age or pushed_at")
        pushed_at = CLOCK.time() - age
    lookup = Lookup(registry.repositories[repository])
    if manifest is not None:
        if any(
            one is not None for one in (media_type, artifact_media_type, children, subject, layer_media_type)
        ):
            raise ValueError("the manifest says its media types, children and subject itself")
        media_type = json.loads(manifest).get("mediaType", MANIFEST)
    elif children is not None:
        media_type = media_type or INDEX
        parts = [child_of(lookup, child) for child in children]
        manifest = index_manifest(parts, media_type, artifact_media_type, subject)
    else:
        media_type = media_type or MANIFEST
        size = DEFAULT_SIZE if size is None else size
        manifest = image_manifest(size, media_type, artifact_media_type, subject, layer_media_type or LAYER)
    image = StoredImage(lookup.repository, manifest, media_type, status, pushed_at, size)
    if image.image_digest in lookup.by_digest:
        raise ValueError(f"{repository} already holds {image.image_digest}")
    image.last_recorded_pull_time = pulled_at
    image.last_activated_at = activated_at
    if archived_at is not None:
        image.last_archived_at = archived_at
    lookup.add(image, tags)
    scan_pushed(lookup.repository, image)
    return {"imageDigest": image.image_digest, "imageTags": list(image.image_tags), "imageManifest": manifest}


def child_of(lookup: Lookup, child: str | dict[str, Any]) -> tuple[StoredImage, dict[str, Any]]:
    """An image that an index holds, and what the index says of it beside its digest."""
    said = {"digest": child} if isinstance(child, str) else child
    if wrong := set(said) - {"digest", "platform", "annotations"}:
        raise ValueError(f"a child has a digest, a platform and annotations, no {', '.join(sorted(wrong))}")
    image = lookup.by_digest.get(said["digest"])
    if image is None:
        raise ValueError(f"{lookup.repository.name} has no {said['digest']}")
    return image, said


def seed_images(
    registry: StoredRegistry,
    repository: str,
    number: int,
    every: float = 3600.0,
    newest_age: float = 0.0,
    tags: list[str] | None = None,
    size: int = DEFAULT_SIZE,
) -> None:
    """Put `number` plain images in place, the oldest first, pushed `every` so many seconds.

    Each gets `tags`, in which ``{n}`` is its number from 1 (at start ``v{n}``; none: untagged).
    """
    patterns = ["v{n}"] if tags is None else tags
    lookup = Lookup(registry.repositories[repository])
    newest = CLOCK.time() - newest_age
    for n in range(1, number + 1):
        pushed_at = newest - (number - n) * every
        manifest = image_manifest(size)
        image = StoredImage(lookup.repository, manifest, MANIFEST, pushed_at=pushed_at, size=size)
        lookup.add(image, [pattern.replace("{n}", str(n)) for pattern in patterns])
        scan_pushed(lookup.repository, image)


def age_image(image: StoredImage, seconds: float) -> None:
    """Move all times of an image into the past."""
    image.image_pushed_at -= seconds  # type: ignore[assignment]
    if image.last_recorded_pull_time is not None:
        image.last_recorded_pull_time -= seconds
    if image.last_archived_at is not None:
        image.last_archived_at -= seconds
    if image.last_activated_at is not None:
        image.last_activated_at -= seconds
    for scan in image.scans.values():
        scan.age(seconds)


def age_repository(repository: StoredRepository, seconds: float) -> int:
    """Move all times of all images into the past; how many images."""
    images = images_of(repository)
    for image in images:
        age_image(image, seconds)
    return len(images)
