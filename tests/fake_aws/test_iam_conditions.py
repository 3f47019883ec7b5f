"""IAM's Condition element and document grammar, without any process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_aws.iam import conditions, operations, wildcards
from tests.fake_aws.iam.document import statements_of
from tests.fake_aws.model import ecr_model

ALLOW = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}
TEAM, KEYS = "aws:ResourceTag/team", "aws:TagKeys"


def holds(operator: str, key: str, values: Any, **context: tuple[str, ...]) -> bool:
    """Whether a condition holds where `team` is the resource's tag and `keys` are those of the request."""
    names = {"team": TEAM.lower(), "keys": KEYS.lower()}
    found = {names[name]: value for name, value in context.items()}
    return all(one.holds(found) for one in conditions.parsed({operator: {key: values}}))


@pytest.mark.parametrize(
    ("operator", "values", "tag", "missing"),
    [
        ("StringEquals", "a", {"a": True, "b": False, "A": False}, False),
        ("StringEquals", ["a", "b"], {"a": True, "b": True, "c": False}, False),
        ("StringEqualsIfExists", "a", {"a": True, "b": False}, True),
        ("StringEqualsIgnoreCase", "A", {"a": True, "b": False}, False),
        ("StringNotEquals", ["a", "b"], {"a": False, "c": True}, True),
        ("StringLike", "a*", {"a": True, "abc": True, "ba": False}, False),
        ("StringLike", "a?c", {"abc": True, "ac": False, "a[c": True}, False),
        ("StringNotLike", "a*", {"abc": False, "b": True}, True),
        ("StringLikeIfExists", "a*", {"b": False}, True),
        ("Null", "true", {"a": False}, True),
        ("Null", False, {"a": True}, False),
    ],
)
def test_an_operator_on_a_key_of_one_value(
    operator: str, values: Any, tag: dict[str, bool], missing: bool
) -> None:
    assert {value: holds(operator, TEAM, values, team=(value,)) for value in tag} == tag
    assert holds(operator, TEAM, values) is missing


@pytest.mark.parametrize(
    ("operator", "requests", "missing"),
    [
        (
            "ForAllValues:StringEquals",
            {("a",): True, ("a", "b"): True, ("a", "c"): False, ("c",): False},
            True,
        ),
        ("ForAnyValue:StringEquals", {("a",): True, ("a", "c"): True, ("c",): False}, False),
        ("ForAllValues:StringNotEquals", {("c",): True, ("a", "c"): False}, True),
        ("ForAnyValue:StringNotEquals", {("a",): False, ("a", "c"): True}, False),
    ],
)
def test_an_operator_on_a_key_of_many_values(
    operator: str, requests: dict[tuple[str, ...], bool], missing: bool
) -> None:
    assert {keys: holds(operator, KEYS, ["a", "b"], keys=keys) for keys in requests} == requests
    assert holds(operator, KEYS, ["a", "b"]) is missing


def test_names_of_keys_ignore_case_and_values_do_not() -> None:
    (condition,) = conditions.parsed({"StringEquals": {"AWS:resourcetag/Team": "a"}})
    assert condition.holds({TEAM.lower(): ("a",)})
    assert not condition.holds({TEAM.lower(): ("A",)})


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("arn:aws:ecr:*:*:repository/team-*", "arn:aws:ecr:eu-west-1:1:repository/team-a/app", True),
        ("arn:aws:ecr:*:*:repository/team-*", "arn:aws:ecr:eu-west-1:1:repository/*", False),
        ("arn:aws:ecr:*:*:repository/*", "arn:aws:ecr:eu-west-1:1:repository/*", True),
        ("arn:aws:ecr:*", "*", False),
        ("*", "*", True),
        ("a.c", "abc", False),
    ],
)
def test_only_stars_and_question_marks_are_wildcards(pattern: str, value: str, fits: bool) -> None:
    assert wildcards.matches(pattern, value) is fits


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Principal": "*"}, "has only"),
        ({"Effect": "Maybe"}, "Effect is Allow or Deny"),
        ({"NotAction": "ecr:*"}, "either Action or NotAction"),
        ({"Action": "DescribeRegistry"}, "prefaced by a vendor"),
        ({"Action": []}, "is strings"),
        ({"Resource": "repository/app"}, "ARN format"),
        ({"Resource": "arn:aws:ecr:*:${aws:PrincipalAccount}:repository/*"}, "variables are unknown"),
        ({"Condition": {"StringEqual": {TEAM: "a"}}}, "the operator StringEqual is unknown"),
        ({"Condition": {"NullIfExists": {TEAM: "true"}}}, "the operator NullIfExists is unknown"),
        (
            {"Condition": {"DateLessThan": {"aws:CurrentTime": "2026"}}},
            "the operator DateLessThan is unknown",
        ),
        (
            {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc"}}},
            "the condition key aws:sourcevpc is unknown",
        ),
        ({"Condition": {"StringEquals": {KEYS: "a"}}}, "has many values"),
        ({"Condition": {"StringEquals": {TEAM: 1}}}, "values are strings"),
    ],
)
def test_what_iam_or_the_fake_does_not_know_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        statements_of({"Version": "2012-10-17", "Statement": [{**ALLOW, **change}]})


def test_a_document_may_be_text_or_several_and_has_a_limit() -> None:
    one = {"Version": "2012-10-17", "Statement": {**ALLOW, "Sid": "One"}}
    named = statements_of([json.dumps(one), {"Version": "2012-10-17", "Statement": [ALLOW, ALLOW]}])
    assert [statement.name for statement in named] == ["One", "1", "2"]
    with pytest.raises(ValueError, match="at most 6144 characters"):
        statements_of({"Statement": [{**ALLOW, "Action": [f"ecr:{number:050}" for number in range(200)]}]})
    with pytest.raises(ValueError, match="must be unique"):
        statements_of({"Statement": [{**ALLOW, "Sid": "One"}, {**ALLOW, "Sid": "One"}]})


def test_every_operation_of_ecr_is_in_the_table_once() -> None:
    assert not operations.ON_REPOSITORIES & operations.ON_THE_REGISTRY
    assert set(ecr_model().operation_names) == operations.ON_REPOSITORIES | operations.ON_THE_REGISTRY
