"""AWS does not find a principal: waited for as long as a new one may take, then a person must act."""

from datetime import timedelta
from typing import Any

import pytest

from ecr_operator.api.meta import MESSAGE_MAX
from ecr_operator.planning.changes import SetRepositoryPolicy
from ecr_operator.planning.plan import Stalled, Waiting
from ecr_operator.planning.principals import policy_refused
from ecr_operator.reasons import Reason
from tests.planning.samples import NAME, NOW, PLACE, REGION
from tests.planning.statements import DELETED, LAMBDA, OTHER, ROLE, ROOT, allow, policy

PROPAGATION = timedelta(minutes=2)
CAUSES = ("made moments ago", "does not exist", f"has not enabled the Region {REGION}")


def of(*principals: Any, sid: str = "Audit") -> dict[str, Any]:
    return allow(sid, Principal={"AWS": list(principals)})


def refused(
    *statements: Any,
    was: str | None = None,
    age: float = 0,
    reason: Reason = Reason.PRINCIPAL_NOT_FOUND,
    message: str = "AWS says no",
    sids: tuple[str, ...] = ("Audit",),
) -> Waiting | Stalled:
    """What follows so many seconds after the first refusal."""
    return policy_refused(
        SetRepositoryPolicy(NAME, policy(*statements), sids, was=was),
        reason,
        message,
        place=PLACE,
        since=NOW - timedelta(seconds=age),
        now=NOW,
        propagation=PROPAGATION,
    )


@pytest.mark.parametrize(
    ("age", "after"),
    [(0, 1.0), (1, 1.0), (2, 1.0), (8, 4.0), (30, 15.0), (60, 15.0), (110, 10.0), (119, 1.0), (119.9, 1.0)],
    ids=str,
)
def test_it_is_looked_for_again_less_and_less_often(age: float, after: float) -> None:
    outcome = refused(of(ROLE), age=age)
    assert isinstance(outcome, Waiting)
    assert outcome.reason is Reason.PRINCIPAL_NOT_FOUND
    assert outcome.after == pytest.approx(after)


# The last one: the clock was set back meanwhile.
@pytest.mark.parametrize("age", [120, 121, 86_400, -3600], ids=str)
def test_a_person_must_act_when_the_time_is_over(age: float) -> None:
    outcome = refused(of(ROLE), age=age)
    assert isinstance(outcome, Stalled)
    assert outcome.reason is Reason.PRINCIPAL_NOT_FOUND


@pytest.mark.parametrize("age", [0, 200], ids=["waiting", "stalled"])
def test_the_message_names_the_principal_and_all_causes(age: float) -> None:
    message = refused(of(ROLE), age=age).message
    assert f"policy: {ROLE}. " in message
    for cause in CAUSES:
        assert cause in message


SUSPECTS: dict[str, tuple[list[Any], str | None, list[str], list[str]]] = {
    "all of a first policy, sorted": ([of(ROLE, OTHER)], None, [f": {ROLE}, {ROOT}."], []),
    "only those that are new": ([of(ROLE, ROOT)], policy(of(OTHER)), [ROLE], [ROOT]),
    "new against a text that cannot be read": ([of(ROLE, ROOT)], "{", [ROLE, ROOT], []),
    "one that was there already in another statement": (
        [of(ROLE), of(ROOT, sid="b")],
        policy(allow(Principal={"AWS": ROLE})),
        [ROOT],
        [ROLE],
    ),
    "all where none is new": ([of(ROLE, ROOT)], policy(of(ROLE, ROOT)), [ROLE, ROOT], []),
    "a deleted one of a foreign statement": (
        [of(ROLE), of(DELETED, sid="x")],
        policy(of(DELETED, sid="x")),
        [ROLE, DELETED],
        [],
    ),
    "who is spared": (
        [allow(Principal=None, NotPrincipal={"AWS": ROLE}, Effect="Deny")],
        None,
        [ROLE],
        [],
    ),
    "not everybody": ([of("*", ROLE)], None, [f": {ROLE}."], ["*"]),
    "no services": (
        [allow(Principal={"AWS": ROLE, "Service": "ecs.amazonaws.com"})],
        None,
        [f": {ROLE}."],
        ["ecs"],
    ),
    "three": ([of(*(f"{ROLE}{n}" for n in range(3)))], None, [f"{ROLE}0, {ROLE}1, {ROLE}2."], ["more"]),
    "more than three": ([of(*(f"{ROLE}{n}" for n in range(5)))], None, [f"{ROLE}2 or 2 more."], [f"{ROLE}3"]),
    "statements that are none": (["?", None, of(ROLE), {"Principal": 7}], None, [f": {ROLE}."], []),
}


@pytest.mark.parametrize(("statements", "was", "named", "others"), SUSPECTS.values(), ids=SUSPECTS)
def test_the_principals_that_are_named(
    statements: list[Any], was: str | None, named: list[str], others: list[str]
) -> None:
    message = refused(*statements, was=was).message
    for words in named:
        assert words in message
    for words in others:
        assert words not in message


def test_a_policy_that_names_nobody_is_not_waited_for() -> None:
    """A service is there at once."""
    for statement in (LAMBDA, allow(Principal="*"), "?"):
        outcome = refused(statement)
        assert isinstance(outcome, Stalled)
        assert "policy. It was made" in outcome.message


@pytest.mark.parametrize("count", [1, 2, 3, 100], ids=str)
@pytest.mark.parametrize("length", [98, 100, 101, 102, 640], ids=str)
def test_the_longest_principals_leave_room_for_the_causes(count: int, length: int) -> None:
    """A role's path has up to 512 and its name up to 64 characters."""
    names = [f"{number:064}" for number in range(count)]
    start = f"arn:aws-us-gov:iam::{OTHER}:role/"
    roles = [(start + "p" * 600)[: length - 64] + name for name in names]
    message = refused(of(*roles)).message
    assert len(message) <= MESSAGE_MAX
    for cause in CAUSES:
        assert cause in message
    for name in names[:3]:
        # The account and the whole name can be read.
        assert f":{OTHER}:" in message
        assert name in message


def test_an_invalid_policy_is_waited_for_as_long_as_a_principal_is_new() -> None:
    """Before 2024 AWS said no more, and may still do so."""
    for age, kind in ((0, Waiting), (119, Waiting), (120, Stalled)):
        outcome = refused(of(ROLE), age=age, reason=Reason.INVALID_POLICY)
        assert isinstance(outcome, kind)
        assert outcome.reason is Reason.INVALID_POLICY
        assert outcome.message == "AWS refuses the repository's policy: AWS says no (statements Audit)"


def test_what_aws_says_is_not_cut_off_for_the_sids() -> None:
    sids = tuple(f"{number:0128}" for number in range(50))
    message = refused(LAMBDA, reason=Reason.INVALID_POLICY, message="Bad " + "x" * 200, sids=sids).message
    assert f"Bad {'x' * 200}" in message[:MESSAGE_MAX]
    assert sids[0] in message[:MESSAGE_MAX]
