"""moto's ECR backend of one account and region, with what AWS keeps and moto does not."""

from __future__ import annotations

import itertools
import time
from typing import Any

from moto.ecr import models
from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ECRBackend, Repository, ecr_backends

from ..aws_error import invalid_parameter
from ..behaviour import BEHAVIOUR
from ..clock import CLOCK
from ..model import ecr_model
from ..tagging.history import TagHistory
from . import tags as tag_rules
from .policy_history import PolicyHistory
from .previews import Preview


class StoredRepository(Repository):
    """A repository that knows its place in the listing, and whether it is visible yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.created_at = CLOCK.naive()
        self.sequence = 0
        self.created_monotonic = time.monotonic()
        self.next_image = itertools.count(1)
        self.policies = PolicyHistory()
        self.lifecycle_evaluated_at = 0.0
        self.deleted_digests: set[str] = set()
        self.preview: Preview | None = None

    def is_visible(self) -> bool:
        """Whether the creation has spread (terraform-provider-aws#3849 quotes AWS: Describe may not find it
        yet).
        """
        return time.monotonic() >= self.created_monotonic + BEHAVIOUR.propagation


class StoredRegistry(ECRBackend):
    """The registry of one account and region."""

    repositories: dict[str, StoredRepository]  # type: ignore[assignment]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tag_history = TagHistory()
        self.scan_starts: list[float] = []
        self.pull_exclusions: dict[str, float] = {}
        self._sequence = itertools.count(1)

    def _get_repository(self, name: str, registry_id: str | None = None) -> StoredRepository:
        repository = self.repositories.get(name)
        if repository is None or not repository.is_visible():
            raise RepositoryNotFoundException(name, registry_id or self.account_id)
        return repository

    def create_repository(self, *args: Any, **kwargs: Any) -> StoredRepository:
        """Create a repository whose parameters are already checked and resolved."""
        repository: StoredRepository = super().create_repository(*args, **kwargs)  # type: ignore[assignment]
        repository.sequence = next(self._sequence)
        self.tag_history.record(repository.arn, self.tags_of(repository))
        return repository

    def delete_repository(
        self, repository_name: str, registry_id: str | None = None, force: bool = False
    ) -> StoredRepository:
        """Delete; without `force` only a repository without images of any status."""
        repository: StoredRepository = super().delete_repository(repository_name, registry_id, force)  # type: ignore[assignment]
        self.tag_history.record(repository.arn, None)
        return repository

    def visible_repositories(self) -> list[StoredRepository]:
        """All repositories that have spread, in order of creation."""
        return [repository for repository in self.repositories.values() if repository.is_visible()]

    def repository_of(self, arn: str) -> StoredRepository:
        """The repository that an ARN names; an ARN of another region is malformed here (inferred)."""
        parsed = self._parse_resource_arn(arn)
        if parsed.region != self.region_name:
            raise invalid_parameter("resourceArn", "Invalid ARN")
        return self._get_repository(parsed.repo_name, parsed.account_id)

    def tags_of(self, repository: Repository) -> dict[str, str]:
        """The tags that a repository has now."""
        return self.tagger.get_tag_dict_for_resource(repository.arn)

    def tag_resource(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Merge tags into those that the repository has."""
        added = tag_rules.checked(tags)
        repository = self.repository_of(arn)
        self._replace_tags(repository, tag_rules.merged(self.tags_of(repository), added))

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Take tags off by key; a key that is not there is no error."""
        for key in tag_keys:
            tag_rules.check_key(key)
        repository = self.repository_of(arn)
        self._replace_tags(
            repository, {key: value for key, value in self.tags_of(repository).items() if key not in tag_keys}
        )

    def _replace_tags(self, repository: StoredRepository, tags: dict[str, str]) -> None:
        self.tagger.tags[repository.arn] = dict(tags)
        self.tag_history.record(repository.arn, tags)


def registry_of(account: str, region: str) -> StoredRegistry:
    """The registry of an account and region."""
    registry = ecr_backends[account][region]
    assert isinstance(registry, StoredRegistry)
    return registry


def install() -> None:
    """Put ours in the place of moto's, before any account exists."""
    name = ecr_model().shape_for("RepositoryName")
    models.ECR_REPOSITORY_NAME_PATTERN = name.metadata["pattern"]
    models.Repository = StoredRepository  # type: ignore[misc]
    ecr_backends.backend = StoredRegistry
