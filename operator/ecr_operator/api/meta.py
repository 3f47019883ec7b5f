"""What every kind has in common: the base model, conditions, `suspend`, the first fields of a status.

Attributes are snake_case, the wire is camelCase. Values are frozen and lists are tuples, so that a spec
can be shared and compared freely. Unknown fields are ignored (an object may have been written for a
newer version); an unknown enum value is an error (``api.validation`` puts it into words).
"""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ecr_operator.api.markers import VALIDATIONS, ListType, Rule

MESSAGE_MAX: Final = 512
"""Characters of a condition's message; longer ones are cut."""
RECONCILE_VALUE_MAX: Final = 256
"""Characters of the reconcile annotation's value that the status echoes. An annotation may hold 256 KiB."""


def shortened_message(message: str) -> str:
    """Return a message that fits into a condition; a cut one ends in an ellipsis."""
    return message if len(message) <= MESSAGE_MAX else message[: MESSAGE_MAX - 1] + "…"


def echoed_reconcile_value(value: str) -> str:
    """Return the part of the reconcile annotation's value that `lastHandledReconcileAt` holds."""
    return value[:RECONCILE_VALUE_MAX]


def _whole_seconds(time: datetime) -> datetime:
    """Kubernetes' own times are UTC in whole seconds; a status is compared with what was read back."""
    return time.astimezone(UTC).replace(microsecond=0)


Time = Annotated[AwareDatetime, AfterValidator(_whole_seconds)]
"""A point in time, kept as UTC in whole seconds, written as RFC 3339."""
Generation = Annotated[int, Field(ge=0)]
Message = Annotated[str, BeforeValidator(shortened_message), Field(max_length=MESSAGE_MAX)]
ReconcileValue = Annotated[
    str, BeforeValidator(echoed_reconcile_value), Field(max_length=RECONCILE_VALUE_MAX)
]


class ApiModel(BaseModel):
    """A JSON object of the API."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        frozen=True,
        extra="ignore",
    )

    cel_rules: ClassVar[tuple[Rule, ...]] = ()
    """Rules over several fields of this object."""

    def to_json(self) -> dict[str, Any]:
        """Return the object as Kubernetes takes it: camelCase, no nulls, times as text."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read what the API server returned; None counts as an empty object.

        Raises pydantic's ValidationError.
        """
        return cls.model_validate({} if value is None else value)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        if cls.cel_rules:
            handler.resolve_ref_schema(schema)[VALIDATIONS] = [rule.as_schema() for rule in cls.cel_rules]
        return schema


ConditionStatus = Literal["True", "False", "Unknown"]


class Condition(ApiModel):
    """One aspect of the object's state.

    Fields and bounds are those of metav1.Condition, with a shorter message.
    """

    type: Annotated[
        str,
        Field(
            max_length=316,
            pattern=(
                r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
                r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
            ),
        ),
    ]
    """The aspect, for example `Ready`."""
    status: ConditionStatus
    """Whether the aspect holds: `True`, `False` or `Unknown`."""
    reason: Annotated[
        str,
        Field(min_length=1, max_length=1024, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
    ]
    """One word that says why. The same word stands in events, logs and metrics."""
    message: Message
    """Says for a person what is the case and what to do about it. May be empty."""
    last_transition_time: Time
    """When `status` changed last."""
    observed_generation: Generation | None = None
    """The `metadata.generation` that the condition was found for."""


class CommonSpec(ApiModel):
    """What may be written on an object of any kind."""

    suspend: StrictBool | None = None
    """Stops the operator for this object.

    While `true`, AWS and the cluster are left as they are, and deleting the object touches nothing.
    Defaults to `false`.
    """

    @property
    def is_suspended(self) -> bool:
        """Whether the operator must leave the object alone."""
        return bool(self.suspend)


class CommonStatus(ApiModel):
    """What the operator reports on an object of any kind."""

    observed_generation: Annotated[int, Field(ge=-1)] | None = None
    """The `metadata.generation` that the operator has dealt with; -1 until it has seen the object."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16), ListType("map", ("type",))] | None = (
        None
    )
    """The state of the object by aspect.

    `Ready` is always there once the operator has seen the object. `Reconciling` is there only while the
    operator works or retries, `Stalled` only while a person must act.
    """
    applied_hash: Annotated[str, Field(max_length=128)] | None = None
    """Hash of the whole desired state that was in force when `Ready` became `True`."""
    last_handled_reconcile_at: ReconcileValue | None = None
    """The value of the annotation `ecr-operator.dev/reconcile` that was handled last."""

    def condition(self, type: str) -> Condition | None:
        """Return the condition of that type, if it is there."""
        return next((condition for condition in self.conditions or () if condition.type == type), None)
