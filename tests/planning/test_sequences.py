"""After any history AWS holds what a fresh object with the last spec would have made of it.

A history is a sequence of specs, of crashes and refusals in the middle of them, and of what others do
meanwhile. Only mutability and scanning may differ, where the last spec leaves them out, and the tags and
statements of others.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.changes import LIFECYCLE, tag_part
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle import same_lifecycle
from ecr_operator.planning.managed import managed_after
from ecr_operator.planning.plan import Done, Stalled
from ecr_operator.planning.policy_document import parse_policy, sid_of
from ecr_operator.planning.policy_equality import canonical
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.policy_strategies import (
    FOREIGN_LISTS,
    LIFECYCLE_TEXTS,
    READABLE_TEXTS,
    meanings,
    meddled,
)
from tests.planning.samples import LONG_AGO, NOW, PLACE, desired, observed
from tests.planning.statements import allow
from tests.planning.strategies import (
    ENCRYPTIONS,
    FOREIGN_KEYS,
    FOREIGN_TAGS,
    MUTABILITIES,
    OUR_KEYS,
    OWNERS,
    SPECS,
    Mutability,
    encrypted,
    tags_of,
)
from tests.planning.world import World


@dataclass(frozen=True)
class Apply:
    """The user applies a spec.

    With `effects` the operator is killed after so many calls to AWS, or AWS refuses the next one.
    """

    wanted: DesiredRepository
    effects: int | None = None
    killed: bool = True


@dataclass(frozen=True)
class Meddle:
    """Somebody else changes the repository; None removes a tag."""

    tags: dict[str, str | None]
    mutability: Mutability | None
    scan_on_push: bool | None
    statements: list[Any] | None = None
    """His own in the repository's policy, in place of all that he had there; None: the policy stays."""
    drops: bool = False
    """He drops our statements; else he changes one."""
    lifecycle: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Refuse:
    """The user applies the same spec with a statement that is refused."""

    wanted: DesiredRepository


@dataclass(frozen=True)
class Observe:
    """The user applies the same spec with `managementPolicy: Observe`."""

    wanted: DesiredRepository


@dataclass(frozen=True)
class Delete:
    """Somebody else deletes the repository."""


Step = Apply | Refuse | Observe | Meddle | Delete


LOCK = allow("lock", Effect="Deny", Principal="*", Action="ecr:*")
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Apply, SPECS),
    st.builds(Apply, SPECS, st.integers(0, 3), st.booleans()),
    st.builds(
        Meddle,
        st.builds(lambda ours, theirs: ours | theirs, tags_of(OUR_KEYS, (None, "2")), FOREIGN_TAGS),
        st.none() | MUTABILITIES,
        st.sampled_from([None, True, False]),
        st.none() | FOREIGN_LISTS,
        st.booleans(),
        LIFECYCLE_TEXTS,
        st.integers(0, 5),
    ),
    st.builds(Refuse, SPECS),
    st.builds(Observe, SPECS),
    st.just(Delete()),
)
HISTORIES = st.builds(
    lambda steps, wanted, encryption: [
        replace(step, wanted=encrypted(step.wanted, encryption))
        if isinstance(step, Apply | Refuse | Observe)
        else step
        for step in (*steps, Apply(wanted))
    ],
    steps=st.lists(STEPS, max_size=6),
    wanted=SPECS,
    encryption=ENCRYPTIONS,
)
"""Steps of one object, whose encryption never changes; the last one is a spec."""


def last(history: list[Step]) -> DesiredRepository:
    step = history[-1]
    assert isinstance(step, Apply)
    return step.wanted


def take(world: World, step: Step) -> None:
    world.now += timedelta(hours=1)
    managed = world.memory.managed
    match step:
        case Apply(wanted, None):
            assert isinstance(world.settle(wanted), Done)
        case Apply(wanted, effects, killed):
            world.reconcile(wanted, effects=effects, killed=killed)
        case Refuse(wanted):
            before = world.there
            outcome = world.settle(replace(wanted, statements=(LOCK,)))
            assert isinstance(outcome, Stalled)
            assert outcome.reason is Reason.INVALID_POLICY
            assert world.there == before
        case Observe(wanted):
            before = world.there
            world.reconcile(replace(wanted, observe=True))
            assert world.there == before
        case Meddle(tags, mutability, scan_on_push, statements, drops, lifecycle, seed):
            if world.there is None:
                return
            settings: dict[str, object] = {}
            if mutability is not None:
                settings |= {"mutability": mutability.value, "exclusion_filters": mutability.filters}
            if scan_on_push is not None:
                settings["scan_on_push"] = scan_on_push
            if statements is not None:
                version = "2008-10-17" if seed % 2 else "2012-10-17"
                settings["policy"] = meddled(
                    world.there.policy, statements, drops=drops, version=version, seed=seed
                )
            if LIFECYCLE in managed:
                # One that we do not manage would be his from then on.
                settings["lifecycle_policy"] = lifecycle
            # A key of ours that we do not manage would be his from then on.
            theirs = {key: tags[key] for key in tags if key in FOREIGN_KEYS or tag_part(key) in managed}
            world.outsider(theirs, **settings)
        case Delete():
            world.there = None


def made_of(history: list[Step]) -> World:
    world = World(NOW)
    for step in history:
        take(world, step)
    return world


def as_wanted(there: ObservedRepository, wanted: DesiredRepository) -> ObservedRepository:
    """Without what the property leaves open."""
    tags = {key: value for key, value in there.tags.items() if key not in FOREIGN_KEYS}
    there = replace(there, tags=tags, created_at=LONG_AGO)
    if wanted.mutability is None:
        there = replace(there, mutability="", exclusion_filters=())
    if wanted.scan_on_push is None:
        there = replace(there, scan_on_push=False)
    if "${" in str(wanted.statements):
        assert parse_policy(there.policy).version == "2012-10-17"
    if wanted.lifecycle is not None and same_lifecycle(wanted.lifecycle, there.lifecycle_policy):
        there = replace(there, lifecycle_policy=wanted.lifecycle)
    return replace(there, policy=str(meanings(there.policy, foreign=False)))


@bounded(400)
@given(HISTORIES)
def test_the_history_does_not_matter(history: list[Step]) -> None:
    wanted = last(history)
    world, fresh = made_of(history), made_of([Apply(wanted)])
    assert world.there is not None
    assert fresh.there is not None
    assert as_wanted(world.there, wanted) == as_wanted(fresh.there, wanted)
    assert world.memory.managed == fresh.memory.managed == managed_after(wanted)


@bounded(100)
@given(HISTORIES)
def test_tags_of_others_survive_every_step(history: list[Step]) -> None:
    world = World(NOW)
    theirs: dict[str, str | None] = {}
    for step in history:
        take(world, step)
        if isinstance(step, Meddle) and world.there is not None:
            theirs |= {key: value for key, value in step.tags.items() if key in FOREIGN_KEYS}
        if isinstance(step, Delete):
            theirs = {}
        assert world.foreign(FOREIGN_KEYS) == theirs


@bounded(200)
@given(FOREIGN_LISTS, HISTORIES)
def test_statements_of_others_survive_every_step(foreign: list[Any], history: list[Step]) -> None:
    """Whatever their shape, word for word in meaning, unless a spec says `foreignStatements: Remove`."""
    world = World(NOW)
    theirs: list[str] = []
    for step in [history[-1], Meddle({}, None, None, foreign), *history]:
        there = world.there
        take(world, step)
        found = meanings(world.there.policy if world.there else None, foreign=True)
        if isinstance(step, Meddle) and there is not None and step.statements is not None:
            theirs = sorted(canonical(one, PLACE) for one in step.statements)
        if isinstance(step, Delete):
            theirs = []
        if isinstance(step, Apply) and step.wanted.remove_foreign and (step.effects is None or found == []):
            theirs = []
        assert found == theirs


@bounded(100)
@given(SPECS, st.integers(0, 6), st.booleans(), FOREIGN_LISTS, st.booleans())
def test_nothing_of_ours_is_left_when_it_leaves_the_spec(
    wanted: DesiredRepository, effects: int, killed: bool, foreign: list[Any], exists: bool
) -> None:
    """Whether the operator was killed between any two effects, AWS refused one, or all went well."""
    world = World(NOW)
    wanted = replace(wanted, remove_foreign=False)
    if exists:
        take(world, Apply(desired()))
        take(world, Meddle({}, None, None, foreign))
    take(world, Apply(wanted, effects, killed))
    take(world, Apply(desired()))
    assert world.there is not None
    assert meanings(world.there.policy, foreign=False) == []
    assert meanings(world.there.policy, foreign=True) == (
        sorted(canonical(one, PLACE) for one in foreign) if exists else []
    )
    assert (world.there.policy is None) is (not exists or not foreign)
    assert world.there.lifecycle_policy is None
    assert set(world.there.tags) == set(desired().tags)
    assert world.memory.managed == managed_after(desired())


@bounded(60)
@given(SPECS, READABLE_TEXTS, OWNERS)
def test_grants_of_a_predecessor_are_taken_back(
    wanted: DesiredRepository, text: str, owner: str | None
) -> None:
    """An object that takes a repository over, or has lost its status, knows of none of its statements."""
    wanted = replace(wanted, adopt=True)
    world = World(NOW, observed(owner, policy=text))
    if isinstance(world.settle(wanted), Stalled):
        return
    assert world.there is not None
    ours = [sid_of(one) for one in parse_policy(world.there.policy).statements]
    granted = {sid for sid in ours if sid and sid.startswith("EcrOperator")}
    assert {f"statements/{sid}" for sid in granted} <= managed_after(wanted)


@bounded(50)
@given(SPECS, MUTABILITIES, st.booleans())
def test_what_left_the_spec_keeps_its_value(
    wanted: DesiredRepository, mutability: Mutability, scan_on_push: bool
) -> None:
    """Silently making tags mutable would be worse than a setting that nobody manages."""
    world = World(NOW)
    take(world, Apply(wanted))
    take(world, Meddle({}, mutability, scan_on_push))
    take(world, Apply(desired()))
    assert world.there is not None
    found = (world.there.mutability, world.there.exclusion_filters, world.there.scan_on_push)
    assert found == (mutability.value, mutability.filters, scan_on_push)
