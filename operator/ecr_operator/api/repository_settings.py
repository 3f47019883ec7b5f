"""The settings of a repository that AWS gives an object of its own: mutability, encryption, scanning.

Names and enum values are AWS's own; bounds are those of botocore's model of ECR 2015-09-21.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field, StrictBool

from ecr_operator.api.markers import ListType, Rule, full_match
from ecr_operator.api.meta import ApiModel


class ImageTagMutability(StrEnum):
    """AWS's own values of `imageTagMutability`."""

    MUTABLE = "MUTABLE"
    IMMUTABLE = "IMMUTABLE"
    MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"
    IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"

    @property
    def has_exclusion(self) -> bool:
        """Whether exclusion filters belong to this value."""
        return self in (self.MUTABLE_WITH_EXCLUSION, self.IMMUTABLE_WITH_EXCLUSION)


class ExclusionFilterType(StrEnum):
    """AWS's own values of `filterType`; there is one."""

    WILDCARD = "WILDCARD"


class EncryptionType(StrEnum):
    """AWS's own values of `encryptionType`."""

    AES256 = "AES256"
    KMS = "KMS"
    KMS_DSSE = "KMS_DSSE"


FilterText = Annotated[
    str,
    Field(min_length=1, max_length=128),
    Rule(
        full_match("[0-9a-zA-Z._*-]*"),
        "`filter` must consist of letters, digits, '.', '_', '-' and '*'; for example 'dev-*'",
    ),
    # The limit of two is in no model of AWS's: ECR's answer says it (terraform-provider-aws, PR 43642).
    Rule(full_match("[^*]*([*][^*]*){0,2}"), "`filter` must hold at most two '*'"),
]


class ExclusionFilter(ApiModel):
    """Tags that are exempt from the repository's mutability."""

    filter_type: ExclusionFilterType
    """How `filter` is read. `WILDCARD` is the only type that ECR knows."""
    filter: FilterText
    """The tags that are exempt, for example `latest` or `dev-*`.

    At most 128 letters, digits, `.`, `_`, `-` and `*`; at most two `*`, each of which stands for any
    number of characters.
    """


ExclusionFilters = Annotated[
    tuple[ExclusionFilter, ...],
    Field(min_length=1, max_length=5),
    ListType("atomic"),
    Rule(
        "self.all(a, self.exists_one(b, b == a))",
        "`imageTagMutabilityExclusionFilters` may not hold the same filter twice",
    ),
]

_KEY_ID: Final = "([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32})"
_KMS_ARN: Final = "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}"
_ALIAS: Final = "alias/[A-Za-z0-9/_-]+"
KMS_KEY_PATTERN: Final = f"{_KEY_ID}|{_ALIAS}|{_KMS_ARN}:({_ALIAS}|key/{_KEY_ID})"
"""A key of AWS KMS by id, alias, or the ARN of either (KMS Developer Guide, "Key identifiers")."""

KmsKey = Annotated[
    str,
    Field(min_length=1, max_length=2048),
    Rule(
        full_match(KMS_KEY_PATTERN),
        "`kmsKey` must be the id of a KMS key, 'alias/<name>', or the ARN of a key or of an alias",
    ),
]


class EncryptionConfiguration(ApiModel):
    """How ECR encrypts the images."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.kmsKey) || self.encryptionType in ['KMS', 'KMS_DSSE']",
            "`kmsKey` may be specified only when `encryptionType` is 'KMS' or 'KMS_DSSE'",
            field_path=".kmsKey",
            reason="FieldValueForbidden",
        ),
    )

    encryption_type: EncryptionType
    """The encryption: `AES256` (keys of Amazon S3), `KMS` or `KMS_DSSE` (two layers, both with AWS KMS)."""
    kms_key: KmsKey | None = None
    """The KMS key, by id, by alias (`alias/<name>`) or by the ARN of either.

    May be specified only with `KMS` and `KMS_DSSE`. Defaults to the key that AWS manages for ECR
    (`alias/aws/ecr`).
    """


class ImageScanningConfiguration(ApiModel):
    """The repository's own setting for scans."""

    scan_on_push: StrictBool | None = None
    """Whether ECR scans an image when it is pushed. A value that is left out is not managed."""
