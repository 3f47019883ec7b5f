"""Which lifecycle policy a repository gets."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle_policy import (
    EcrLifecyclePolicySpec,
    LifecycleDeletionPolicy,
    LifecycleProtection,
)
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.planning.desired import DesiredRepository, desired_repository
from ecr_operator.planning.label_selector import LabelSelector
from ecr_operator.planning.lifecycle import lifecycle_text
from ecr_operator.planning.lifecycle_choice import (
    INLINE,
    NO_POLICY,
    LifecycleChoice,
    NamedPolicy,
    choose,
    named_policy,
)
from tests.api.lifecycle_examples import more_than, rule
from tests.planning.bounds import bounded
from tests.planning.samples import CLUSTER, METADATA, desired

RETAIN, DELETE = LifecycleDeletionPolicy.RETAIN, LifecycleDeletionPolicy.DELETE
RULES = [rule(1, more_than(5, "any"))]
TEXT = desired(lifecyclePolicy={"rules": RULES}).lifecycle
WARN = LifecycleProtection.from_json({"imagesInUse": "Warn"})
ALL, WEB, API = LabelSelector(), LabelSelector({"app": "web"}), LabelSelector({"app": "api"})
OLDER, NEWER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
AT_REST = "EcrLifecyclePolicy 'old' is suspended"


def policy(name: str, selector: LabelSelector | None = ALL, created: str = OLDER, **more: Any) -> NamedPolicy:
    """A policy whose text is its name."""
    return NamedPolicy(name, created, f"text of {name}", selector=selector, **more)


def chosen(policies: list[NamedPolicy], applied: str | None = None, **spec: Any) -> LifecycleChoice:
    """The policy of a repository with the label `app: web`."""
    return choose(EcrRepositorySpec.from_json(spec), {"app": "web"}, policies, applied)


def got(name: str, *others: str, **more: Any) -> LifecycleChoice:
    return LifecycleChoice(name, **{"text": f"text of {name}", "others": others} | more)


class Case(NamedTuple):
    policies: list[NamedPolicy]
    expected: LifecycleChoice
    applied: str | None = None
    spec: dict[str, Any] = {}  # noqa: RUF012


OWN: dict[str, Any] = {"lifecyclePolicy": {"rules": RULES, "protection": {"imagesInUse": "Warn"}}}
NAMES: dict[str, Any] = {"lifecyclePolicyRef": {"name": "b"}}
CASES: dict[str, Case] = {
    "there is none": Case([], NO_POLICY),
    "none selects it": Case([policy("a", API), policy("b", None)], NO_POLICY),
    "one selects it": Case([policy("a", WEB), policy("b", API)], got("a")),
    "an empty selector selects all": Case([policy("a", ALL)], got("a")),
    "its own wins over every selector": Case(
        [policy("a")], LifecycleChoice(INLINE, TEXT, WARN), applied="a", spec=OWN
    ),
    "the one that it names wins over every selector": Case(
        [policy("a"), policy("b", None), policy("c")], got("b"), applied="a", spec=NAMES
    ),
    "the one that it names may select others": Case([policy("b", API)], got("b"), spec=NAMES),
    "the one that it names is not there": Case(
        [policy("a")],
        LifecycleChoice("b", at_rest="there is no EcrLifecyclePolicy 'b'", missing=True),
        applied="a",
        spec=NAMES,
    ),
    "of two the older": Case([policy("a", created=NEWER), policy("b")], got("b", "a")),
    "of two of the same time the first by name": Case([policy("b"), policy("a")], got("a", "b")),
    "of two the one that it has": Case([policy("a"), policy("b", created=NEWER)], got("b", "a"), applied="b"),
    "the one that it had selects it no more": Case([policy("a"), policy("b", API)], got("a"), applied="b"),
    "the one that it had is gone": Case(
        [policy("a"), policy("c", created=NEWER)], got("a", "c"), applied="b"
    ),
    "the others in the order in which they would follow": Case(
        [policy("d"), policy("b", created=NEWER), policy("c", WEB), policy("a", API)], got("c", "d", "b")
    ),
    "what the policy says comes with it": Case(
        [policy("a", protection=WARN, on_removal=RETAIN)], got("a", protection=WARN, on_removal=RETAIN)
    ),
    "one at rest keeps the repository, and its text is not for use": Case(
        [policy("a", created=NEWER), policy("b", at_rest=AT_REST)], got("b", "a", text=None, at_rest=AT_REST)
    ),
    "one at rest that it names": Case(
        [policy("b", at_rest=AT_REST)], got("b", text=None, at_rest=AT_REST), spec=NAMES
    ),
    "one that is not understood keeps what it has": Case(
        [policy("a"), policy("b", None, NEWER, at_rest="?", selects_unknown=True)],
        got("b", "a", text=None, at_rest="?"),
        applied="b",
    ),
    "one that is not understood gets nothing new": Case(
        [policy("a", created=NEWER), policy("b", None, at_rest="?", selects_unknown=True)], got("a")
    ),
}


@pytest.mark.parametrize(("policies", "expected", "applied", "spec"), CASES.values(), ids=CASES)
def test_which_policy_it_is(
    policies: list[NamedPolicy], expected: LifecycleChoice, applied: str | None, spec: dict[str, Any]
) -> None:
    assert chosen(policies, applied, **spec) == expected


def spec_of(**fields: Any) -> EcrLifecyclePolicySpec:
    return EcrLifecyclePolicySpec.from_json({"rules": RULES} | fields)


WRITTEN: dict[str, tuple[dict[str, Any], NamedPolicy]] = {
    "rules alone": ({}, NamedPolicy("a", OLDER, TEXT or "")),
    "all of it": (
        {
            "protection": {"imagesInUse": "Warn"},
            "deletionPolicy": "Retain",
            "repositorySelector": {"matchLabels": {"app": "web"}},
        },
        NamedPolicy("a", OLDER, TEXT or "", WARN, RETAIN, WEB),
    ),
    "a selector of all": ({"repositorySelector": {}}, NamedPolicy("a", OLDER, TEXT or "", selector=ALL)),
    "whoever deletes a suspended one wants nothing touched": (
        {"suspend": True, "deletionPolicy": "Delete"},
        NamedPolicy("a", OLDER, TEXT or "", on_removal=RETAIN),
    ),
}


@pytest.mark.parametrize(("fields", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_a_policy_as_it_is_written(fields: dict[str, Any], expected: NamedPolicy) -> None:
    assert NamedPolicy.of("a", OLDER, spec_of(**fields)) == expected
    assert NamedPolicy.of("a", OLDER, spec_of(**fields), "why") == replace(expected, at_rest="why")
    assert expected.text == lifecycle_text(spec_of().rules)


def test_a_policy_that_is_too_long_for_aws_stops_no_repository() -> None:
    tagged = {"tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 1}
    rules = [rule(n, tagged | {"tagPrefixList": [f"v{n}"]}, description="x" * 700) for n in range(1, 51)]
    found = named_policy(
        {
            "metadata": {"name": "a", "creationTimestamp": OLDER},
            "spec": {"rules": rules, "repositorySelector": {}},
        }
    )
    choice = chosen([found])
    assert (choice.source, choice.text) == ("a", None)
    assert "characters, AWS allows 30,720" in choice.at_rest
    assert desired_by(choice).lifecycle is None


def desired_by(choice: LifecycleChoice | None, **spec: Any) -> DesiredRepository:
    return desired_repository(
        METADATA,
        EcrRepositorySpec.from_json(spec),
        cluster=CLUSTER,
        default_tags={},
        max_deletion_policy="Delete",
        lifecycle=choice,
    )


def test_the_choice_is_part_of_what_is_desired() -> None:
    choice = LifecycleChoice("a", "text", WARN, RETAIN, "why", missing=True, others=("b",))
    wanted = desired_by(choice)
    assert (
        wanted.lifecycle,
        wanted.lifecycle_source,
        wanted.lifecycle_protection,
        wanted.lifecycle_on_removal,
        wanted.lifecycle_at_rest,
        wanted.lifecycle_missing,
    ) == ("text", "a", WARN, RETAIN, "why", True)


def test_without_policies_of_the_namespace_the_spec_decides() -> None:
    assert desired_by(None).lifecycle_source is None
    assert desired_by(None, **OWN).lifecycle_source == INLINE
    named = desired_by(None, **NAMES)
    assert (named.lifecycle_source, named.lifecycle_missing, named.lifecycle) == ("b", True, None)


def test_each_part_of_the_choice_makes_another_desired_state() -> None:
    """A start looks again at a repository whose policy was changed meanwhile."""
    choices = [
        NO_POLICY,
        got("a"),
        got("b", text="text of a"),
        got("a", text="another text"),
        got("a", protection=WARN),
        got("a", on_removal=RETAIN),
        got("a", at_rest="why"),
        got("a", missing=True),
    ]
    assert len({desired_by(one).applied_hash() for one in choices}) == len(choices)
    # Who else would like to have the repository changes nothing for it.
    assert desired_by(got("a", "b")).applied_hash() == desired_by(got("a")).applied_hash()


POLICIES = st.lists(
    st.builds(
        lambda name, selector, created, at_rest, unknown: replace(
            policy(name, None if unknown else selector, created),
            at_rest="?" if unknown else at_rest,
            selects_unknown=unknown,
        ),
        st.sampled_from("abcdef"),
        st.sampled_from([None, ALL, WEB, API]),
        st.sampled_from([OLDER, NEWER]),
        st.sampled_from(["", "", AT_REST]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=6,
    unique_by=lambda one: one.name,
)
APPLIED = st.none() | st.sampled_from("abcdef") | st.just(INLINE)
REPOSITORY_SPECS = st.sampled_from([{}, {}, {}, OWN, NAMES])


@bounded(200)
@given(POLICIES, APPLIED, REPOSITORY_SPECS, st.randoms())
def test_the_order_of_the_policies_means_nothing(
    policies: list[NamedPolicy], applied: str | None, spec: dict[str, Any], random: Any
) -> None:
    expected = chosen(policies, applied, **spec)
    random.shuffle(policies)
    assert chosen(policies, applied, **spec) == expected


@bounded(200)
@given(POLICIES, APPLIED, POLICIES)
def test_a_new_policy_takes_no_repository_from_another(
    policies: list[NamedPolicy], applied: str | None, more: list[NamedPolicy]
) -> None:
    first = chosen(policies, applied)
    if first.source is None:
        return
    known = {one.name for one in policies}
    created = [replace(one, created="2026-02-02T00:00:00Z") for one in more if one.name not in known]
    # Whether or not the status says yet who has it.
    assert chosen([*policies, *created], first.source).source == first.source
    if applied in known or applied is None:
        assert chosen([*policies, *created], applied).source == first.source


@bounded(200)
@given(POLICIES, APPLIED)
def test_a_choice_that_is_applied_is_chosen_again(policies: list[NamedPolicy], applied: str | None) -> None:
    first = chosen(policies, applied)
    assert chosen(policies, first.source) == first


@bounded(200)
@given(POLICIES, APPLIED)
def test_all_that_select_it_are_told(policies: list[NamedPolicy], applied: str | None) -> None:
    found = chosen(policies, applied)
    selecting = {one.name for one in policies if one.selects({"app": "web"})}
    assert {found.source, *found.others} - {None} >= selecting
    assert found.source not in found.others
    assert (found.text is None) == bool(found.at_rest or found.source is None)
