"""What the operator reports on an EcrRepository."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ecr_operator.api.kubernetes_values import DNS_SUBDOMAIN_MAX
from ecr_operator.api.lifecycle_policy import LifecycleDeletionPolicy, LifecyclePolicyState
from ecr_operator.api.markers import ListType
from ecr_operator.api.meta import ApiModel, CommonStatus, Time
from ecr_operator.api.scan_status import RepositoryScan

IN_USE_MAX = 10
"""How many images in use, and how many workloads, are listed."""

Count = Annotated[int, Field(ge=0)]
# ECR's own bound (botocore's model of ECR, ImageTag): a status with a longer tag would be refused whole.
Tag = Annotated[str, Field(max_length=300)]
Digest = Annotated[str, Field(max_length=256)]


class ListedImage(ApiModel):
    """An image in use that a lifecycle policy would expire or archive."""

    tag: Tag | None = None
    """One of its tags."""
    digest: Digest | None = None
    """Its digest."""
    rule_priority: Annotated[int, Field(ge=1)] | None = None
    """The rule that would act on it."""


class LifecyclePreview(ApiModel):
    """What the policy would do, by AWS's preview."""

    expiring_images: Count
    """How many images it would expire."""
    archiving_images: Count
    """How many images it would archive."""
    in_use_images: (
        Annotated[tuple[ListedImage, ...], Field(max_length=IN_USE_MAX), ListType("atomic")] | None
    ) = None
    """Images in use among them. At most 10 are listed."""


def _known_state(value: Any) -> Any:
    """Return what a newer version has said as a state in which all is still to be found out.

    A status that cannot be read would stop the object for good.
    """
    return value if value in frozenset(LifecyclePolicyState) else LifecyclePolicyState.PENDING


class RepositoryLifecyclePolicy(ApiModel):
    """The lifecycle policy that the repository is to have."""

    source: Annotated[str, Field(max_length=DNS_SUBDOMAIN_MAX)]
    """Where it is from: `Inline`, or the name of an EcrLifecyclePolicy."""
    state: Annotated[LifecyclePolicyState, BeforeValidator(_known_state)]
    """How far it has got: `Applied`, `Held`, `Withdrawn`, `Pending` or `Unmanaged`."""
    hash: Annotated[str, Field(max_length=128)] | None = None
    """Hash of the policy's text."""
    on_removal: LifecycleDeletionPolicy | None = None
    """What becomes of it in AWS when it does not apply any more: `Delete` or `Retain`."""
    preview: LifecyclePreview | None = None
    """What it would do, by AWS's preview; absent where none was needed."""


class LatestImage(ApiModel):
    """The image that was pushed last."""

    tag: Tag | None = None
    """One of its tags, if it has any."""
    digest: Digest
    """Its digest."""
    pushed_at: Time
    """When it was pushed."""


class RepositoryImages(ApiModel):
    """What the repository holds, archived images included."""

    count: Count
    """How many there are: images, indexes, charts, signatures and all else that ECR stores as an image."""
    tagged_count: Count
    """How many of them have a tag."""
    size_bytes: Count
    """Their compressed size, at most: layers may be shared."""
    latest: LatestImage | None = None
    """The container image that was pushed last."""
    last_pulled_at: date | None = None
    """The day of the last pull that ECR has recorded; it may be up to 24 hours behind."""
    observed_at: Time
    """When these figures were first found as they are."""


class RepositoryInUse(ApiModel):
    """Who uses the repository's images in this cluster."""

    images: Count
    """How many images workloads of this cluster use."""
    workloads: (
        Annotated[
            tuple[Annotated[str, Field(max_length=320)], ...],
            Field(max_length=IN_USE_MAX),
            ListType("atomic"),
        ]
        | None
    ) = None
    """Workloads of the object's own namespace that use them, as `Deployment/web`. At most 10 are listed."""


class EcrRepositoryStatus(CommonStatus):
    """The repository as AWS reported it last, and what the operator says about it."""

    repository_uri: Annotated[str, Field(max_length=512)] | None = None
    """What to write before the tag in an image reference, as AWS says."""
    repository_arn: Annotated[str, Field(max_length=512)] | None = None
    """The ARN of the repository."""
    registry_id: Annotated[str, Field(max_length=12)] | None = None
    """The AWS account that holds the repository, 12 digits."""
    region: Annotated[str, Field(max_length=64)] | None = None
    """The AWS Region that holds the repository."""
    created_at: Time | None = None
    """When AWS created the repository."""
    owner: Annotated[str, Field(max_length=256)] | None = None
    """The value of the repository's tag `ecr-operator.dev/owner`."""
    managed: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1, max_length=256)], ...],
            Field(max_length=256),
            ListType("set"),
        ]
        | None
    ) = None
    """The parts of the repository that the operator manages and can take back.

    `repository`, `imageTagMutability`, `imageScanningConfiguration`, `lifecyclePolicy`, `tags/<key>` and
    `statements/<Sid>`.
    """
    lifecycle_policy: RepositoryLifecyclePolicy | None = None
    """The lifecycle policy that the repository is to have, and how far it has got."""
    images: RepositoryImages | None = None
    """What the repository holds."""
    scan: RepositoryScan | None = None
    """What the scans of the reported images have found."""
    in_use: RepositoryInUse | None = None
    """Who uses the repository's images in this cluster, as far as it is known."""
    estimated_monthly_cost_usd: Annotated[
        Annotated[str, Field(max_length=32)] | None, Field(alias="estimatedMonthlyCostUSD")
    ] = None
    """What storing the images costs a month in US dollars, at most: layers may be shared.

    Absent where the operator knows no prices.
    """
    foreign_statements: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1, max_length=256)], ...],
            Field(max_length=20),
            ListType("atomic"),
        ]
        | None
    ) = None
    """Statements of the repository's policy that the operator keeps and that are not the object's.

    Each by its `Sid`, or by `#n`, its place in the policy, where it has none. At most 20 are listed.
    """
