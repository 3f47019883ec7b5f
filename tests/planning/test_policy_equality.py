"""AWS re-formats a policy; what means the same is equal, and nothing else is."""

from random import Random
from typing import Any

import pytest

from ecr_operator.planning.policy_equality import (
    canonical,
    deleted_principals,
    is_deleted,
    same_policies,
)
from tests.planning.formats import shown_policy
from tests.planning.samples import ACCOUNT, PLACE
from tests.planning.statements import DELETED, FOREIGN, LAMBDA, OTHER, PULL, ROLE, ROOT, allow, policy


def when(**operators: Any) -> dict[str, Any]:
    return allow(Condition=operators)


PAIRS: dict[str, tuple[Any, Any]] = {
    "an account and its root": (allow(Principal={"AWS": OTHER}), allow(Principal={"AWS": ROOT})),
    "an account among others": (
        allow(Principal={"AWS": [OTHER, ROLE]}),
        allow(Principal={"AWS": [ROLE, ROOT]}),
    ),
    "an account that is spared": (
        allow(Principal=None, NotPrincipal={"AWS": [ACCOUNT]}),
        allow(Principal=None, NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
    ),
    "a principal and a list of it": (allow(Principal={"AWS": ROLE}), allow(Principal={"AWS": [ROLE]})),
    "a service and a list of it": (
        allow(Principal={"Service": "ecs.amazonaws.com"}),
        allow(Principal={"Service": ["ecs.amazonaws.com"]}),
    ),
    "everybody and everybody of AWS": (allow(Principal="*"), allow(Principal={"AWS": "*"})),
    "everybody in a list": (allow(Principal="*"), allow(Principal={"AWS": ["*"]})),
    "an action and a list of it": (allow(Action="ecr:PutImage"), allow(Action=["ecr:PutImage"])),
    "actions in another order": (
        allow(Action=["ecr:PutImage", "ecr:ListImages"]),
        allow(Action=["ecr:ListImages", "ecr:PutImage"]),
    ),
    "an action twice": (allow(Action=["ecr:PutImage"] * 2), allow(Action="ecr:PutImage")),
    "actions in other letters": (allow(Action="ECR:putimage"), allow(Action="ecr:PutImage")),
    "exempt actions in other letters": (
        allow(Action=None, NotAction=["ecr:PutImage"]),
        allow(Action=None, NotAction="ecr:putImage"),
    ),
    "members in another order": (LAMBDA, dict(reversed(LAMBDA.items()))),
    "a condition key in other letters": (
        when(StringLike={"aws:SourceArn": "arn:a"}),
        when(StringLike={"aws:sourceARN": "arn:a"}),
    ),
    "a value of a condition and a list of it": (
        when(StringEquals={"aws:SourceAccount": OTHER}),
        when(StringEquals={"aws:SourceAccount": [OTHER]}),
    ),
    "values of a condition in another order": (
        when(StringEquals={"aws:PrincipalOrgID": ["o-b", "o-a"]}),
        when(StringEquals={"aws:PrincipalOrgID": ["o-a", "o-b"]}),
    ),
    "keys of a condition in another order": (
        when(StringEquals={"a": "1", "b": "2"}),
        when(StringEquals={"b": "2", "a": "1"}),
    ),
    "a Boolean and its text": (
        when(Bool={"aws:SecureTransport": False}),
        when(Bool={"aws:SecureTransport": "false"}),
    ),
    "a number and its text": (when(NumericLessThan={"n": 7}), when(NumericLessThan={"n": ["7"]})),
    "every resource and none": (allow(Resource="*"), allow()),
    "every resource in a list and none": (allow(Resource=["*"]), allow()),
    "conditions that are none": (allow(Condition={}), allow()),
    "an empty Sid and none": (allow(""), allow(None)),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_equal(one: Any, other: Any) -> None:
    assert canonical(one, PLACE) == canonical(other, PLACE)
    assert same_policies(policy(LAMBDA, one), policy(other, LAMBDA), PLACE)


DIFFERENT: dict[str, tuple[Any, Any]] = {
    "a deleted role and one of its name": (allow(Principal={"AWS": DELETED}), allow(Principal={"AWS": ROLE})),
    "two deleted roles": (
        allow(Principal={"AWS": DELETED}),
        allow(Principal={"AWS": "AROAZZZZZZZZZZZZZZZZZ"}),
    ),
    "another effect": (allow(), allow(Effect="Deny")),
    "another Sid": (allow("a"), allow("b")),
    "a Sid in other letters": (allow("audit"), allow("Audit")),
    "no Sid": (allow(), allow("")),
    "another action": (allow(Action="ecr:PutImage"), allow(Action="ecr:ListImages")),
    "one action more": (allow(Action="ecr:PutImage"), allow(Action=["ecr:PutImage", "ecr:ListImages"])),
    "all actions of ECR and all": (allow(Action="ecr:*"), allow(Action="*")),
    "an action and all but it": (allow(), allow(Action=None, NotAction="ecr:PutImage")),
    "another account": (allow(Principal={"AWS": OTHER}), allow(Principal={"AWS": ACCOUNT})),
    "an account and everybody": (allow(Principal={"AWS": OTHER}), allow(Principal="*")),
    "a role in other letters": (
        allow(Principal={"AWS": ROLE}),
        allow(Principal={"AWS": ROLE.replace("deployer", "Deployer")}),
    ),
    "a role and its account": (allow(Principal={"AWS": ROLE}), allow(Principal={"AWS": ROOT})),
    "the root in another partition": (
        allow(Principal={"AWS": OTHER}),
        allow(Principal={"AWS": f"arn:aws-cn:iam::{OTHER}:root"}),
    ),
    "the same text as another kind of principal": (
        allow(Principal={"Service": OTHER}),
        allow(Principal={"AWS": OTHER}),
    ),
    "a service with the number of an account": (
        allow(Principal={"Service": OTHER}),
        allow(Principal={"Service": ROOT}),
    ),
    "everybody and all services": (allow(Principal="*"), allow(Principal={"Service": "*"})),
    "who is meant and who is not": (allow(), allow(Principal=None, NotPrincipal={"AWS": ROOT})),
    "a condition and none": (when(StringEquals={"a": "b"}), allow()),
    "an operator without a key and none": (when(StringEquals={}), allow()),
    "another operator": (when(StringEquals={"a": "b"}), when(StringLike={"a": "b"})),
    "an operator with IfExists": (when(StringEquals={"a": "b"}), when(StringEqualsIfExists={"a": "b"})),
    "another key": (when(StringEquals={"a": "b"}), when(StringEquals={"c": "b"})),
    "another value": (when(StringEquals={"a": "b"}), when(StringEquals={"a": "c"})),
    "a value in other letters": (when(StringEquals={"a": "b"}), when(StringEquals={"a": "B"})),
    "one value more": (when(StringEquals={"a": "b"}), when(StringEquals={"a": ["b", "c"]})),
    "no value": (when(StringEquals={"a": []}), when(StringEquals={"a": ""})),
    "true and 1": (when(Bool={"a": True}), when(Bool={"a": 1})),
    "one key by two spellings": (
        when(StringLike={"aws:SourceArn": "a", "aws:sourceArn": "b"}),
        when(StringLike={"aws:SourceArn": ["a", "b"]}),
    ),
    "another resource": (allow(Resource="arn:aws:ecr:::repository/a"), allow()),
    "all but every resource": (allow(NotResource="*"), allow()),
    "a member that nobody knows": (allow(Duration=1), allow()),
    "another value of it": (allow(Duration=[1, 2]), allow(Duration=[2, 1])),
    "a text and what it is in JSON": ('{"Sid":"a"}', {"Sid": "a"}),
    "nothing and an empty object": (None, {}),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_different(one: Any, other: Any) -> None:
    assert canonical(one, PLACE) != canonical(other, PLACE)
    assert not same_policies(policy(LAMBDA, one), policy(LAMBDA, other), PLACE)


POLICIES: dict[str, tuple[str | None, str | None, bool]] = {
    "none and none": (None, None, True),
    "none and one without statements": (None, policy(), False),
    "one and none": (policy(PULL), None, False),
    "the same text, though it cannot be read": ("{", "{", True),
    "texts that cannot be read": ("{", "[", False),
    "one that cannot be read": ("{", policy(PULL), False),
    "statements in another order": (policy(PULL, LAMBDA), policy(LAMBDA, PULL), True),
    "a statement and a list of it": (policy(PULL), policy(PULL).replace("[{", "{").replace("}]", "}"), True),
    "one statement less": (policy(PULL, LAMBDA), policy(PULL), False),
    "one statement twice": (policy(PULL, PULL), policy(PULL), False),
    "another version": (policy(PULL), policy(PULL, version="2008-10-17"), False),
    "no version and the old one": (policy(PULL, version=None), policy(PULL, version="2008-10-17"), True),
    "another Id": (policy(PULL, Id="a"), policy(PULL, Id="b"), True),
}


@pytest.mark.parametrize(("one", "other", "same"), POLICIES.values(), ids=POLICIES)
def test_whole_policies(one: str | None, other: str | None, same: bool) -> None:
    assert same_policies(one, other, PLACE) is same
    assert same_policies(other, one, PLACE) is same


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_statement_is_it_equals_what_aws_makes_of_it(seed: int) -> None:
    text = policy(*FOREIGN.values(), *(one for pair in PAIRS.values() for one in pair))
    assert same_policies(text, shown_policy(text, Random(seed)), PLACE)


GONE: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a role": ({"AWS": DELETED}, (DELETED,)),
    "several, sorted": (
        {"AWS": ["AROAZZZZZZZZZZZZZZZZZ", ROLE, "AIDAABCDEFGHIJKLMNOPQ"]},
        ("AIDAABCDEFGHIJKLMNOPQ", "AROAZZZZZZZZZZZZZZZZZ"),
    ),
    "a role that is there": ({"AWS": ROLE}, ()),
    "a role with such a name": ({"AWS": f"arn:aws:iam::{OTHER}:role/{DELETED}"}, ()),
    "an access key": ({"AWS": "AKIAABCDEFGHIJKLMNOPQ"}, ()),
    "everybody": ("*", ()),
    "a service": ({"Service": DELETED}, ()),
    "what is no text": ({"AWS": [1, None, {"a": DELETED}]}, ()),
}


@pytest.mark.parametrize(("principal", "ids"), GONE.values(), ids=GONE)
def test_deleted_principals_are_known_by_their_ids(principal: Any, ids: tuple[str, ...]) -> None:
    assert deleted_principals(allow(Principal=principal)) == ids


def test_what_is_no_statement_names_nobody() -> None:
    assert [deleted_principals(one) for one in (None, "x", [1], {})] == [()] * 4
    assert is_deleted(DELETED)
    assert not is_deleted(ROLE)
