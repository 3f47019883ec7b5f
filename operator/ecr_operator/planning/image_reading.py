"""What one look at the images of a repository has shown, and how a status says it."""

from dataclasses import dataclass
from datetime import datetime

from ecr_operator.api.meta import ConditionStatus
from ecr_operator.api.repository_status import (
    EcrRepositoryStatus,
    LatestImage,
    RepositoryImages,
    RepositoryInUse,
)
from ecr_operator.planning.image_quota import NearQuota, QuotaReached, quota
from ecr_operator.planning.inventory import Inventory
from ecr_operator.planning.lifecycle_risk import Risk
from ecr_operator.planning.status import with_condition
from ecr_operator.planning.storage_cost import Prices, monthly_cost
from ecr_operator.reasons import Reason

AT_RISK = "ImagesAtRisk"
NEAR_QUOTA, QUOTA_REACHED = "NearImageQuota", "QuotaReached"
"""Types of conditions that are there only while they are True."""


@dataclass(frozen=True, slots=True)
class ImageReading:
    """`at` is the time of the look."""

    at: datetime
    inventory: Inventory
    in_use: RepositoryInUse | None = None
    """None: it is not known who uses them."""
    replicas: tuple[str, ...] = ()
    """Other Regions in which this cluster uses repositories of this name."""
    judged: str | None = None
    """The lifecycle policy that was judged by it; None: there was none to judge."""
    risks: tuple[Risk, ...] | None = None
    """The images in use that this policy would act on; None: not judged, or who uses what is not known."""

    def endangers(self, text: str | None) -> bool:
        """Whether the policy `text` would act on images in use."""
        return bool(self.risks) and self.judged == text


NOTHING_IN_USE = RepositoryInUse(images=0)


def of_new_repository(now: datetime) -> ImageReading:
    """What a repository holds that was just created."""
    return ImageReading(now, Inventory(), NOTHING_IN_USE)


def with_reading(
    status: EcrRepositoryStatus,
    reading: ImageReading,
    *,
    prices: Prices,
    quota_limit: int,
    generation: int,
    now: datetime,
) -> EcrRepositoryStatus:
    """`status` that shows what the look has shown."""
    inventory = reading.inventory
    latest = inventory.latest
    images = RepositoryImages(
        count=inventory.count,
        tagged_count=inventory.tagged_count,
        size_bytes=inventory.size_bytes,
        latest=latest and LatestImage(tag=latest.tag, digest=latest.digest, pushed_at=latest.pushed_at),
        last_pulled_at=inventory.last_pulled_at,
        observed_at=reading.at,
    )
    before = status.images
    if before is not None and before == images.model_copy(update={"observed_at": before.observed_at}):
        images = before
    status = status.model_copy(
        update={
            "images": images,
            "in_use": reading.in_use,
            "estimated_monthly_cost_usd": monthly_cost(inventory, prices),
        }
    )

    def shown(type: str, reason: Reason, message: str | None) -> EcrRepositoryStatus:
        value: ConditionStatus | None = None if message is None else "True"
        return with_condition(status, type, value, reason, message or "", generation=generation, now=now)

    near = quota(inventory, quota_limit)
    status = shown(NEAR_QUOTA, Reason.NEAR_IMAGE_QUOTA, near.message if isinstance(near, NearQuota) else None)
    status = shown(
        QUOTA_REACHED, Reason.QUOTA_REACHED, near.message if isinstance(near, QuotaReached) else None
    )
    if reading.judged is not None and reading.risks is None:
        # Not known: what was said stays.
        return status
    return shown(AT_RISK, Reason.IMAGES_IN_USE, describe(reading.risks) if reading.risks else None)


def describe(risks: tuple[Risk, ...]) -> str:
    """Which images in use are at risk, and what to do."""
    more = f" and {len(risks) - 1:,} more" if len(risks) > 1 else ""
    return (
        f"The lifecycle policy endangers {len(risks):,} {'image' if len(risks) == 1 else 'images'} in use: "
        f"{risks[0].describe()}{more}. Add a rule with a lower rulePriority that keeps them"
    )
