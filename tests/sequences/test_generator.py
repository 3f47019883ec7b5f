"""The generator itself: what it draws, and how it shrinks."""

from random import Random

from tests.sequences.mistakes import invalid_spec
from tests.sequences.shrinking import shrunk
from tests.sequences.specs import FIXED, refused, spec_schema, valid_spec
from tests.sequences.steps import Apply, Delete, Step, Vanish, sequence


def test_every_field_of_the_schema_is_drawn() -> None:
    drawn = {name for number in range(100) for name in valid_spec(Random(number))}

    assert drawn == spec_schema()["properties"].keys() - FIXED


def test_valid_specs_are_taken_and_invalid_ones_refused() -> None:
    assert [number for number in range(50) if refused(valid_spec(Random(number)))] == []
    assert [number for number in range(50) if not refused(invalid_spec(Random(number)))] == []


def test_a_seed_is_a_sequence() -> None:
    assert sequence(Random("7:1")) == sequence(Random("7:1"))


def test_what_a_failure_does_not_need_is_taken_away() -> None:
    steps: list[Step] = [
        Apply({"tags": {"a": "1"}, "suspend": True}, waits=False),
        Vanish(),
        Apply({"tags": {"a": "2"}, "deletionPolicy": "Delete"}),
        Delete(),
    ]

    def fails(some: list[Step]) -> bool:
        return any(isinstance(step, Apply) and "deletionPolicy" in step.spec for step in some)

    assert shrunk(steps, fails) == [Apply({"deletionPolicy": "Delete"})]
