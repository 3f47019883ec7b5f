"""How near a repository is to the number of images that ECR lets it hold.

At the quota "Images per repository" (100,000 active images unless AWS has raised it) a push is answered with
403 Forbidden, which reads like a lack of permission.
"""

from dataclasses import dataclass
from typing import Final

from ecr_operator.planning.inventory import Inventory

NEAR_PERCENT: Final = 90
"""Of the quota: from here on a repository is near it."""

_RELIEF: Final = (
    'Archive or delete images, by a lifecycle policy for example, or have the quota "Images per repository" '
    "raised in Service Quotas and set ECR_OPERATOR_IMAGE_QUOTA to the new value"
)


@dataclass(frozen=True, slots=True)
class NearQuota:
    """For the condition `NearImageQuota`."""

    message: str


@dataclass(frozen=True, slots=True)
class QuotaReached:
    """For the condition `QuotaReached`."""

    message: str


def quota(inventory: Inventory, limit: int) -> NearQuota | QuotaReached | None:
    """Where the repository stands at a quota of `limit` active images (1 or more); None: far from it.

    The messages change with each whole percent, not with each push.
    """
    percent = inventory.active_count * 100 // limit
    if inventory.active_count >= limit:
        return QuotaReached(
            f"The repository has reached its quota of {limit:,} active images: Amazon ECR answers pushes "
            f"with 403 Forbidden. {_RELIEF}"
        )
    if percent >= NEAR_PERCENT:
        return NearQuota(
            f"The repository holds {percent} % of its quota of {limit:,} active images: when it is reached, "
            f"Amazon ECR answers pushes with 403 Forbidden. {_RELIEF}"
        )
    return None
