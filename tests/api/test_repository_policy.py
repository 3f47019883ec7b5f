"""Statements reach the operator exactly as they were written, wrong ones included, or are refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ecr_operator.api.iam import Effect, RepositoryPolicy, Statement
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.validation import describe
from tests.api.repositories import assert_refused, repository
from tests.cluster import ApiError, Cluster

STATEMENTS = "spec.repositoryPolicy.statements"


def statement(sid: str = "AllowAudit", **members: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "ecr:DescribeImages"} | members


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"repositoryPolicy": {"statements": list(statements)}}


def without(member: str) -> dict[str, Any]:
    return {key: value for key, value in statement().items() if key != member}


RESERVED = "`Sid` may not start with 'EcrOperator': the operator names the statements of `access` so"
CHARACTERS = "`Sid` must consist of letters, digits, spaces, '_', '.' and '-'"
ONE_PRINCIPAL = "exactly one of `Principal` and `NotPrincipal` must be specified"
ONE_ACTION = "exactly one of `Action` and `NotAction` must be specified"

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no statements": (policy(), STATEMENTS, "at least 1 items"),
    "statements left out": ({"repositoryPolicy": {}}, STATEMENTS, "Required value"),
    "51 statements": (policy(*(statement(f"s{n}") for n in range(51))), STATEMENTS, "at most 50 items"),
    "no Sid": (policy(without("Sid")), f"{STATEMENTS}[0].Sid", "Required value"),
    "an empty Sid": (policy(statement("")), f"{STATEMENTS}[0].Sid", "at least 1 chars long"),
    "a Sid of 129 characters": (policy(statement("s" * 129)), f"{STATEMENTS}[0].Sid", "more than 128"),
    "a Sid with a slash": (policy(statement("a/b")), f"{STATEMENTS}[0].Sid", CHARACTERS),
    "a Sid with an umlaut": (policy(statement("Größe")), f"{STATEMENTS}[0].Sid", CHARACTERS),
    "a Sid with a line break": (policy(statement("a\nb")), f"{STATEMENTS}[0].Sid", CHARACTERS),
    "a Sid of ours": (policy(statement("EcrOperatorPull")), f"{STATEMENTS}[0].Sid", RESERVED),
    "a Sid of ours in other letters": (policy(statement("ecrOPERATOR")), f"{STATEMENTS}[0].Sid", RESERVED),
    "a Sid twice": (
        policy(statement("a"), statement("b", Effect="Deny"), statement("b")),
        STATEMENTS,
        "`Sid` must be unique among the statements; 'b' is there twice",
    ),
    "no effect": (policy(without("Effect")), f"{STATEMENTS}[0].Effect", "Required value"),
    "an effect in small letters": (
        policy(statement(Effect="allow")),
        f"{STATEMENTS}[0].Effect",
        '"Allow", "Deny"',
    ),
    "nobody": (policy(without("Principal")), f"{STATEMENTS}[0]", ONE_PRINCIPAL),
    "everybody and not everybody": (
        policy(statement(NotPrincipal={"AWS": "x"})),
        f"{STATEMENTS}[0]",
        ONE_PRINCIPAL,
    ),
    "a principal that is null": (policy(statement(Principal=None)), f"{STATEMENTS}[0]", ONE_PRINCIPAL),
    "no action": (policy(without("Action")), f"{STATEMENTS}[0]", ONE_ACTION),
    "actions in and out": (policy(statement(NotAction=["ecr:*"])), f"{STATEMENTS}[0]", ONE_ACTION),
    "an action in small letters": (
        policy(without("Action") | {"action": "ecr:*"}),
        f"{STATEMENTS}[0]",
        ONE_ACTION,
    ),
    "the second statement": (policy(statement("a"), statement("b/")), f"{STATEMENTS}[1].Sid", CHARACTERS),
}


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_member_and_what_to_write(
    cluster: Cluster, namespace: str, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, namespace, spec, field, words)


ACCEPTED: dict[str, dict[str, Any]] = {
    "AWS's example for an organization": policy(
        statement(
            "AllowPull new statement",
            Action=["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
            Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        )
    ),
    "AWS's example for an account": policy(
        statement(Principal={"AWS": "arn:aws:iam::123456789012:root"}, Resource="*")
    ),
    "all that is left out of the rest": policy(
        {
            "Sid": "._- 0",
            "Effect": "Deny",
            "NotPrincipal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:root"]},
            "NotAction": ["ecr:BatchGetImage"],
            "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"x": [1, 2]}},
        }
    ),
    "a member that IAM does not know": policy(statement(Conditions={"StringEquals": {"a": "b"}})),
    "a member that is known by other letters": policy(statement(condition={"a": ["b"]}, resource=3)),
    "nonsense where IAM has several types": policy(statement(Principal=7, Action={}, Resource=[[]])),
    "Sids that differ in one letter": policy(statement("a"), statement("A")),
    "50 statements with Sids of 128 characters": policy(*(statement(f"{n:0128}") for n in range(50))),
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, namespace: str, spec: dict[str, Any]) -> None:
    """Unknown members, too: pruned, a misspelt `Condition` would leave a grant without its condition."""
    stored = cluster.create(repository("web", spec, namespace))["spec"]
    assert stored == spec
    read = RepositoryPolicy.from_json(stored["repositoryPolicy"])
    assert [entry.document() for entry in read.statements] == spec["repositoryPolicy"]["statements"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ecr:BatchGetImage", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]),
        (["ecr:BatchGetImage"], "ecr:BatchGetImage"),
    ],
    ids=["from a string to a list", "from a list to a string"],
)
def test_an_action_may_change_its_type_under_server_side_apply(
    cluster: Cluster, namespace: str, before: Any, after: Any
) -> None:
    cluster.apply(repository("web", policy(statement(Action=before)), namespace))
    wanted = policy(statement(Action=after))
    assert cluster.apply(repository("web", wanted, namespace))["spec"] == wanted


def test_a_condition_that_is_taken_out_goes(cluster: Cluster, namespace: str) -> None:
    cluster.apply(repository("web", policy(statement(Condition={"Bool": {"a": "b"}}, Typo=1)), namespace))
    assert cluster.apply(repository("web", policy(statement()), namespace))["spec"] == policy(statement())


def test_a_second_manager_cannot_add_a_statement_unseen(cluster: Cluster, namespace: str) -> None:
    cluster.apply(repository("web", policy(statement()), namespace))
    with pytest.raises(ApiError) as error:
        cluster.apply(repository("web", policy(statement("smuggled")), namespace), field_manager="second")
    assert error.value.status == 409


JSON_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"])


@given(
    known=st.dictionaries(MEMBERS, JSON_VALUES), others=st.dictionaries(st.text(), JSON_VALUES, max_size=3)
)
def test_a_document_is_what_was_written(known: dict[str, Any], others: dict[str, Any]) -> None:
    written = others | known | {"Sid": "a", "Effect": "Deny"}
    document = Statement.from_json(written).document()
    assert document == written
    assert json.loads(json.dumps(document)) == written


@pytest.mark.parametrize("name", ["principal", "not_action", "model_config", "document", "sid", "__class__"])
def test_a_member_with_a_name_of_python_is_only_an_unknown_member(name: str) -> None:
    written = statement() | {name: {"a": 1}}
    read = Statement.from_json(written)
    assert read.document() == written
    assert (read.sid, read.effect, read.principal) == ("AllowAudit", Effect.ALLOW, "*")


def test_a_document_is_the_readers_own() -> None:
    read = Statement.from_json(statement(Condition={"Bool": {"a": ["b"]}}))
    read.document()["Condition"]["Bool"]["a"].append("c")
    assert read.document()["Condition"] == {"Bool": {"a": ["b"]}}


def test_a_refused_statement_is_explained_by_the_names_of_iam() -> None:
    with pytest.raises(ValidationError) as error:
        RepositoryPolicy.from_json({"statements": [{"Sid": "a"}]})
    assert describe(error.value) == "`spec.statements[0].Effect` must be specified"


def test_statements_that_are_kept_are_listed_in_the_status(cluster: Cluster, namespace: str) -> None:
    cluster.create(repository("web", namespace=namespace))
    kept = ["LambdaECRImageRetrievalPolicy", "#2", *(f"{n:0256}" for n in range(18))]
    managed = ["repository", "lifecyclePolicy", *(f"statements/{n:0128}" for n in range(58))]
    status = {"foreignStatements": kept, "managed": managed}
    stored = cluster.status_patch("EcrRepository", namespace, "web", status)["status"]
    assert EcrRepositoryStatus.from_json(stored).foreign_statements == tuple(kept)
    assert stored["managed"] == managed
    with pytest.raises(ApiError) as error:
        cluster.status_patch("EcrRepository", namespace, "web", {"foreignStatements": [*kept, "#3"]})
    assert "status.foreignStatements: Too many" in error.value.message
