"""CreateRepository, DescribeRepositories, PutImageTagMutability: what moto does not check or leaves out.

Source: the API reference of each operation, botocore's ecr model.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from ..answering import Answering
from . import mutability, tags
from .backend import StoredRegistry, StoredRepository
from .encryption import encryption_of
from .pagination import page, refuse_paging


def filters_of(repository: StoredRepository) -> list[dict[str, str]] | None:
    """The exclusion filters that a repository has; none at all is said by leaving the member out."""
    return repository.image_tag_mutability_exclusion_filters or None  # type: ignore[return-value]


class RepositoryOperations(Answering):
    """The operations on repositories themselves."""

    ecr_backend: StoredRegistry

    def create_repository(self) -> ActionResult:
        """Create, after all that AWS checks: tags, filters, the key, the name's being free."""
        asked = self.parameters
        wanted = tags.merged({}, tags.checked(asked.get("tags", ())))
        filters = asked.get("imageTagMutabilityExclusionFilters")
        mutability.check_exclusions(asked.get("imageTagMutability"), filters)
        encryption = None
        if asked["repositoryName"] not in self.ecr_backend.repositories:
            encryption = encryption_of(
                asked.get("encryptionConfiguration"), self.current_account, self.region
            )
        repository = self.ecr_backend.create_repository(
            repository_name=asked["repositoryName"],
            registry_id=None,
            encryption_config=encryption,
            image_scan_config={"scanOnPush": False, **(asked.get("imageScanningConfiguration") or {})},
            image_tag_mutability=asked.get("imageTagMutability"),
            image_tag_mutability_exclusion_filters=filters,
            tags=[{"Key": key, "Value": value} for key, value in wanted.items()],
        )
        return ActionResult({"repository": repository})

    def describe_repositories(self) -> ActionResult:
        """Describe by name (one unknown name fails the call) or page by page."""
        names: list[str] | None = self.parameters.get("repositoryNames")
        if names is not None:
            refuse_paging(self.parameters, "repositories with repositoryNames")
            found = [self.ecr_backend._get_repository(name) for name in dict.fromkeys(names)]
            return ActionResult({"repositories": found})
        repositories, token = page(
            self.ecr_backend.visible_repositories(),
            lambda one: one.sequence,
            "DescribeRepositories",
            self.parameters,
        )
        return ActionResult({"repositories": repositories, "nextToken": token})

    def put_image_tag_mutability(self) -> ActionResult:
        """Set the mutability; the filters are those of the request, and gone without any."""
        asked = self.parameters
        filters = asked.get("imageTagMutabilityExclusionFilters")
        mutability.check_exclusions(asked["imageTagMutability"], filters)
        repository = self.ecr_backend._get_repository(asked["repositoryName"])
        repository.image_tag_mutability = asked["imageTagMutability"]
        repository.image_tag_mutability_exclusion_filters = filters
        answer: dict[str, Any] = {
            "registryId": repository.registry_id,
            "repositoryName": repository.name,
            "imageTagMutability": repository.image_tag_mutability,
            "imageTagMutabilityExclusionFilters": filters_of(repository),
        }
        return ActionResult(answer)
