"""A policy is read without losing anything, or not at all."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.policy_document import (
    DEPTH_MAX,
    EMPTY,
    PolicyDocument,
    UnreadablePolicyError,
    parse_policy,
    shown_names,
    sid_of,
)
from ecr_operator.planning.policy_equality import canonical
from tests.planning.bounds import bounded
from tests.planning.samples import PLACE
from tests.planning.statements import FOREIGN, LAMBDA, allow, policy


def deep(depth: int, opening: str, closing: str) -> str:
    return f'{{"Statement": {opening * depth}1{closing * depth}}}'


UNREADABLE = {
    "no JSON": ("Version: 2012-10-17", "no JSON object"),
    "no text at all": ("", "no JSON object"),
    "more than one document": ("{}{}", "no JSON object"),
    "a list at the top": ("[]", "no JSON object"),
    "a text at the top": ('"Statement"', "no JSON object"),
    "null": ("null", "no JSON object"),
    "a name twice": ('{"Statement": [{"Sid": "a", "Sid": "b"}]}', "distinct names"),
    "a name twice at the top": ('{"Statement": [], "Statement": []}', "distinct names"),
    "NaN": ('{"Statement": [{"x": NaN}]}', "no JSON object"),
    "Infinity": ('{"Statement": [{"x": -Infinity}]}', "no JSON object"),
    "a number that is too large to be written again": ('{"Statement": [{"x": 1e999}]}', "no JSON object"),
    "a number of 5,000 digits": ('{"Statement": [{"x": %s}]}' % ("9" * 5000), "no JSON object"),
    "a number as Statement": ('{"Statement": 7}', "neither an object nor a list"),
    "null as Statement": ('{"Statement": null}', "neither an object nor a list"),
    "a text as Statement": ('{"Statement": "Allow"}', "neither an object nor a list"),
    "lists 100,000 deep": (deep(100_000, "[", "]"), "no JSON object"),
    "objects 100,000 deep": (deep(100_000, '{"a":', "}"), "no JSON object"),
    "objects 100 deep": (deep(100, '{"a":', "}"), "nested too deep"),
}


@pytest.mark.parametrize(("text", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_text_that_is_not_understood_is_not_read(text: str, why: str) -> None:
    with pytest.raises(UnreadablePolicyError, match=why):
        parse_policy(text)


@pytest.mark.parametrize("depth", [*range(DEPTH_MAX - 5, DEPTH_MAX + 5), *range(900, 1000, 7)], ids=str)
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_what_can_be_read_can_be_compared_and_written(depth: int, opening: str, closing: str) -> None:
    """However deep the caller's own stack is."""
    nested = opening * depth + "1" + closing * depth
    text = f'{{"Statement": [{{"Condition": {{"a": {{"b": {nested}}}}}, "Action": {nested}}}]}}'
    try:
        document = parse_policy(text)
    except UnreadablePolicyError:
        assert depth > DEPTH_MAX - 10
        return
    canonical(document.statements[0], PLACE)
    assert parse_policy(document.text()) == document


def test_no_policy_is_an_empty_one_of_the_current_version() -> None:
    assert parse_policy(None) is EMPTY
    assert (EMPTY.version, EMPTY.statements) == ("2012-10-17", ())


def test_one_statement_may_stand_alone() -> None:
    document = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": LAMBDA}))
    assert document.statements == (LAMBDA,)
    assert json.loads(document.text())["Statement"] == [LAMBDA]


def test_a_document_may_be_without_statements() -> None:
    assert parse_policy('{"Version": "2012-10-17"}').statements == ()


VERSIONS: dict[str, tuple[str, Any]] = {
    "the current one": (policy(), "2012-10-17"),
    "the old one": (policy(version="2008-10-17"), "2008-10-17"),
    "none, which means the old one": (policy(version=None), "2008-10-17"),
    "one of the future": (policy(version="2030-01-01"), "2030-01-01"),
    "none that is a text": ('{"Version": {"a": [1]}, "Statement": []}', {"a": [1]}),
}


@pytest.mark.parametrize(("text", "version"), VERSIONS.values(), ids=VERSIONS)
def test_the_version_of_a_document(text: str, version: Any) -> None:
    assert parse_policy(text).version == version


def test_members_that_nobody_knows_are_carried_along() -> None:
    text = policy(
        *FOREIGN.values(), version="2008-10-17", Id="ECRPolicyId1", Comment={"by": ["me", None, 1.5]}
    )
    document = parse_policy(text)
    assert document.statements == tuple(FOREIGN.values())
    assert json.loads(document.text()) == json.loads(text)


def test_a_text_is_as_short_as_it_can_be() -> None:
    assert PolicyDocument({"Version": "v"}, ({"Sid": "ü", "Action": ["a", "b"]},)).text() == (
        '{"Version":"v","Statement":[{"Sid":"ü","Action":["a","b"]}]}'
    )


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@bounded(150)
@given(JSON)
def test_any_json_is_read_without_loss_or_not_at_all(value: Any) -> None:
    text = json.dumps(value)
    try:
        document = parse_policy(text)
    except UnreadablePolicyError:
        assert not isinstance(value, dict) or not isinstance(value.get("Statement", []), dict | list)
        return
    assert parse_policy(document.text()) == document


@bounded(150)
@given(st.text())
def test_no_text_crashes_the_parser(text: str) -> None:
    with contextlib.suppress(UnreadablePolicyError):
        parse_policy(text)


SIDS: dict[str, tuple[Any, str | None]] = {
    "a text": (allow("a"), "a"),
    "an empty one is none": (allow(""), None),
    "a number is none": (allow() | {"Sid": 1}, None),
    "a list is none": (allow() | {"Sid": ["a"]}, None),
    "left out": ({}, None),
    "of a statement that is no object": ("Sid", None),
}


@pytest.mark.parametrize(("statement", "sid"), SIDS.values(), ids=SIDS)
def test_the_sid_of_a_statement(statement: Any, sid: str | None) -> None:
    assert sid_of(statement) == sid


def test_statements_without_a_sid_are_shown_by_their_place() -> None:
    numbered = [(1, allow("a")), (2, "x"), (4, allow("")), (5, allow("a")), (6, allow("b"))]
    assert shown_names(numbered) == ("a", "#2", "#4", "b")
