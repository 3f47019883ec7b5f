"""The repository's policy gets our statements and keeps those of others."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from ecr_operator.planning.changes import DeleteRepositoryPolicy, SetRepositoryPolicy
from ecr_operator.planning.managed import Reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Done, Plan
from ecr_operator.planning.policy_equality import same_statements
from ecr_operator.planning.repository_policy import TEXT_MAX, foreign_names
from ecr_operator.reasons import Reason
from tests.planning.formats import shown_policy
from tests.planning.policy_plans import GRANT, OLD_PULL, REMOVE, planned, refusal, stated, statements_of
from tests.planning.samples import NAME, NEW, PLACE, desired, observed, plan, recorded
from tests.planning.statements import (
    DELETED,
    FOREIGN,
    LAMBDA,
    OTHER,
    PULL,
    ROLE,
    allow,
    policy,
)


@dataclass(frozen=True)
class Case:
    spec: dict[str, Any]
    there: str | None
    statements: list[Any]
    """That are sent."""
    text: str
    """For people."""
    managed: tuple[str, ...] = ()
    parts: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)


SET = "set the repository policy"
CASES = {
    "the first policy": Case(
        GRANT, None, [PULL], f"{SET} (add EcrOperatorPull)", parts={"statements/EcrOperatorPull"}
    ),
    "a statement beside a foreign one": Case(
        GRANT,
        policy(LAMBDA),
        [LAMBDA, PULL],
        f"{SET} (add EcrOperatorPull; keep LambdaECRImageRetrievalPolicy)",
        parts={"statements/EcrOperatorPull"},
    ),
    "grants and further statements": Case(
        GRANT | stated(allow("Audit", Resource="*")),
        None,
        [PULL, allow("Audit")],
        f"{SET} (add EcrOperatorPull, Audit)",
        parts={"statements/EcrOperatorPull", "statements/Audit"},
    ),
    "a statement that has changed": Case(
        GRANT,
        policy(OLD_PULL, LAMBDA),
        [LAMBDA, PULL],
        f"{SET} (change EcrOperatorPull; keep LambdaECRImageRetrievalPolicy)",
        ("EcrOperatorPull",),
        {"statements/EcrOperatorPull"},
    ),
    "a principal that was deleted": Case(
        GRANT,
        policy(PULL | {"Principal": {"AWS": [DELETED, ROLE]}}),
        [PULL],
        f"{SET} (change EcrOperatorPull (deleted principal {DELETED}))",
        ("EcrOperatorPull",),
        {"statements/EcrOperatorPull"},
    ),
    "a recorded statement that left the spec": Case(
        {},
        policy(LAMBDA, allow("Audit")),
        [LAMBDA],
        f"{SET} (remove Audit; keep LambdaECRImageRetrievalPolicy)",
        ("Audit",),
        ends={"statements/Audit"},
    ),
    "one that left and one that stays": Case(
        GRANT,
        policy(PULL, allow("Audit")),
        [PULL],
        f"{SET} (remove Audit)",
        ("Audit", "EcrOperatorPull"),
        {"statements/EcrOperatorPull"},
        {"statements/Audit"},
    ),
    "one of ours that nobody has recorded": Case(
        stated(allow("Audit")),
        policy(PULL, allow("Audit")),
        [allow("Audit")],
        f"{SET} (remove EcrOperatorPull)",
        (),
        {"statements/Audit"},
        {"statements/EcrOperatorPull"},
    ),
    "a statement of the spec's Sid that somebody else wrote": Case(
        stated(allow("Audit")),
        policy(allow("Audit", Effect="Deny")),
        [allow("Audit")],
        f"{SET} (change Audit)",
        parts={"statements/Audit"},
    ),
    "ours twice": Case(
        GRANT,
        policy(PULL, PULL, LAMBDA),
        [LAMBDA, PULL],
        f"{SET} (keep LambdaECRImageRetrievalPolicy)",
        parts={"statements/EcrOperatorPull"},
    ),
    "foreign ones that the spec removes": Case(
        GRANT | REMOVE,
        policy(PULL, LAMBDA, {"Effect": "Allow"}),
        [PULL],
        f"{SET} (remove LambdaECRImageRetrievalPolicy, #3)",
        (),
        {"statements/EcrOperatorPull"},
        {"statements/LambdaECRImageRetrievalPolicy"},
    ),
    "a text that cannot be read, which the spec removes": Case(
        GRANT | REMOVE, "{", [PULL], f"{SET} (add EcrOperatorPull)", parts={"statements/EcrOperatorPull"}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_policy_is_set(case: Case) -> None:
    change = planned(case.spec, case.there, *case.managed)
    assert isinstance(change, SetRepositoryPolicy)
    assert same_statements(statements_of(change), case.statements, PLACE)
    assert change.describe() == case.text
    assert (change.parts(), change.ends()) == (case.parts, case.ends)
    assert (change.name, change.was, change.new) == (NAME, case.there, False)
    # And what AWS makes of it is as wanted.
    for seed in range(3):
        assert planned(case.spec, shown_policy(change.text, Random(seed)), *case.managed) is None


IN_SYNC: dict[str, tuple[dict[str, Any], str | None, tuple[str, ...]]] = {
    "nothing is wanted and nothing there": ({}, None, ()),
    "nothing is wanted, and foreign ones are there": ({}, policy(LAMBDA), ()),
    "nothing is wanted, and what is there cannot be read": ({}, "{", ()),
    "ours alone": (GRANT, policy(PULL), ()),
    "ours and foreign ones": (GRANT, policy(*FOREIGN.values(), PULL), ("EcrOperatorPull",)),
    "a document of the old version without variables": (GRANT, policy(PULL, version="2008-10-17"), ()),
    "a document that is a single statement": (GRANT, json.dumps({"Statement": PULL}), ()),
    "what was recorded is gone": ({}, policy(LAMBDA), ("Audit",)),
    "nothing foreign to remove": (GRANT | REMOVE, policy(PULL), ()),
    "nothing to remove at all": (REMOVE, None, ()),
    "a document without statements": ({}, policy(), ("Audit",)),
}


@pytest.mark.parametrize(("spec", "there", "managed"), IN_SYNC.values(), ids=IN_SYNC)
def test_there_is_nothing_to_do(spec: dict[str, Any], there: str | None, managed: tuple[str, ...]) -> None:
    assert planned(spec, there, *managed) is None


DELETED_WHEN: dict[str, tuple[dict[str, Any], str, tuple[str, ...], tuple[str, ...]]] = {
    "the last one left the spec": ({}, policy(PULL), ("EcrOperatorPull",), ("EcrOperatorPull",)),
    "the last one of ours was not recorded": (GRANT | {"access": {}}, policy(PULL), (), ("EcrOperatorPull",)),
    "the last ones are removed": (REMOVE, policy(LAMBDA, "?"), (), ("LambdaECRImageRetrievalPolicy",)),
    "what cannot be read is removed": (REMOVE, "[]", (), ()),
}


@pytest.mark.parametrize(("spec", "there", "managed", "removed"), DELETED_WHEN.values(), ids=DELETED_WHEN)
def test_the_policy_is_deleted_only_when_no_statement_is_left(
    spec: dict[str, Any], there: str, managed: tuple[str, ...], removed: tuple[str, ...]
) -> None:
    change = planned(spec, there, *managed)
    assert change == DeleteRepositoryPolicy(NAME, removed, there)
    assert change.ends() == {f"statements/{sid}" for sid in removed}
    assert change.describe().startswith("remove the repository policy")
    assert all(sid in change.describe() for sid in removed)
    assert ("#2" in change.describe()) is ('"?"' in there)


def filled(size: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Statements whose policy has so many characters."""
    empty = allow("Large", Condition={"StringEquals": {"x": ""}})
    length = len(json.dumps({"Version": "2012-10-17", "Statement": [*more, empty]}, separators=(",", ":")))
    return [*more, allow("Large", Condition={"StringEquals": {"x": "x" * (size - length)}})]


def test_a_policy_may_have_10240_characters() -> None:
    assert TEXT_MAX == 10_240
    assert len(planned(stated(*filled(10_240)), None).text) == 10_240
    assert len(planned(GRANT, policy(*filled(10_240, PULL)[1:])).text) == 10_240


@pytest.mark.parametrize("exists", [True, False], ids=["there", "absent"])
def test_a_policy_of_10241_characters_is_refused(exists: bool) -> None:
    outcome = refusal(plan(desired(**stated(*filled(10_241))), observed() if exists else None))
    assert outcome.reason is Reason.POLICY_TOO_LARGE
    assert "10,241 characters, AWS allows 10,240" in outcome.message
    assert "foreign" not in outcome.message


def test_a_merged_policy_of_10241_characters_is_refused() -> None:
    for others, words in ((1, "1 foreign statement included"), (2, "2 foreign statements included")):
        foreign = [allow("b")][: others - 1] + filled(10_241, *[allow("b")][: others - 1], PULL)[-1:]
        outcome = refusal(plan(desired(**GRANT), observed(policy=policy(*foreign))))
        assert outcome.reason is Reason.POLICY_TOO_LARGE
        assert f"10,241 characters, {words}, AWS allows 10,240" in outcome.message


def test_no_policy_text_appears_when_a_change_is_printed() -> None:
    """Logs and exceptions print changes."""
    secret = allow("Secret", Condition={"StringEquals": {"x": "hush"}})
    for change in (
        planned(stated(secret), policy(secret | {"Effect": "Deny"})),
        planned({}, policy(secret), "Secret"),
    ):
        for text in (repr(change), change.describe()):
            assert "Secret" in text
            assert "hush" not in text
            assert "Effect" not in text


def test_a_policy_that_was_not_read_is_never_planned_on() -> None:
    """An empty answer would look as if there were no policy, and foreign statements would be lost."""
    policy_alone, lifecycle_alone = Reads(policy=True), Reads(lifecycle=True)
    rule = {
        "lifecyclePolicy": {
            "rules": [
                {
                    "rulePriority": 1,
                    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
                    "action": {"type": "expire"},
                }
            ]
        }
    }
    for spec, memory, known in (
        (GRANT, recorded(), Reads()),
        (GRANT, recorded(), lifecycle_alone),
        (stated(allow()), recorded(), lifecycle_alone),
        (REMOVE, recorded(), lifecycle_alone),
        ({}, recorded("statements/Audit"), lifecycle_alone),
        (rule, recorded(), policy_alone),
        ({}, recorded("lifecyclePolicy"), policy_alone),
    ):
        with pytest.raises(ValueError, match="was not read"):
            plan(desired(**spec), observed(known=known), memory)
    assert plan(desired(), observed(known=Reads(), policy=None)) == Plan()


def test_a_new_repository_gets_its_policy_after_its_creation() -> None:
    result = plan(desired(**GRANT), None, NEW)
    assert [type(change).__name__ for change in result.changes] == ["CreateRepository", "SetRepositoryPolicy"]
    change = result.changes[1]
    assert isinstance(change, SetRepositoryPolicy)
    assert (change.was, change.new) == (None, True)
    assert isinstance(result.outcome, Done)


NAMES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "no policy": (None, ()),
    "ours alone": (policy(PULL, allow("Recorded"), allow("EcrOperatorOld")), ()),
    "Sids and places": (
        policy(LAMBDA, PULL, {"Effect": "Allow"}, "?", allow("Recorded"), allow("x"), allow("x")),
        ("LambdaECRImageRetrievalPolicy", "#3", "#4", "x"),
    ),
    "a text that cannot be read": ("{", ("#1",)),
}


@pytest.mark.parametrize(("there", "names"), NAMES.values(), ids=NAMES)
def test_foreign_statements_are_shown_by_name(there: str | None, names: tuple[str, ...]) -> None:
    managed = frozenset({"statements/Recorded"})
    assert foreign_names(there, desired(**GRANT), managed, PLACE) == names


def test_names_do_not_depend_on_the_account() -> None:
    assert foreign_names(policy(PULL, LAMBDA), desired(**GRANT), frozenset(), Place("aws", "", None)) == (
        "LambdaECRImageRetrievalPolicy",
    )


def test_an_account_and_its_root_are_one_in_what_is_there() -> None:
    there = policy(PULL | {"Principal": {"AWS": OTHER}})
    assert planned(GRANT, there) is None
