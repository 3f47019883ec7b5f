"""The status and the outcome of an EcrLifecyclePolicy, from what its repositories say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.lifecycle_policy import (
    EcrLifecyclePolicySpec,
    EcrLifecyclePolicyStatus,
    LifecyclePolicyState,
)
from ecr_operator.api.meta import MESSAGE_MAX
from ecr_operator.api.repository_status import LifecyclePreview, ListedImage, RepositoryLifecyclePolicy
from ecr_operator.planning.lifecycle import lifecycle_text
from ecr_operator.planning.lifecycle_lint import lifecycle_warnings
from ecr_operator.planning.lifecycle_progress import text_hash
from ecr_operator.planning.lifecycle_standing import MatchedRepository
from ecr_operator.planning.lifecycle_summary import LifecycleSummary, summary
from ecr_operator.planning.plan import Done, Outcome, Stalled, Waiting
from ecr_operator.reasons import Reason
from tests.api.lifecycle_examples import Rule, more_than, rule
from tests.planning.bounds import bounded

State = LifecyclePolicyState
RULE = rule(1, more_than(5, "tagged", tagPatternList=["v*"]))


def spec_of(*rules: Rule, **more: Any) -> EcrLifecyclePolicySpec:
    return EcrLifecyclePolicySpec.from_json({"rules": list(rules or [RULE])} | more)


SPEC = spec_of()
HASH = text_hash(lifecycle_text(SPEC.rules))


def entry(state: State, source: str = "keep", hash: str = HASH, **more: Any) -> RepositoryLifecyclePolicy:
    return RepositoryLifecyclePolicy(source=source, state=state, hash=hash, **more)


def applied(name: str, reason: str = "InSync", message: str = "AWS holds it") -> MatchedRepository:
    return MatchedRepository(name, "keep", entry(State.APPLIED), reason, message)


def pending(name: str, message: str = "it is looked at") -> MatchedRepository:
    return MatchedRepository(name, "keep", entry(State.PENDING), "Progressing", message)


def held(name: str, reason: str = "InvalidPolicy", message: str = "rule 1 is wrong") -> MatchedRepository:
    return MatchedRepository(name, "keep", entry(State.HELD), reason, message)


def withdrawn(name: str, reason: str = "QuotaExceeded") -> MatchedRepository:
    return MatchedRepository(name, "keep", entry(State.WITHDRAWN), reason, "it would take 'v1'")


def conflicting(name: str, other: str = "old") -> MatchedRepository:
    return MatchedRepository(name, other, entry(State.APPLIED, other), "InSync", "AWS holds it")


def of(*repositories: MatchedRepository, spec: EcrLifecyclePolicySpec = SPEC) -> LifecycleSummary:
    return summary("keep", spec, repositories)


SELECTING = spec_of(repositorySelector={})
OUTCOMES: dict[str, tuple[list[MatchedRepository], Outcome]] = {
    "nothing matches": (
        [],
        Done(
            Reason.NO_REPOSITORY_MATCHED,
            "No EcrRepository names the policy in `lifecyclePolicyRef`, and there is no `repositorySelector`",
        ),
    ),
    "one has it": ([applied("a")], Done(message="It is applied to 1 of 1 repository")),
    "all have it": ([applied("a"), applied("b")], Done(message="It is applied to 2 of 2 repositories")),
    "one is looked at": (
        [applied("a"), pending("c"), pending("b")],
        Waiting(Reason.PROGRESSING, "It is applied to 1 of 3 repositories; b: it is looked at"),
    ),
    "one has another": (
        [pending("a"), conflicting("b"), applied("c")],
        Stalled(
            Reason.CONFLICT,
            "Another policy is on 1 of 3 repositories: b has 'old'; change a `repositorySelector`, or name "
            "the policy in `lifecyclePolicyRef`",
        ),
    ),
    "many have others": (
        [conflicting(name, f"for-{name}") for name in "edcba"],
        Stalled(
            Reason.CONFLICT,
            "Another policy is on 5 of 5 repositories: a has 'for-a', b has 'for-b', c has 'for-c', 2 more; "
            "change a `repositorySelector`, or name the policy in `lifecyclePolicyRef`",
        ),
    ),
    "one is held": (
        [applied("a"), conflicting("b"), pending("c"), held("d")],
        Stalled(Reason.INVALID_POLICY, "It is held on 1 of 4 repositories (d); d: rule 1 is wrong"),
    ),
    "many are held": (
        [held(name, message=f"because of {name}") for name in "edcba"],
        Stalled(
            Reason.INVALID_POLICY, "It is held on 5 of 5 repositories (a, b, c, 2 more); a: because of a"
        ),
    ),
    "it is withdrawn from one": (
        [held("a"), withdrawn("b")],
        Stalled(
            Reason.QUOTA_EXCEEDED,
            "It is withdrawn from 1 and held on 1 of 2 repositories (b, a); b: it would take 'v1'",
        ),
    ),
    "one is held for a reason of another version": (
        [held("a", "MoonIsFull", "the moon is full"), applied("b")],
        Waiting(Reason.PROGRESSING, "It is applied to 1 of 2 repositories; a: the moon is full"),
    ),
    "one is held for a reason of another version, and one for a known one": (
        [held("a", "MoonIsFull", "the moon is full"), held("b")],
        Stalled(Reason.INVALID_POLICY, "It is held on 2 of 2 repositories (a, b); b: rule 1 is wrong"),
    ),
}


@pytest.mark.parametrize(("repositories", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_what_comes_of_it(repositories: list[MatchedRepository], expected: Outcome) -> None:
    assert of(*repositories).outcome == expected


def test_a_selector_that_selects_nothing_is_named() -> None:
    assert of(spec=SELECTING).outcome == Done(
        Reason.NO_REPOSITORY_MATCHED,
        "`repositorySelector` selects no EcrRepository, and none names the policy in `lifecyclePolicyRef`",
    )


def test_a_policy_that_aws_will_never_take_is_refused_without_a_repository() -> None:
    rules = [
        rule(n, more_than(1, "tagged", tagPatternList=[f"p{n}"]), description="x" * 1000)
        for n in range(1, 41)
    ]
    outcome = of(spec=spec_of(*rules)).outcome
    assert isinstance(outcome, Stalled)
    assert outcome.reason is Reason.POLICY_TOO_LARGE
    assert "AWS allows 30,720; shorten descriptions" in outcome.message


def test_the_figures_are_those_of_the_repositories() -> None:
    some = [pending(name) for name in "defg"] + [withdrawn(name) for name in "jkl"]
    others = [conflicting("h"), conflicting("i")]
    found = of(applied("a"), applied("b"), held("c"), *some, *others).repositories
    assert found.to_json() == {
        "matched": 12,
        "applied": 2,
        "held": 1,
        "withdrawn": 3,
        "pending": 4,
        "conflicting": 2,
    }


def test_the_repositories_that_need_attention_come_first() -> None:
    found = of(
        applied("a"),
        applied("z", "QuotaExceeded", "it will take 'v1'"),
        pending("b"),
        pending("a2"),
        conflicting("c"),
        held("y"),
        held("d"),
        withdrawn("x"),
        withdrawn("e"),
    ).details
    assert [(one.name, str(one.state), one.message) for one in found] == [
        ("e", "Withdrawn", "it would take 'v1'"),
        ("x", "Withdrawn", "it would take 'v1'"),
        ("d", "Held", "rule 1 is wrong"),
        ("y", "Held", "rule 1 is wrong"),
        ("c", "Conflict", "it has the policy 'old'"),
        ("a2", "Pending", "it is looked at"),
        ("b", "Pending", "it is looked at"),
        ("z", "Applied", "it will take 'v1'"),
        ("a", "Applied", None),
    ]


def test_a_detail_has_the_figures_of_the_preview() -> None:
    images = (ListedImage(tag="v1"), ListedImage(tag="v2"))
    preview = LifecyclePreview(expiring_images=40, archiving_images=0, in_use_images=images)
    known = MatchedRepository("a", "keep", entry(State.HELD, preview=preview), "InvalidPolicy", "no")
    unknown = MatchedRepository(
        "b", "keep", entry(State.HELD, preview=preview.model_copy(update={"in_use_images": None})), "x", "no"
    )
    old = MatchedRepository(
        "c", "keep", entry(State.HELD, hash="old", preview=preview), "InvalidPolicy", "no"
    )
    found = [(one.expiring_images, one.in_use_images) for one in of(known, unknown, old).details]
    assert found == [(40, 2), (40, None), (None, None)]


def test_the_linters_warnings_are_told() -> None:
    rules = [rule(n, more_than(5, "tagged", tagPatternList=["a*", f"b{n}*"])) for n in range(1, 31)]
    spec = spec_of(*rules)
    found = of(spec=spec)
    expected = [(one.rule_priority, str(one.check), one.sentence) for one in lifecycle_warnings(spec.rules)]
    assert len(expected) > 20
    assert [(one.rule_priority, one.reason, one.message) for one in found.warnings] == expected[:20]
    assert found.rule_count == 30


def test_the_status_keeps_what_else_it_says() -> None:
    before = EcrLifecyclePolicyStatus(observed_generation=3, applied_hash="x", rule_count=9)
    after = of(held("a"), spec=SELECTING).onto(before)
    assert after.to_json() == {
        "observedGeneration": 3,
        "appliedHash": "x",
        "ruleCount": 1,
        "repositories": {
            "matched": 1,
            "applied": 0,
            "held": 1,
            "withdrawn": 0,
            "pending": 0,
            "conflicting": 0,
        },
        "details": [{"name": "a", "state": "Held", "message": "rule 1 is wrong"}],
    }
    assert of().onto(after).details is None


LONG = "x" * 600
REPOSITORIES = st.builds(
    lambda name, source, state, hash, reason, message, at_rest: MatchedRepository(
        name, source, state and entry(state, source or "keep", hash), reason, message, at_rest
    ),
    st.text("ab", min_size=1, max_size=4) | st.just("n" * 128),
    st.sampled_from(["keep", "keep", "keep", "old", "p" * 253, None]),
    st.none() | st.sampled_from(State),
    st.sampled_from([HASH, HASH, "old"]),
    st.sampled_from(["", "InSync", "InvalidPolicy", "QuotaExceeded", "ImagesInUse", "MoonIsFull"]),
    st.sampled_from(["", "it would take 'v1'", LONG]),
    st.sampled_from(["", "", "suspended", LONG]),
)
POPULATIONS = st.lists(REPOSITORIES, max_size=60, unique_by=lambda one: one.name)


@bounded(100)
@given(POPULATIONS, st.randoms())
def test_the_order_of_the_repositories_means_nothing(found: list[MatchedRepository], random: Any) -> None:
    expected = of(*found)
    random.shuffle(found)
    assert of(*found) == expected


@bounded(100)
@given(POPULATIONS)
def test_the_status_is_within_its_bounds_and_adds_up(found: list[MatchedRepository]) -> None:
    result = of(*found)
    counts = result.repositories
    parts = (counts.applied, counts.held, counts.withdrawn, counts.pending, counts.conflicting)
    assert counts.matched == len(found) == sum(parts)
    status = result.onto(EcrLifecyclePolicyStatus())
    assert EcrLifecyclePolicyStatus.from_json(status.to_json()) == status
    assert len(result.details) == min(50, len(found))
    assert all(len(one.message or "") <= MESSAGE_MAX for one in result.details)
    assert len(result.outcome.message) <= MESSAGE_MAX
    assert isinstance(result.outcome, Done) == (counts.applied == counts.matched)
    if counts.conflicting:
        assert isinstance(result.outcome, Stalled)


def test_of_10_000_repositories_50_are_listed_and_3_named() -> None:
    found = of(*(held(f"r{n:05}") for n in reversed(range(10_000))))
    assert [one.name for one in found.details] == [f"r{n:05}" for n in range(50)]
    assert found.outcome == Stalled(
        Reason.INVALID_POLICY,
        "It is held on 10,000 of 10,000 repositories (r00000, r00001, r00002, 9,997 more); "
        "r00000: rule 1 is wrong",
    )
