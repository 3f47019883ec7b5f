"""GetResources for ECR repositories, with AWS's filters, pages and refusals.

Source: API reference of GetResources (quoted in botocore's model): 1 to 100 resources a page, TagsPerPage
100 to 500, ResourceARNList not beside any other parameter, a PaginationToken "is valid for a maximum of 15
minutes". The answer to the last page carries an empty PaginationToken, as AWS's does.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import make_tag_matcher, match_resource_type
from moto.core.responses import ActionResult
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from ..answering import Answering
from ..aws_error import AwsError
from ..behaviour import BEHAVIOUR
from ..ecr.backend import registry_of
from .history import Tags

MOST_RESOURCES = 100
TOKEN_LIFE = 15 * 60
ECR_TYPE = "ecr:repository"

Found = tuple[str, Tags]

PAGES: dict[str, tuple[float, str, list[Found]]] = {}
"""What is left to return, by token: the moment of issue, the account and region, and the resources."""


def refused(message: str) -> AwsError:
    """The tagging API's InvalidParameterException."""
    return AwsError("InvalidParameterException", message)


def within(parameters: dict[str, Any], name: str, least: int, most: int) -> int | None:
    """An optional number of the request, refused outside its documented range."""
    number = parameters.get(name)
    if number is not None and not least <= number <= most:
        raise refused(f"{name} must be between {least} and {most}")
    return number


class TaggingResponse(Answering, ResourceGroupsTaggingAPIResponse):
    """moto's tagging API, with the ECR repositories that moto leaves out."""

    def get_resources(self) -> ActionResult:
        """List the tagged and formerly tagged resources of the account and region."""
        asked = self.parameters
        per_page = within(asked, "ResourcesPerPage", 1, MOST_RESOURCES) or MOST_RESOURCES
        tags_per_page = within(asked, "TagsPerPage", 100, 500)
        arns = asked.get("ResourceARNList")
        if arns is not None and any(
            asked.get(name) for name in set(asked) - {"ResourceARNList", "IncludeComplianceDetails"}
        ):
            raise refused("ResourceARNList can't be combined with filters or pagination parameters")
        if BEHAVIOUR.page_size is not None:
            per_page = min(per_page, BEHAVIOUR.page_size)
        token = asked.get("PaginationToken")
        left = self._continued(token) if token else list(self._matching(asked))
        page, rest = self._cut(left, per_page, tags_per_page)
        mappings = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for arn, tags in page
        ]
        return ActionResult(
            {"ResourceTagMappingList": mappings, "PaginationToken": self._issued(rest) if rest else ""}
        )

    def _matching(self, asked: dict[str, Any]) -> Iterator[Found]:
        """All resources that the filters let through: ours, then those of moto's other services."""
        filters = asked.get("TagFilters")
        for one in filters or ():
            if not one.get("Key"):
                raise refused("TagFilters must have a key")
        types = asked.get("ResourceTypeFilters")
        arns = asked.get("ResourceARNList")
        has_tags = make_tag_matcher(filters)
        if match_resource_type(ECR_TYPE, types):
            for arn, tags in registry_of(self.current_account, self.region).tag_history.visible():
                if has_tags(tags) and (arns is None or arn in arns):
                    yield arn, tags
        for other in self.backend._get_resources_generator(filters, types, arns):
            yield other.arn, other.tags

    def _continued(self, token: str) -> list[Found]:
        """What `token` has left to return."""
        issued, owner, left = PAGES.get(token, (0.0, "", []))
        if owner != self._owner():
            raise refused("Invalid pagination token")
        if issued < time.monotonic() - TOKEN_LIFE:
            raise AwsError("PaginationTokenExpiredException", "The pagination token has expired")
        return left

    def _issued(self, left: list[Found]) -> str:
        """A token for the resources that are left; tokens that have expired twice over are dropped."""
        now = time.monotonic()
        for token in [token for token, (issued, _, _) in PAGES.items() if issued < now - 2 * TOKEN_LIFE]:
            del PAGES[token]
        token = secrets.token_urlsafe(48)
        PAGES[token] = (now, self._owner(), left)
        return token

    def _owner(self) -> str:
        return f"{self.current_account}/{self.region}"

    @staticmethod
    def _cut(found: list[Found], resources: int, tags: int | None) -> tuple[list[Found], list[Found]]:
        """Split off one page. A resource's tags are never split; one without tags counts as one tag."""
        end = min(resources, len(found))
        if tags is not None:
            total = 0
            for number, (_, own) in enumerate(found[:end]):
                total += max(1, len(own))
                if total > tags:
                    end = max(1, number)
                    break
        return found[:end], found[end:]
