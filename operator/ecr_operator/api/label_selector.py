"""Label selectors, as Kubernetes has them (meta/v1 LabelSelector), with its rules."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.kubernetes_values import (
    LABEL_KEY_MAX,
    LABEL_KEY_PATTERN,
    LABEL_VALUE_MAX,
    LABEL_VALUE_PATTERN,
)
from ecr_operator.api.markers import ATOMIC, ListType, Rule, full_match, key_rule
from ecr_operator.api.meta import ApiModel

_KEY_WORDS: Final = (
    "must be a label's key: '<name>' or '<prefix>/<name>', the name of at most 63 letters, digits, '-', '_' "
    "and '.'; for example 'kubernetes.io/metadata.name'"
)
_VALUE_FORM: Final = "at most 63 letters, digits, '-', '_' and '.', with a letter or a digit at both ends"


class LabelOperator(StrEnum):
    """Kubernetes' own operators of a label selector."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class LabelRequirement(ApiModel):
    """What one label must be like."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
            "`values` must hold at least one value when `operator` is 'In' or 'NotIn'",
            field_path=".values",
            reason="FieldValueRequired",
        ),
        Rule(
            "self.operator in ['In', 'NotIn'] || !has(self.values) || size(self.values) == 0",
            "`values` may be specified only when `operator` is 'In' or 'NotIn'",
            field_path=".values",
            reason="FieldValueForbidden",
        ),
    )

    key: Annotated[
        str, Field(max_length=LABEL_KEY_MAX), Rule(full_match(LABEL_KEY_PATTERN), f"`key` {_KEY_WORDS}")
    ]
    """The label's key, for example `kubernetes.io/metadata.name`."""
    operator: LabelOperator
    """How the label is compared: `In`, `NotIn`, `Exists` or `DoesNotExist`.

    `NotIn` holds also where the label is missing.
    """
    values: (
        Annotated[
            tuple[
                Annotated[
                    str,
                    Field(max_length=LABEL_VALUE_MAX),
                    Rule(
                        full_match(LABEL_VALUE_PATTERN),
                        f"`values` must hold values of a label: {_VALUE_FORM}",
                    ),
                ],
                ...,
            ],
            Field(max_length=50),
            ListType("atomic"),
        ]
        | None
    ) = None
    """The values that the label is compared with.

    Required with `In` and `NotIn`, and allowed only with them.
    """


class LabelSelector(ApiModel):
    """A label selector, as Kubernetes has it. All that it holds must be met; an empty one selects all."""

    match_labels: (
        Annotated[
            dict[
                str,
                Annotated[
                    str,
                    Field(max_length=LABEL_VALUE_MAX),
                    Rule(
                        full_match(LABEL_VALUE_PATTERN),
                        f"a value of `matchLabels` must be a label's value: {_VALUE_FORM}",
                    ),
                ],
            ],
            Field(max_length=20),
            ATOMIC,
            key_rule(full_match(LABEL_KEY_PATTERN, "k"), f"a key of `matchLabels` {_KEY_WORDS}"),
        ]
        | None
    ) = None
    """Labels with exactly these values, for example `team: a`."""
    match_expressions: (
        Annotated[
            tuple[LabelRequirement, ...],
            Field(max_length=20),
            ListType("atomic"),
        ]
        | None
    ) = None
    """What labels must be like, for example `{key: team, operator: In, values: [a, b]}`."""
