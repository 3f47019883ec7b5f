"""The kind EcrLifecyclePolicy, and the policy that an EcrRepository holds itself."""

import re
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, Final

from pydantic import Field, StrictInt

from ecr_operator.api.kubernetes_values import DNS_SUBDOMAIN_MAX
from ecr_operator.api.label_selector import LabelSelector
from ecr_operator.api.lifecycle import LifecycleRules
from ecr_operator.api.markers import ATOMIC, ListType, Rule, full_match, no_duplicates
from ecr_operator.api.meta import ApiModel, CommonSpec, CommonStatus, Message


class ImagesInUse(StrEnum):
    """What images in use do to a policy that would expire or archive them."""

    HOLD = "Hold"
    WARN = "Warn"
    IGNORE = "Ignore"


class LifecycleDeletionPolicy(StrEnum):
    """What becomes of the policy in AWS when it does not apply to a repository any more."""

    DELETE = "Delete"
    RETAIN = "Retain"


TagGlob = Annotated[
    str,
    Field(min_length=1, max_length=128),
    # A tag's form is that of the OCI distribution specification: what no tag can match would protect nothing.
    Rule(
        full_match("[A-Za-z0-9_*?][A-Za-z0-9_.*?-]*"),
        "`protectedTags` must hold tags: letters, digits, '_', and not at the beginning '.' and '-', with "
        "'*' for any characters and '?' for one; for example 'prod-*'",
    ),
]


@lru_cache(maxsize=256)
def _one_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all: a repository may hold 100,000 images with many tags each."""
    return re.compile("|".join(map(translate, globs)))


class LifecycleProtection(ApiModel):
    """What keeps the policy from taking images that are needed."""

    images_in_use: ImagesInUse | None = None
    """What happens when the policy would expire or archive an image that workloads of this cluster use.

    `Hold` does not apply it, and takes it off the repository before it would reach such an image. `Warn` only
    says so. `Ignore` does not look. Workloads of other clusters and services (Amazon ECS, AWS Lambda, copies
    of the repository in other Regions) are not seen. Defaults to `Hold`.
    """
    max_expiring_images: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)] | None = None
    """The policy is not applied when it would expire more images than this at once.

    Left out, any number of them may go.
    """
    protected_tags: (
        Annotated[
            tuple[TagGlob, ...], Field(max_length=50), ListType("atomic"), no_duplicates("protectedTags")
        ]
        | None
    ) = None
    """Images with such a tag count as in use, for example `prod-*`.

    A `*` stands for any characters, a `?` for one.
    """

    @property
    def effective_images_in_use(self) -> ImagesInUse:
        """`imagesInUse` with its default."""
        return self.images_in_use or ImagesInUse.HOLD

    def protects(self, tag: str) -> bool:
        """Whether an image with this tag counts as in use, because of `protectedTags`."""
        globs = self.protected_tags
        return bool(globs) and _one_of(globs).match(tag) is not None


DEFAULT_PROTECTION: Final = LifecycleProtection()


class LifecyclePolicy(ApiModel):
    """Which images ECR expires or archives."""

    rules: LifecycleRules
    """The rules, 1 to 50, in AWS's own structure and names.

    Each image is dealt with by at most one rule, the one with the lowest `rulePriority` that selects it.
    Without a rule that selects it, an image is kept.
    """
    protection: Annotated[LifecycleProtection, ATOMIC] | None = None
    """What keeps the policy from taking images that are needed.

    By default it is held back while it would take an image that workloads of this cluster use.
    """

    @property
    def effective_protection(self) -> LifecycleProtection:
        """`protection` with its default."""
        return self.protection or DEFAULT_PROTECTION


class EcrLifecyclePolicySpec(LifecyclePolicy, CommonSpec):
    """The rules, and the repositories that they are for."""

    repository_selector: Annotated[LabelSelector, ATOMIC] | None = None
    """The EcrRepository objects of the same namespace that get the policy, by their labels.

    An empty selector (`{}`) selects all of them. Left out, only those get it that name it in
    `lifecyclePolicyRef`. What an EcrRepository says itself (`lifecyclePolicy`, `lifecyclePolicyRef`) wins
    over every selector.
    """
    deletion_policy: LifecycleDeletionPolicy | None = None
    """What becomes of the policy in AWS when it does not apply to a repository any more.

    That is when this object is deleted or the selector does not select the repository any more. `Delete`
    takes it off the repository, which keeps the images. `Retain` leaves it there. Defaults to `Delete`.
    """

    @property
    def effective_deletion_policy(self) -> LifecycleDeletionPolicy:
        """`deletionPolicy` with its default."""
        return self.deletion_policy or LifecycleDeletionPolicy.DELETE


class LifecyclePolicyState(StrEnum):
    """How far a policy has got on one repository."""

    APPLIED = "Applied"
    """AWS holds it."""
    HELD = "Held"
    """It is not applied: what is there stays as it was."""
    WITHDRAWN = "Withdrawn"
    """It was applied, and is taken off again to keep an image in use."""
    PENDING = "Pending"
    """It is being looked at, or waits for something."""
    UNMANAGED = "Unmanaged"
    """What AWS holds was left there, and is nobody's business any more."""


DETAILS_MAX, WARNINGS_MAX = 50, 20

Count = Annotated[int, Field(ge=0)]


class LifecycleCounts(ApiModel):
    """How many repositories are in which state."""

    matched: Count
    """Those that the selector selects or that name the policy."""
    applied: Count
    """Those that have it in AWS."""
    held: Count
    """Those on which it is not applied, because of what it would do there."""
    withdrawn: Count
    """Those from which it was taken off again to keep an image in use."""
    pending: Count
    """Those on which it is being looked at."""
    conflicting: Count
    """Those that have another policy."""


class LifecycleDetail(ApiModel):
    """How far the policy has got on one repository."""

    name: Annotated[str, Field(max_length=DNS_SUBDOMAIN_MAX)]
    """The EcrRepository's `metadata.name`."""
    state: Annotated[str, Field(max_length=32)]
    """`Applied`, `Held`, `Withdrawn`, `Pending` or `Conflict`."""
    expiring_images: Count | None = None
    """How many images the policy would expire, by AWS's preview."""
    in_use_images: Count | None = None
    """How many images in use it would expire or archive."""
    message: Message | None = None
    """Says for a person what is the case and what to do about it."""


class LifecyclePolicyWarning(ApiModel):
    """Something that AWS takes and somebody will regret."""

    rule_priority: Annotated[int, Field(ge=1)]
    """The rule."""
    reason: Annotated[str, Field(min_length=1, max_length=64)]
    """One word that says what it is; `docs/lint.md` explains each."""
    message: Message
    """Says what may happen and what to write instead."""


class EcrLifecyclePolicyStatus(CommonStatus):
    """How far the policy has got.

    It is `Ready` when every repository that is to have it has it.
    """

    rule_count: Count | None = None
    """How many rules there are."""
    repositories: LifecycleCounts | None = None
    """How many repositories have the policy, and how many do not."""
    details: (
        Annotated[tuple[LifecycleDetail, ...], Field(max_length=DETAILS_MAX), ListType("atomic")] | None
    ) = None
    """The repositories, those that need attention first. At most 50 are listed."""
    warnings: (
        Annotated[tuple[LifecyclePolicyWarning, ...], Field(max_length=WARNINGS_MAX), ListType("atomic")]
        | None
    ) = None
    """What AWS takes and somebody will regret. At most 20 are listed."""
