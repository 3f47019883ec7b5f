"""The kind EcrRepository: one repository in ECR.

Field names and enum values are AWS's own wherever a field maps to one of AWS's.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.access import Access
from ecr_operator.api.iam import RepositoryPolicy
from ecr_operator.api.kubernetes_values import DNS_SUBDOMAIN_MAX, DNS_SUBDOMAIN_PATTERN
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.api.markers import ATOMIC, Rule, full_match
from ecr_operator.api.meta import ApiModel, CommonSpec
from ecr_operator.api.repository_settings import (
    EncryptionConfiguration,
    EncryptionType,
    ExclusionFilter,
    ExclusionFilters,
    ExclusionFilterType,
    ImageScanningConfiguration,
    ImageTagMutability,
)
from ecr_operator.api.repository_values import OwnerValue, RepositoryName, Tags
from ecr_operator.api.vulnerability_policy import ReportedImages, VulnerabilityPolicy

__all__ = [
    "AdoptionPolicy",
    "DeletionPolicy",
    "EcrRepositorySpec",
    "EncryptionConfiguration",
    "EncryptionType",
    "ExclusionFilter",
    "ExclusionFilterType",
    "ForeignStatements",
    "ImageScanningConfiguration",
    "ImageTagMutability",
    "ManagementPolicy",
]


class ManagementPolicy(StrEnum):
    """Whether the operator writes to AWS."""

    MANAGE = "Manage"
    OBSERVE = "Observe"


class AdoptionPolicy(StrEnum):
    """What to do with a repository that exists and that nobody alive owns."""

    REFUSE = "Refuse"
    ADOPT = "Adopt"


class DeletionPolicy(StrEnum):
    """What becomes of the repository when the object is deleted, from the weakest to the strongest."""

    RETAIN = "Retain"
    DELETE = "Delete"
    DELETE_WITH_IMAGES = "DeleteWithImages"


class ForeignStatements(StrEnum):
    """What becomes of the statements in AWS that the spec does not name."""

    KEEP = "Keep"
    REMOVE = "Remove"


class LifecyclePolicyRef(ApiModel):
    """Names an EcrLifecyclePolicy."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=DNS_SUBDOMAIN_MAX),
        Rule(
            full_match(DNS_SUBDOMAIN_PATTERN),
            "`name` must be the name of an EcrLifecyclePolicy of the same namespace: lower-case letters and "
            "digits, with '-' and '.' only between them; for example 'keep-releases'",
        ),
    ]
    """The `metadata.name` of an EcrLifecyclePolicy in the same namespace."""


_FILTERS: Final = ".imageTagMutabilityExclusionFilters"
_WITH_EXCLUSION: Final = "has(self.imageTagMutability) && self.imageTagMutability.endsWith('_WITH_EXCLUSION')"


class EcrRepositorySpec(CommonSpec):
    """The repository as it is wanted.

    A field that maps to a setting of AWS and is left out is not managed: AWS keeps what it has.
    """

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"!has(self{_FILTERS}) || ({_WITH_EXCLUSION})",
            "`imageTagMutabilityExclusionFilters` may be specified only when `imageTagMutability` is "
            "'MUTABLE_WITH_EXCLUSION' or 'IMMUTABLE_WITH_EXCLUSION'",
            field_path=_FILTERS,
            reason="FieldValueForbidden",
        ),
        Rule(
            f"has(self{_FILTERS}) || !({_WITH_EXCLUSION})",
            "`imageTagMutabilityExclusionFilters` must hold 1 to 5 filters when `imageTagMutability` is "
            "'MUTABLE_WITH_EXCLUSION' or 'IMMUTABLE_WITH_EXCLUSION'",
            field_path=_FILTERS,
            reason="FieldValueRequired",
        ),
        Rule(
            "!has(self.lifecyclePolicy) || !has(self.lifecyclePolicyRef)",
            "`lifecyclePolicyRef` may not be specified beside `lifecyclePolicy`: a repository has one "
            "lifecycle policy; leave one of the two out",
            field_path=".lifecyclePolicyRef",
            reason="FieldValueForbidden",
        ),
        # On the parent: on the optional field itself it would be skipped when the field comes or goes.
        Rule(
            "has(self.encryptionConfiguration) == has(oldSelf.encryptionConfiguration) && "
            "(!has(self.encryptionConfiguration) || "
            "self.encryptionConfiguration == oldSelf.encryptionConfiguration)",
            "`encryptionConfiguration` may not be added, changed or removed: ECR sets the encryption only "
            "when it creates the repository; write a new EcrRepository with another `repositoryName`",
            field_path=".encryptionConfiguration",
        ),
    )

    repository_name: RepositoryName | None = None
    """The name of the repository in ECR.

    2 to 256 characters in ECR's own form, for example `web` or `team-a/web`. It cannot be changed later.
    Defaults to `metadata.name`.
    """
    management_policy: ManagementPolicy | None = None
    """Whether the operator writes to AWS.

    `Manage` creates the repository and keeps it as the spec says. `Observe` never writes to AWS and only
    fills the status, for a repository that another tool owns. Defaults to `Manage`.
    """
    adoption_policy: AdoptionPolicy | None = None
    """What to do with a repository that exists already and that no other object owns.

    `Refuse` leaves it alone. `Adopt` takes it over when it carries no owner tag, or the tag of an object of
    this cluster that is gone. A repository that carries this object's own owner tag is always taken back.
    Defaults to `Refuse`.
    """
    adopt_from: OwnerValue | None = None
    """The owner to take the repository over from, as `<cluster>/<namespace>/<name>`.

    The value of the repository's tag `ecr-operator.dev/owner`, for example of a cluster that this one
    replaces. The repository is taken over from exactly that owner and from no other.
    """
    deletion_policy: DeletionPolicy | None = None
    """What becomes of the repository when this object is deleted.

    `Retain` keeps it. `Delete` deletes it once it holds no images. `DeleteWithImages` deletes it together
    with its images; while workloads of this cluster use one of them, deletion waits for the annotation
    `ecr-operator.dev/confirm-delete: <repository name>`. Defaults to `Retain`.
    """
    image_tag_mutability: ImageTagMutability | None = None
    """Whether a tag may be moved to another image.

    `MUTABLE`, `IMMUTABLE`, or one of the two with the exceptions that
    `imageTagMutabilityExclusionFilters` lists: `MUTABLE_WITH_EXCLUSION`, `IMMUTABLE_WITH_EXCLUSION`.
    """
    image_tag_mutability_exclusion_filters: ExclusionFilters | None = None
    """The tags that are exempt from `imageTagMutability`.

    Required with `MUTABLE_WITH_EXCLUSION` and `IMMUTABLE_WITH_EXCLUSION`, and allowed only with them.
    """
    encryption_configuration: Annotated[EncryptionConfiguration, ATOMIC] | None = None
    """How ECR encrypts the images. It cannot be added, changed or removed later.

    When it is left out, ECR encrypts with `AES256`.
    """
    image_scanning_configuration: Annotated[ImageScanningConfiguration, ATOMIC] | None = None
    """The repository's own setting for scans. The scanning rules of the registry override it."""
    lifecycle_policy: Annotated[LifecyclePolicy, ATOMIC] | None = None
    """Which images ECR expires or archives.

    Left out, the operator leaves the policy that the repository has in AWS alone. Taken out again, the
    operator takes its policy off the repository, which keeps the images.
    """
    lifecycle_policy_ref: Annotated[LifecyclePolicyRef, ATOMIC] | None = None
    """The EcrLifecyclePolicy that the repository gets, in place of `lifecyclePolicy`.

    It wins over the selectors of other EcrLifecyclePolicies. One that does not exist changes nothing in AWS.
    """
    access: Annotated[Access, ATOMIC] | None = None
    """Who may pull and push, and which Lambda functions may run the images: the common grants.

    For example `pull: {accounts: ["123456789012"]}`. Each grant becomes a statement of the repository's
    policy whose `Sid` starts with `EcrOperator`; what it does not cover goes into `repositoryPolicy`. Left
    out, the operator leaves the policy that the repository has in AWS alone. A grant that is taken out again
    is taken back in AWS.
    """
    repository_policy: Annotated[RepositoryPolicy, ATOMIC] | None = None
    """Further statements of the repository's policy, as IAM writes them.

    They stand beside the grants of `access`. Left out, the operator leaves the policy that the repository
    has in AWS alone. A statement that is taken out again is removed in AWS.
    """
    foreign_statements: ForeignStatements | None = None
    """What becomes of the statements of the repository's policy in AWS that the spec does not name.

    `Keep` leaves them alone: AWS Lambda, for example, writes `LambdaECRImageRetrievalPolicy` by itself.
    `Remove` removes every statement that `access` and `repositoryPolicy` do not name, also when both are
    left out. Defaults to `Keep`.
    """
    tags: Tags | None = None
    """AWS tags of the repository; other tags that it carries are left alone.

    Keys have 1 to 128 and values up to 256 letters, digits, spaces and `_ . : / = + - @`. Keys may not
    start with `aws:` or `ecr-operator.dev/`. A key that is written here wins over the operator's default
    tags.
    """
    images: Annotated[ReportedImages, ATOMIC] | None = None
    """What to report of the images: how many of them, and what their scans have found."""
    vulnerability_policy: Annotated[VulnerabilityPolicy, ATOMIC] | None = None
    """Which findings of a scan are too many: the condition `ScanPassed` says whether an image has so many.

    It is about the reported images; see `images`. Without it findings are only shown.
    """

    def repository_name_for(self, object_name: str) -> str:
        """Return the repository's name in ECR, given the object's `metadata.name`."""
        return self.repository_name or object_name

    @property
    def effective_management_policy(self) -> ManagementPolicy:
        """`managementPolicy` with its default."""
        return self.management_policy or ManagementPolicy.MANAGE

    @property
    def effective_adoption_policy(self) -> AdoptionPolicy:
        """`adoptionPolicy` with its default."""
        return self.adoption_policy or AdoptionPolicy.REFUSE

    @property
    def effective_deletion_policy(self) -> DeletionPolicy:
        """`deletionPolicy` with its default, before the operator's own limit is applied."""
        return self.deletion_policy or DeletionPolicy.RETAIN

    @property
    def effective_images(self) -> ReportedImages:
        """`images` with its default."""
        return self.images or ReportedImages()

    @property
    def effective_foreign_statements(self) -> ForeignStatements:
        """`foreignStatements` with its default."""
        return self.foreign_statements or ForeignStatements.KEEP
