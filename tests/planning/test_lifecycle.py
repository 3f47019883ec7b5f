"""The lifecycle policy: what is sent, what of AWS's equals it, and when it is put, replaced or removed."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.changes import DeleteLifecyclePolicy, PutLifecyclePolicy
from ecr_operator.planning.lifecycle import TEXT_MAX, rule_count, same_lifecycle
from ecr_operator.planning.plan import Plan, Stalled
from ecr_operator.reasons import Reason
from tests.api.lifecycle_examples import ARCHIVE, EXAMPLES, Rule, archived, days_since, more_than, rule
from tests.planning.bounds import bounded
from tests.planning.formats import shown_lifecycle
from tests.planning.samples import NAME, NEW, desired, observed, plan, recorded


def spec(*rules: Rule) -> dict[str, Any]:
    return {"lifecyclePolicy": {"rules": list(rules)}}


def text(*rules: Rule) -> str:
    found = desired(**spec(*rules)).lifecycle
    assert found is not None
    return found


def there(*rules: Rule, **members: Any) -> str:
    """As AWS may hold it."""
    return json.dumps({"rules": list(rules)} | members)


ANY = rule(9, more_than(5, "any"))
OLD = rule(1, days_since("Pushed", 14, "untagged"))
TAGGED = rule(2, more_than(1, "tagged", tagPatternList=["b*", "a*"]))


def test_the_text_is_compact_and_in_one_order() -> None:
    assert text(ANY, TAGGED) == (
        '{"rules":['
        '{"action":{"type":"expire"},"rulePriority":2,"selection":{"countNumber":1,'
        '"countType":"imageCountMoreThan","tagPatternList":["a*","b*"],"tagStatus":"tagged"}},'
        '{"action":{"type":"expire"},"rulePriority":9,"selection":{"countNumber":5,'
        '"countType":"imageCountMoreThan","tagStatus":"any"}}]}'
    )


def test_neither_nulls_nor_the_standard_class_are_sent() -> None:
    """AWS refuses nulls; `standard` is what leaving it out means."""
    stated = rule(1, more_than(1, "any") | {"storageClass": "standard", "countUnit": None}) | {
        "description": None
    }
    assert text(stated) == text(rule(1, more_than(1, "any")))
    assert '"storageClass":"archive"' in text(rule(1, archived(90, "any")))


def test_the_shortest_policy_is_long_enough_for_aws() -> None:
    """botocore's model: at least 100 characters."""
    assert len(text(rule(1, more_than(1, "any")))) >= 100


def test_letters_count_once() -> None:
    assert "Größe" in text(rule(1, more_than(1, "any"), description="Größe"))


@pytest.mark.parametrize("rules", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_of_aws_equal_what_aws_makes_of_them(rules: list[Rule]) -> None:
    sent = text(*rules)
    assert json.loads(sent)["rules"] == sorted(
        json.loads(text(*reversed(rules)))["rules"], key=lambda one: one["rulePriority"]
    )
    assert same_lifecycle(sent, sent)
    assert same_lifecycle(sent, there(*rules))
    assert rule_count(sent) == len(rules)
    for seed in range(5):
        assert same_lifecycle(sent, shown_lifecycle(sent, Random(seed)))


@bounded(100)
@given(
    st.lists(st.sampled_from([one for rules in EXAMPLES.values() for one in rules]), min_size=1, max_size=4),
    st.randoms(),
)
def test_what_aws_re_formats_does_not_matter(rules: list[Rule], choices: Random) -> None:
    sent = text(*(one | {"rulePriority": number} for number, one in enumerate(rules, 1)))
    shown = shown_lifecycle(sent, choices)
    assert same_lifecycle(sent, shown)
    assert same_lifecycle(sent, shown_lifecycle(shown, choices))


OTHERS: dict[str, str | None] = {
    "none": None,
    "one rule less": there(TAGGED),
    "one rule more": there(OLD, TAGGED, ANY),
    "another priority": there(OLD, TAGGED | {"rulePriority": 3}),
    "another description": there(OLD | {"description": "x"}, TAGGED),
    "another action": there(OLD | {"action": ARCHIVE}, TAGGED),
    "another pattern": there(OLD, rule(2, more_than(1, "tagged", tagPatternList=["b*", "c*"]))),
    "prefixes in place of patterns": there(OLD, rule(2, more_than(1, "tagged", tagPrefixList=["a*", "b*"]))),
    "another number": there(OLD, rule(2, more_than(2, "tagged", tagPatternList=["a*", "b*"]))),
    "another class": there(rule(1, archived(90, "untagged")), TAGGED),
    "a member that nobody knows": there(OLD | {"enabled": True}, TAGGED),
    "no JSON": "{",
    "no rules": "{}",
    "rules that are none": '{"rules": null}',
    "rules in a map": '{"rules": {"a": 1}}',
    "a list at the top": "[]",
    "a text at the top": '"rules"',
    "rules that are texts": '{"rules": ["a", "b"]}',
    "a rule without a priority": '{"rules": [{"selection": {}, "action": {}}]}',
    "a priority that is a text": there(OLD | {"rulePriority": "first"}, TAGGED),
    "a priority that is null": there(OLD | {"rulePriority": None}, TAGGED),
    "a priority that is NaN": there(OLD | {"rulePriority": float("nan")}, TAGGED),
    "a priority that is infinite": there(OLD | {"rulePriority": float("inf")}, TAGGED),
    "a priority beyond all numbers": '{"rules": [{"rulePriority": 1e999}]}',
    "a selection that is a list": there(OLD | {"selection": []}, TAGGED),
    "patterns that are numbers and texts": there(
        OLD, rule(2, more_than(1, "tagged") | {"tagPatternList": ["a*", 1]})
    ),
    "patterns that are a number": there(OLD, rule(2, more_than(1, "tagged") | {"tagPatternList": 1})),
    "lists 100,000 deep": '{"rules": ' + "[" * 100_000 + "]" * 100_000 + "}",
}


@pytest.mark.parametrize("found", OTHERS.values(), ids=OTHERS)
def test_another_policy_differs(found: str | None) -> None:
    assert not same_lifecycle(text(OLD, TAGGED), found)


def test_what_cannot_be_read_is_replaced() -> None:
    for found in filter(None, OTHERS.values()):
        (change,) = plan(desired(**spec(OLD, TAGGED)), observed(lifecycle_policy=found)).changes
        assert change == PutLifecyclePolicy(NAME, text(OLD, TAGGED))
        assert change.describe() == "replace the lifecycle policy (2 rules)"


def test_a_policy_is_put() -> None:
    (change,) = plan(desired(**spec(OLD)), observed()).changes
    assert change.describe() == "set the lifecycle policy (1 rule)"
    assert (change.parts(), change.ends()) == ({"lifecyclePolicy"}, frozenset())
    assert "rulePriority" not in repr(change)


def test_a_new_repository_gets_its_policy_after_its_creation() -> None:
    result = plan(desired(**spec(OLD)), None, NEW)
    assert [type(change).__name__ for change in result.changes] == ["CreateRepository", "PutLifecyclePolicy"]


def test_the_lifecycle_policy_comes_before_the_repositorys() -> None:
    """It does not hang on whether AWS finds the principals."""
    wanted = desired(**spec(OLD), access={"pull": {"accounts": ["210987654321"]}})
    assert [type(change).__name__ for change in plan(wanted, observed()).changes] == [
        "PutLifecyclePolicy",
        "SetRepositoryPolicy",
    ]


def test_a_policy_that_is_as_wanted_is_left() -> None:
    assert plan(desired(**spec(OLD)), observed(lifecycle_policy=there(OLD))) == Plan()


def test_a_recorded_policy_that_left_the_spec_is_removed() -> None:
    for found in (there(OLD), there(ANY), "{"):
        (change,) = plan(desired(), observed(lifecycle_policy=found), recorded("lifecyclePolicy")).changes
        assert change == DeleteLifecyclePolicy(NAME)
        assert change.describe() == "remove the lifecycle policy"
        assert (change.parts(), change.ends()) == (frozenset(), {"lifecyclePolicy"})


def test_a_recorded_policy_that_is_gone_needs_no_removal() -> None:
    assert plan(desired(), observed(), recorded("lifecyclePolicy")) == Plan()


def test_a_policy_of_others_is_not_touched() -> None:
    assert plan(desired(), observed(lifecycle_policy=there(OLD))) == Plan()


def described(size: int) -> list[Rule]:
    """Rules whose text has so many characters."""
    rules = [
        rule(number, more_than(1, "tagged", tagPatternList=["a"]), description="x") for number in range(1, 51)
    ]
    left = size - len(text(*rules))
    for one in rules:
        more = min(left, 1023)
        one["description"] += "x" * more
        left -= more
    assert left == 0
    return rules


def test_a_policy_may_have_30720_characters() -> None:
    assert TEXT_MAX == 30_720
    assert [type(change) for change in plan(desired(**spec(*described(30_720))), observed()).changes] == [
        PutLifecyclePolicy
    ]


@pytest.mark.parametrize("exists", [True, False], ids=["there", "absent"])
def test_a_policy_of_30721_characters_is_refused(exists: bool) -> None:
    result = plan(desired(**spec(*described(30_721))), observed() if exists else None)
    assert result.changes == ()
    assert isinstance(result.outcome, Stalled)
    assert result.outcome.reason is Reason.POLICY_TOO_LARGE
    assert "30,721 characters, AWS allows 30,720" in result.outcome.message
