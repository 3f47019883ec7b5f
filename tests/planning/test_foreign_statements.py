"""Statements of others are kept, whatever their shape, with the document that they stand in."""

import json
from typing import Any

import pytest

from ecr_operator.planning.changes import SetRepositoryPolicy
from ecr_operator.reasons import Reason
from tests.planning.formats import shown_policy
from tests.planning.policy_plans import GRANT, OLD_PULL, REMOVE, planned, refusal, stated, statements_of
from tests.planning.statements import FOREIGN, LAMBDA, PULL, allow, policy


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("there", [[], [OLD_PULL]], ids=["the first of ours", "another of ours"])
def test_a_foreign_statement_is_kept_as_it_is(foreign: Any, there: list[Any]) -> None:
    change = planned(GRANT, policy(*there, foreign), "EcrOperatorPull")
    assert statements_of(change) == [foreign, PULL]
    left = planned({}, policy(PULL, foreign), "EcrOperatorPull")
    assert isinstance(left, SetRepositoryPolicy)
    assert statements_of(left) == [foreign]


def test_foreign_statements_are_kept_in_their_order_and_as_often_as_they_are_there() -> None:
    double = [allow("x"), allow("x", Effect="Deny"), {"Effect": "Deny"}, {"Effect": "Deny"}, "?", "?"]
    change = planned(GRANT, policy(*double, *FOREIGN.values()))
    assert statements_of(change) == [*double, *FOREIGN.values(), PULL]
    assert "keep x, #3, #4, #5, #6, LambdaECRImageRetrievalPolicy" in change.describe()
    assert planned(GRANT, shown_policy(change.text)) is None


def test_what_stands_beside_the_statements_is_carried_along() -> None:
    there = policy(LAMBDA, version="2008-10-17", Id="ECRPolicyId1", Extra=[1])
    document = json.loads(planned(GRANT, there).text)
    assert (document["Version"], document["Id"], document["Extra"]) == ("2008-10-17", "ECRPolicyId1", [1])


def test_a_document_of_ours_alone_has_the_current_version() -> None:
    for there in (None, policy(OLD_PULL, version="2008-10-17", Id="x")):
        assert json.loads(planned(GRANT, there, "EcrOperatorPull").text) == {
            "Version": "2012-10-17",
            "Statement": [PULL],
        }


@pytest.mark.parametrize("there", ["{", "[]", '{"Statement": 7}', '{"a": 1, "a": 2}'], ids=str)
@pytest.mark.parametrize("managed", [(), ("EcrOperatorPull",)], ids=["not recorded", "recorded"])
def test_a_text_that_cannot_be_read_is_kept(there: str, managed: tuple[str, ...]) -> None:
    """Also by a spec that only wants to take back what is recorded."""
    for spec in (GRANT, {})[: 1 + len(managed)]:
        outcome = refusal(planned(spec, there, *managed))
        assert outcome.reason is Reason.INVALID_POLICY
        assert "cannot be merged" in outcome.message
        assert "it is kept" in outcome.message
        assert "foreignStatements: Remove" in outcome.message


VARIABLE = allow("Mine", Condition={"StringEquals": {"aws:PrincipalTag/team": "${aws:PrincipalTag/x}"}})
LITERAL = allow("Theirs", Condition={"StringEquals": {"x": "${literal}"}})


def test_our_variables_get_the_version_that_knows_them() -> None:
    """In a document of 2008 they would be plain text: a Deny with one would deny nothing."""
    for there in (
        policy(LAMBDA, version="2008-10-17", Id="x"),
        policy(LAMBDA, VARIABLE, version="2008-10-17", Id="x"),
        policy(LAMBDA, version=None, Id="x"),
    ):
        document = json.loads(planned(stated(VARIABLE), there).text)
        assert document == {"Version": "2012-10-17", "Id": "x", "Statement": [LAMBDA, VARIABLE]}


def test_foreign_text_that_would_become_a_variable_keeps_its_version() -> None:
    there = policy(LITERAL, version="2008-10-17")
    assert json.loads(planned(GRANT, there).text)["Version"] == "2008-10-17"
    outcome = refusal(planned(stated(VARIABLE), there))
    assert outcome.reason is Reason.INVALID_POLICY
    assert "plain text in foreign statements (Theirs)" in outcome.message
    assert json.loads(planned(stated(VARIABLE) | REMOVE, there).text)["Version"] == "2012-10-17"


def test_our_statements_with_variables_alone_are_moved_to_the_current_version() -> None:
    there = policy(VARIABLE, version="2008-10-17")
    assert json.loads(planned(stated(VARIABLE), there, "Mine").text)["Version"] == "2012-10-17"
    assert planned(stated(VARIABLE), policy(VARIABLE), "Mine") is None


def test_a_version_of_the_future_stays() -> None:
    there = policy(LAMBDA, version="2030-01-01")
    assert json.loads(planned(stated(VARIABLE), there).text)["Version"] == "2030-01-01"
