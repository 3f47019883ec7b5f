"""Repositories that tests and the benchmark put in place without a call."""

from __future__ import annotations

from .backend import StoredRegistry, StoredRepository


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
