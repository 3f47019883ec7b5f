"""After any history AWS holds what a fresh object with the last spec would have made of it.

A history is a sequence of specs, of crashes and refusals in the middle of them, and of what others do
meanwhile. Only
mutability and scanning may differ, where the last spec leaves them out, and the tags of others.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.changes import tag_part
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.plan import Done
from ecr_operator.planning.repository import ObservedRepository, managed_after
from tests.planning.bounds import bounded
from tests.planning.samples import LONG_AGO, NOW, desired
from tests.planning.strategies import (
    ENCRYPTIONS,
    FOREIGN_KEYS,
    FOREIGN_TAGS,
    MUTABILITIES,
    OUR_KEYS,
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


@dataclass(frozen=True)
class Observe:
    """The user applies the same spec with `managementPolicy: Observe`."""

    wanted: DesiredRepository


@dataclass(frozen=True)
class Delete:
    """Somebody else deletes the repository."""


Step = Apply | Observe | Meddle | Delete


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Apply, SPECS),
    st.builds(Apply, SPECS, st.integers(0, 3), st.booleans()),
    st.builds(
        Meddle,
        st.builds(lambda ours, theirs: ours | theirs, tags_of(OUR_KEYS, (None, "2")), FOREIGN_TAGS),
        st.none() | MUTABILITIES,
        st.sampled_from([None, True, False]),
    ),
    st.builds(Observe, SPECS),
    st.just(Delete()),
)
HISTORIES = st.builds(
    lambda steps, wanted, encryption: [
        replace(step, wanted=encrypted(step.wanted, encryption))
        if isinstance(step, Apply | Observe)
        else step
        for step in (*steps, Apply(wanted))
    ],
    steps=st.lists(STEPS, max_size=5),
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
        case Observe(wanted):
            before = world.there
            world.reconcile(replace(wanted, observe=True))
            assert world.there == before
        case Meddle(tags, mutability, scan_on_push):
            settings: dict[str, object] = {}
            if mutability is not None:
                settings |= {"mutability": mutability.value, "exclusion_filters": mutability.filters}
            if scan_on_push is not None:
                settings["scan_on_push"] = scan_on_push
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
    return there


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
