"""The rules of a lifecycle policy, as ECR's policy JSON has them, and ECR's grammar of them.

Names and values are AWS's own (ECR User Guide, "Lifecycle policy properties"), so that a policy can be
pasted. The bounds and the CEL keep within the API server's cost limits also with the largest policy.
"""

import json
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.markers import ListType, Rule, full_match
from ecr_operator.api.meta import ApiModel


class LifecycleTagStatus(StrEnum):
    """AWS's own values of `tagStatus`."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    ANY = "any"


class LifecycleStorageClass(StrEnum):
    """AWS's own values of `storageClass`."""

    STANDARD = "standard"
    ARCHIVE = "archive"


class LifecycleTargetStorageClass(StrEnum):
    """AWS's own values of `targetStorageClass`; there is one."""

    ARCHIVE = "archive"


class LifecycleCountType(StrEnum):
    """AWS's own values of `countType`."""

    IMAGE_COUNT_MORE_THAN = "imageCountMoreThan"
    SINCE_IMAGE_PUSHED = "sinceImagePushed"
    SINCE_IMAGE_PULLED = "sinceImagePulled"
    SINCE_IMAGE_TRANSITIONED = "sinceImageTransitioned"


class LifecycleCountUnit(StrEnum):
    """AWS's own values of `countUnit`; there is one."""

    DAYS = "days"


class LifecycleActionType(StrEnum):
    """AWS's own values of an action's `type`."""

    EXPIRE = "expire"
    TRANSITION = "transition"


# No upper limit is documented; the priority is an integer of 32 bits in botocore's model of ECR.
_NUMBER_MAX: Final = 2**31 - 1

TagPattern = Annotated[
    str,
    Field(min_length=1, max_length=128),
    Rule(full_match("[^*]*([*][^*]*){0,4}"), "an entry of `tagPatternList` must hold at most four '*'"),
]
TagPrefix = Annotated[str, Field(min_length=1, max_length=128)]

_FORBIDDEN: Final = "FieldValueForbidden"
_REQUIRED: Final = "FieldValueRequired"
_ARCHIVED: Final = "has(self.storageClass) && self.storageClass == 'archive'"


class LifecycleSelection(ApiModel):
    """The images that a rule is about."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.tagStatus != 'tagged' || has(self.tagPatternList) != has(self.tagPrefixList)",
            "exactly one of `tagPatternList` and `tagPrefixList` must be specified when `tagStatus` is "
            "'tagged'",
        ),
        *(
            Rule(
                f"self.tagStatus == 'tagged' || !has(self.{field})",
                f"`{field}` may be specified only when `tagStatus` is 'tagged'",
                field_path=f".{field}",
                reason=_FORBIDDEN,
            )
            for field in ("tagPatternList", "tagPrefixList")
        ),
        Rule(
            "self.countType == 'imageCountMoreThan' || has(self.countUnit)",
            "`countUnit` must be 'days' when `countType` is 'sinceImagePushed', 'sinceImagePulled' or "
            "'sinceImageTransitioned'",
            field_path=".countUnit",
            reason=_REQUIRED,
        ),
        Rule(
            "self.countType != 'imageCountMoreThan' || !has(self.countUnit)",
            "`countUnit` may not be specified when `countType` is 'imageCountMoreThan'",
            field_path=".countUnit",
            reason=_FORBIDDEN,
        ),
        Rule(
            f"self.countType != 'sinceImageTransitioned' || ({_ARCHIVED})",
            "`storageClass` must be 'archive' when `countType` is 'sinceImageTransitioned'",
            field_path=".storageClass",
            reason=_REQUIRED,
        ),
        Rule(
            f"self.countType == 'sinceImageTransitioned' || !({_ARCHIVED})",
            "`countType` must be 'sinceImageTransitioned' when `storageClass` is 'archive'",
            field_path=".countType",
        ),
        Rule(
            "self.countType != 'sinceImageTransitioned' || self.countNumber >= 90",
            "`countNumber` must be 90 or more when `countType` is 'sinceImageTransitioned': "
            "ECR keeps an archived image for at least 90 days",
            field_path=".countNumber",
        ),
    )

    tag_status: LifecycleTagStatus
    """Which images by their tags: `tagged`, `untagged`, or `any` for both.

    `tagged` needs one of `tagPatternList` and `tagPrefixList`.
    """
    tag_pattern_list: (
        Annotated[tuple[TagPattern, ...], Field(min_length=1, max_length=25), ListType("atomic")] | None
    ) = None
    """Patterns of tags, for example `prod-*`; at most four `*` each, which stand for any characters.

    An image is selected when each of the patterns matches one of its tags: several patterns mean AND.
    """
    tag_prefix_list: (
        Annotated[tuple[TagPrefix, ...], Field(min_length=1, max_length=25), ListType("atomic")] | None
    ) = None
    """Beginnings of tags, for example `prod`.

    An image is selected when each of them begins one of its tags: several prefixes mean AND. A prefix may
    stand in one rule only.
    """
    storage_class: LifecycleStorageClass | None = None
    """Where the images are: `standard` or `archive`.

    `archive` goes with `sinceImageTransitioned` and with nothing else. Defaults to `standard`.
    """
    count_type: LifecycleCountType
    """What `countNumber` counts.

    `imageCountMoreThan` keeps so many of the newest images. `sinceImagePushed`, `sinceImagePulled` and
    `sinceImageTransitioned` count the days since an image was pushed, pulled last, or archived.
    """
    count_unit: LifecycleCountUnit | None = None
    """`days`; required with the three types that count time, and not allowed with `imageCountMoreThan`."""
    count_number: Annotated[int, Field(ge=1, le=_NUMBER_MAX)]
    """The number of images or days; at least 90 with `sinceImageTransitioned`."""

    @property
    def effective_storage_class(self) -> LifecycleStorageClass:
        """`storageClass` with its default."""
        return self.storage_class or LifecycleStorageClass.STANDARD


class LifecycleAction(ApiModel):
    """What happens to the images that a rule selects."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.type != 'transition' || has(self.targetStorageClass)",
            "`targetStorageClass` must be 'archive' when `type` is 'transition'",
            field_path=".targetStorageClass",
            reason=_REQUIRED,
        ),
        Rule(
            "self.type == 'transition' || !has(self.targetStorageClass)",
            "`targetStorageClass` may be specified only when `type` is 'transition'",
            field_path=".targetStorageClass",
            reason=_FORBIDDEN,
        ),
    )

    type: LifecycleActionType
    """`expire` deletes the images, `transition` moves them to `targetStorageClass`."""
    target_storage_class: LifecycleTargetStorageClass | None = None
    """`archive`; required with `transition`, and not allowed with `expire`.

    An archived image cannot be pulled until it is restored.
    """


class LifecycleRule(ApiModel):
    """One rule of a lifecycle policy."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.selection.countType != 'sinceImagePulled' || self.action.type == 'transition'",
            "`action.type` must be 'transition' when `selection.countType` is 'sinceImagePulled'",
            field_path=".action.type",
        ),
        Rule(
            "self.selection.countType != 'sinceImageTransitioned' || self.action.type == 'expire'",
            "`action.type` must be 'expire' when `selection.countType` is 'sinceImageTransitioned'",
            field_path=".action.type",
        ),
    )

    rule_priority: Annotated[int, Field(ge=1, le=_NUMBER_MAX)]
    """The rule's place: the lowest number comes first, and the first that selects an image deals with it.

    Unique among the rules; gaps are allowed.
    """
    description: Annotated[str, Field(max_length=1024)] | None = None
    """Says for people what the rule is for."""
    selection: LifecycleSelection
    """The images that the rule is about."""
    action: LifecycleAction
    """What happens to them, within 24 hours."""


def _archived(rule: str) -> str:
    """Return the CEL expression for: the rule selects archived images."""
    return f"(has({rule}.selection.storageClass) && {rule}.selection.storageClass == 'archive')"


def _each(correct: str, message: str) -> Rule:
    """Return the rule that ``correct`` holds for every rule ``a``; its message names one that breaks it."""
    # `format`, because the API server takes a number that is joined with `+` for a text without bounds.
    naming = json.dumps(f"{message}; look at the rule with `rulePriority` %d")
    return Rule(
        f"self.all(a, {correct})",
        message,
        message_expression=f"{naming}.format([self.map(a, !({correct}), a.rulePriority)[0]])",
    )


def _once_per_class(tag_status: str) -> Rule:
    """Return the rule that ``tag_status`` stands in one rule per storage class."""
    return _each(
        f"a.selection.tagStatus != '{tag_status}' || !self.exists(b, b.rulePriority < a.rulePriority && "
        f"b.selection.tagStatus == '{tag_status}' && {_archived('b')} == {_archived('a')})",
        f"`tagStatus` '{tag_status}' must stand in at most one rule of each storage class",
    )


LifecycleRules = Annotated[
    tuple[LifecycleRule, ...],
    Field(min_length=1, max_length=50),
    ListType("atomic"),
    _each(
        "self.exists_one(b, b.rulePriority == a.rulePriority)",
        "`rulePriority` must be unique among the rules",
    ),
    _once_per_class("any"),
    _once_per_class("untagged"),
    _each(
        "a.selection.tagStatus == 'any' || "
        "!self.exists(b, b.selection.tagStatus == 'any' && b.rulePriority < a.rulePriority && "
        f"{_archived('b')} == {_archived('a')})",
        "`rulePriority` of a rule whose `tagStatus` is 'any' must be the highest among the rules of its "
        "storage class",
    ),
    _each(
        "!has(a.selection.tagPrefixList) || !self.exists(b, b.rulePriority < a.rulePriority && "
        f"has(b.selection.tagPrefixList) && {_archived('b')} == {_archived('a')} && "
        "sets.intersects(a.selection.tagPrefixList, b.selection.tagPrefixList))",
        "an entry of `tagPrefixList` must stand in one rule only of each storage class",
    ),
]
"""1 to 50 rules with all that ECR asks of them together, per storage class (absent counts as standard)."""
