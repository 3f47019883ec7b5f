"""What a type says to the API server beyond JSON Schema, written as an annotation of the type.

    Annotated[str, Field(max_length=256), Rule("self.startsWith('x')", "`name` must start with 'x'")]

The markers do nothing at run time; they end up in the JSON Schema, from where ``api.schema`` takes them.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

VALIDATIONS = "x-kubernetes-validations"
LIST_TYPE = "x-kubernetes-list-type"
LIST_MAP_KEYS = "x-kubernetes-list-map-keys"
MAP_TYPE = "x-kubernetes-map-type"

RuleReason = Literal["FieldValueRequired", "FieldValueForbidden"]
"""How the API server introduces the message; without one it is "Invalid value".

There is a third one, FieldValueDuplicate, which shows the value instead of the message.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL rule of the API server (Kubernetes documentation, "Validation rules").

    Keep to plain CEL and put a bound on every string, list and map that it walks: the API server
    estimates the cost when the CRD is registered, and measures it again at each request.
    """

    rule: str
    """The expression; ``self`` is the value that carries the marker, ``oldSelf`` makes it a transition."""
    message: str
    """Says what to write: names fields in back-quotes and values in single quotes, `must` or `may not`."""
    field_path: str | None = None
    """Names the field to blame, relative to ``self`` (``.kmsKey``)."""
    reason: RuleReason | None = None
    message_expression: str | None = None
    """A CEL string that names the culprit; where it fails the API server takes ``message``."""

    def as_schema(self) -> dict[str, str]:
        """Return the entry of `x-kubernetes-validations`."""
        entry = {"rule": self.rule, "message": self.message}
        optional = {
            "fieldPath": self.field_path,
            "reason": self.reason,
            "messageExpression": self.message_expression,
        }
        return entry | {key: value for key, value in optional.items() if value is not None}

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, []), self.as_schema()]
        return schema


@dataclass(frozen=True, slots=True)
class ListType:
    """How server-side apply merges a list (Kubernetes documentation, "Merge strategy").

    `atomic` is written whole by one manager; `set` holds unique scalars; `map` is merged by ``keys``.
    """

    type: Literal["atomic", "set", "map"]
    keys: tuple[str, ...] = ()

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        marks: dict[str, Any] = {LIST_TYPE: self.type}
        if self.keys:
            marks[LIST_MAP_KEYS] = list(self.keys)
        return handler(core_schema) | marks


@dataclass(frozen=True, slots=True)
class Atomic:
    """Makes server-side apply write a map or an object whole, by one manager.

    It goes on every map and object of a spec that may become empty: when an apply takes the last entry out
    of one that is merged by its keys, `{}` arrives as null and is refused as no object (tried on Kubernetes
    1.36). It also keeps an entry that a second manager added from surviving every later apply of the first.
    """

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(core_schema) | {MAP_TYPE: "atomic"}


ATOMIC: Final = Atomic()


def full_match(pattern: str, value: str = "self") -> str:
    """Return the CEL expression for: all of ``value`` matches (CEL's own `matches` only searches).

    ``pattern`` is RE2 without a single quote. It means the same in Python's ``re.fullmatch``, except for
    what RE2 alone knows.
    """
    return f"{value}.matches(r'^({pattern})$')"


def no_duplicates(field: str) -> Rule:
    """Return the rule that no entry of a list of strings is there twice; its message names one that is."""
    return Rule(
        "self.all(a, self.exists_one(b, b == a))",
        f"`{field}` may not hold the same entry twice",
        message_expression=(
            f'"`{field}` may not hold the same entry twice: \'" + '
            'self.filter(a, !self.exists_one(b, b == a))[0] + "\'"'
        ),
    )


def key_rule(correct: str, message: str) -> Rule:
    """Return the rule that ``correct`` holds for every key ``k`` of a map; its message names a wrong one."""
    return Rule(
        f"self.all(k, {correct})",
        message,
        message_expression=f"{json.dumps(message)} + '; the key is ' + self.filter(k, !({correct}))[0]",
    )
