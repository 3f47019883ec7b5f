"""Equality of random statements: what AWS re-formats does not matter, and any other change does."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.policy_document import parse_policy
from ecr_operator.planning.policy_equality import canonical, same_policies, same_statements
from tests.planning.bounds import bounded
from tests.planning.formats import shown_policy, shown_statement
from tests.planning.samples import PLACE
from tests.planning.statements import DELETED, OTHER, ROLE, ROOT, policy

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from([0.5, "a", "B", "*", OTHER, ROOT, "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abC"), inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.sampled_from([OTHER, ROOT, ROLE, DELETED, "*", "a", "B"])


def some(entries: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One or a list."""
    return entries | st.lists(entries, min_size=1, max_size=3, unique=True)


PRINCIPALS = st.just("*") | st.dictionaries(
    st.sampled_from(["AWS", "Service", "Federated"]), some(TEXTS), min_size=1, max_size=2
)
CONDITIONS = st.dictionaries(
    st.sampled_from(["StringEquals", "StringLike", "Bool"]),
    st.dictionaries(
        st.sampled_from(["aws:SourceArn", "aws:SourceAccount", "x"]),
        some(TEXTS | st.booleans() | st.integers(0, 3)),
        min_size=1,
        max_size=2,
    ),
    min_size=1,
    max_size=2,
)
ACTIONS = some(st.sampled_from(["ecr:PutImage", "ecr:putimage", "ecr:*", "ecr:ListImages"]))
KNOWN = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Principal": PRINCIPALS, "Action": ACTIONS},
    optional={"Sid": st.sampled_from("abc"), "Condition": CONDITIONS, "Future": JSON},
)
"""Statements in a form that IAM has."""
MEMBERS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition", "X"]
ANY = KNOWN | st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5) | JSON
"""Statements, and what is none."""


@bounded(200)
@given(st.lists(ANY, max_size=4))
def test_a_policy_equals_itself(statements: list[Any]) -> None:
    assert same_statements(statements, statements, PLACE)
    assert same_statements(statements, list(reversed(statements)), PLACE)
    document = parse_policy(policy(*statements))
    assert same_statements(document.statements, statements, PLACE)
    assert same_policies(document.text(), policy(*statements), PLACE)


@bounded(150)
@given(st.lists(KNOWN, min_size=1, max_size=2), st.randoms())
def test_what_aws_re_formats_does_not_matter(statements: list[Any], choices: Random) -> None:
    text = policy(*statements)
    once = shown_policy(text, choices)
    assert same_policies(text, once, PLACE)
    assert same_policies(once, shown_policy(once, choices), PLACE)


@bounded(200)
@given(KNOWN, st.randoms(), CONDITIONS, st.sampled_from(["drop", "add a value", "add a key", "replace"]))
def test_another_condition_matters(
    statement: dict[str, Any], choices: Random, conditions: dict[str, Any], how: str
) -> None:
    one = statement | {"Condition": conditions}
    operator = next(iter(conditions))
    keys = conditions[operator]
    key, values = next(iter(keys.items()))
    other: dict[str, Any]
    match how:
        case "drop":
            other = {name: value for name, value in one.items() if name != "Condition"}
        case "add a value":
            more = [*(values if isinstance(values, list) else [values]), "another"]
            other = one | {"Condition": conditions | {operator: keys | {key: more}}}
        case "add a key":
            other = one | {"Condition": conditions | {operator: keys | {"another": "b"}}}
        case _:
            other = one | {"Condition": {f"{operator}IfExists": keys}}
    shown = shown_statement(other, choices)
    assert canonical(one, PLACE) != canonical(shown, PLACE)


@bounded(200)
@given(KNOWN, st.randoms(), st.sampled_from(["another account", "all but these", "other effect", "drop"]))
def test_another_principal_matters(statement: dict[str, Any], choices: Random, how: str) -> None:
    rest = {name: value for name, value in statement.items() if name != "Principal"}
    other = {
        "another account": statement | {"Principal": {"AWS": "555555555555"}},
        "all but these": rest | {"NotPrincipal": statement["Principal"]},
        "other effect": statement | {"Effect": "Deny" if statement["Effect"] == "Allow" else "Allow"},
        "drop": rest,
    }[how]
    shown = shown_statement(other, choices)
    assert canonical(statement, PLACE) != canonical(shown, PLACE)
