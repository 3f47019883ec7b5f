"""Images and repositories that tests and the benchmark put in place without a call."""

from __future__ import annotations

import json
import secrets
from typing import Any

from .backend import StoredRegistry, StoredRepository
from .image import MANIFEST, StoredImage, image_with_digest, images_of
from .push import move_tag

DEFAULT_SIZE = 10_000_000
STATUSES = frozenset({"ACTIVE", "ARCHIVED", "ACTIVATING"})


def new_manifest(size: int) -> str:
    """A manifest that no other image has, of one layer."""
    config = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": random_digest(),
        "size": 1000,
    }
    layer = {
        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
        "digest": random_digest(),
        "size": max(0, size - 1000),
    }
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]})


def random_digest() -> str:
    """A digest of nothing."""
    return f"sha256:{secrets.token_hex(32)}"


def seed_image(
    registry: StoredRegistry,
    repository: str,
    tags: list[str] | None = None,
    status: str = "ACTIVE",
    pushed_at: float | None = None,
    pulled_at: float | None = None,
    size: int = DEFAULT_SIZE,
    manifest: str | None = None,
) -> dict[str, Any]:
    """Put an image in place, tags moved to it whatever the mutability; times are seconds since the epoch."""
    if status not in STATUSES:
        raise ValueError(f"status is one of {sorted(STATUSES)}")
    home = registry.repositories[repository]
    content = new_manifest(size) if manifest is None else manifest
    media_type = json.loads(content).get("mediaType", MANIFEST)
    image = StoredImage(home, content, media_type, status, pushed_at, size if manifest is None else None)
    if image_with_digest(home, image.image_digest):
        raise ValueError(f"{repository} already holds {image.image_digest}")
    image.last_recorded_pull_time = pulled_at
    images_of(home).append(image)
    for tag in tags or ():
        move_tag(home, tag, image)
    return {"imageDigest": image.image_digest, "imageTags": list(image.image_tags), "imageManifest": content}


def seed_repository(
    registry: StoredRegistry,
    name: str,
    tags: dict[str, str] | None = None,
    mutability: str = "MUTABLE",
    scan_on_push: bool = False,
    lifecycle_policy: str | None = None,
    policy: str | None = None,
) -> StoredRepository:
    """Put a repository in place."""
    repository = registry.create_repository(
        repository_name=name,
        registry_id=None,
        encryption_config=None,
        image_scan_config={"scanOnPush": scan_on_push},
        image_tag_mutability=mutability,
        image_tag_mutability_exclusion_filters=None,
        tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )
    repository.lifecycle_policy = lifecycle_policy
    repository.policies.replace(policy)
    return repository
