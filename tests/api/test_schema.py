"""What pydantic emits becomes a structural schema, or an error that names the field."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import ConfigDict, Field

from ecr_operator.api.markers import ListType, Rule
from ecr_operator.api.meta import ApiModel, Time
from ecr_operator.api.schema import UnsupportedSchemaError, structural_schema


class Colour(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Part(ApiModel):
    """A part."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (Rule("self.a", "`a` must be"),)

    colour: Colour
    """The colour
    of it.

    More on it.
    """


class Whole(ApiModel):
    """A whole."""

    one_part: Annotated[Part, Rule("self.b", "`b` must be")] | None = None
    """One part."""
    parts: Annotated[tuple[Part, ...], Field(max_length=3), ListType("map", ("colour",))] = ()
    """Parts."""
    colour: Colour = Colour.RED
    """A colour that the field describes."""
    fixed: Literal["x"] | None = None
    count: Annotated[int, Field(ge=0)] | None = 5
    at: Time | None = None
    words: Annotated[dict[str, Annotated[str, Field(max_length=2)]], Field(max_length=1)] | None = None
    anything: Any = None
    text_or_list: str | list[str] | None = None
    """A string or a list."""


SCHEMA = structural_schema(Whole)
FIELDS: dict[str, Any] = SCHEMA["properties"]
PART = {
    "description": "A part.",
    "type": "object",
    "required": ["colour"],
    "properties": {
        "colour": {
            "description": "The colour of it.\n\nMore on it.",
            "type": "string",
            "enum": ["red", "blue"],
        }
    },
}
RULE_A = {"rule": "self.a", "message": "`a` must be"}
RULE_B = {"rule": "self.b", "message": "`b` must be"}

EXPECTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a nested model stands in its place, with the field's words and both places' rules": (
        "onePart",
        PART | {"description": "One part.", "x-kubernetes-validations": [RULE_A, RULE_B]},
    ),
    "a tuple is a list with its type and keys": (
        "parts",
        {
            "description": "Parts.",
            "type": "array",
            "maxItems": 3,
            "items": PART | {"x-kubernetes-validations": [RULE_A]},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["colour"],
        },
    ),
    "an enum stands in its place, without its default": (
        "colour",
        {
            "description": "A colour that the field describes.",
            "type": "string",
            "enum": ["red", "blue"],
        },
    ),
    "a constant is an enum of one": ("fixed", {"type": "string", "enum": ["x"]}),
    "an integer has 64 bits": ("count", {"type": "integer", "format": "int64", "minimum": 0}),
    "a time is a date-time": ("at", {"type": "string", "format": "date-time"}),
    "a dictionary is a map": (
        "words",
        {
            "type": "object",
            "maxProperties": 1,
            "additionalProperties": {"type": "string", "maxLength": 2},
        },
    ),
    "anything keeps what it is given": ("anything", {"x-kubernetes-preserve-unknown-fields": True}),
    "several types keep what they are given": (
        "textOrList",
        {"description": "A string or a list.", "x-kubernetes-preserve-unknown-fields": True},
    ),
}


@pytest.mark.parametrize(("field", "expected"), EXPECTED.values(), ids=EXPECTED.keys())
def test_a_field_becomes_structural(field: str, expected: dict[str, Any]) -> None:
    assert FIELDS[field] == expected


def test_only_fields_without_a_default_are_required() -> None:
    assert "required" not in SCHEMA
    assert FIELDS["onePart"]["required"] == ["colour"]


class Open(ApiModel):
    """An object of somebody else's."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[str, Field(max_length=2)]


def test_a_model_that_keeps_unknown_fields_makes_the_api_server_keep_them() -> None:
    assert structural_schema(Open) == {
        "description": "An object of somebody else's.",
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "maxLength": 2}},
        "x-kubernetes-preserve-unknown-fields": True,
    }


class Tuples(ApiModel):
    pair: tuple[int, str]


class Exclusive(ApiModel):
    number: Annotated[int, Field(gt=0)]


@pytest.mark.parametrize(
    ("model", "path", "keyword"),
    [(Tuples, "Tuples.pair", "prefixItems"), (Exclusive, "Exclusive.number", "exclusiveMinimum")],
)
def test_what_a_structural_schema_cannot_say_is_an_error(
    model: type[ApiModel], path: str, keyword: str
) -> None:
    with pytest.raises(UnsupportedSchemaError, match=f"{path}: {keyword}"):
        structural_schema(model)
