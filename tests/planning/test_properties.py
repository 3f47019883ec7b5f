"""What holds for every plan: it converges, refuses without a trace, and leaves what is not ours."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import (
    LIFECYCLE,
    DeleteLifecyclePolicy,
    DeleteRepository,
    DeleteRepositoryPolicy,
    SetRepositoryPolicy,
    TagRepository,
    UntagRepository,
)
from ecr_operator.planning.deletion import ImageCount, ObservedForDeletion, Release, plan_deletion
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.managed import managed_after
from ecr_operator.planning.ownership import ObjectKey, owner_to_look_up
from ecr_operator.planning.plan import Done, Plan, Stalled, Waiting
from ecr_operator.planning.repository import ObservedRepository, Recorded
from ecr_operator.reasons import Reason
from tests.planning.bounds import bounded
from tests.planning.policy_strategies import meanings
from tests.planning.samples import ARN, CLUSTER, NAME, NOW, OWNER, desired, plan
from tests.planning.strategies import (
    ANY_SPECS,
    FOREIGN_KEYS,
    GONE,
    MEMORIES,
    OWNERS,
    REPOSITORIES,
    SPECS,
)
from tests.planning.world import World, performed

REFUSALS = {
    Reason.REPOSITORY_NOT_OURS,
    Reason.REPOSITORY_OWNED_BY_ANOTHER,
    Reason.IMMUTABLE_FIELD_DIFFERS,
    Reason.TOO_MANY_TAGS,
    Reason.INVALID_POLICY,
    Reason.POLICY_TOO_LARGE,
}
EXAMPLES = 150
OURS = st.sampled_from([OWNER, "blue/team-a/web"])
MAYBE = st.none() | REPOSITORIES


@bounded(EXAMPLES)
@given(ANY_SPECS, MAYBE, MEMORIES, GONE)
def test_a_performed_plan_leaves_nothing_to_do(
    wanted: DesiredRepository,
    there: ObservedRepository | None,
    memory: Recorded,
    gone: tuple[ObjectKey, ...],
) -> None:
    first = plan(wanted, there, memory, gone=gone)
    after = performed(first.changes, there)
    if not isinstance(first.outcome, Done):
        return
    again = plan(wanted, after, memory)
    assert again.changes == ()
    assert again.outcome == first.outcome


@bounded(EXAMPLES)
@given(ANY_SPECS, MAYBE, MEMORIES, GONE)
def test_whatever_is_met_comes_to_rest_and_stays(
    wanted: DesiredRepository,
    there: ObservedRepository | None,
    memory: Recorded,
    gone: tuple[ObjectKey, ...],
) -> None:
    if wanted.observe and there is None:
        return
    world = World(NOW, there, memory)
    outcome = world.settle(wanted, gone)
    assert isinstance(outcome, Done | Stalled)
    rested = world.there
    assert world.settle(wanted, gone) == outcome
    assert world.there == rested


@bounded(EXAMPLES)
@given(ANY_SPECS, MAYBE, MEMORIES, GONE)
def test_a_refusal_changes_nothing(
    wanted: DesiredRepository,
    there: ObservedRepository | None,
    memory: Recorded,
    gone: tuple[ObjectKey, ...],
) -> None:
    world = World(NOW, there, memory)
    outcome = world.reconcile(wanted, gone)
    if isinstance(outcome, Stalled):
        assert world.there == there
        assert world.memory.managed <= memory.managed
        assert outcome.reason in REFUSALS
        assert outcome.message


@bounded(EXAMPLES)
@given(ANY_SPECS, REPOSITORIES, MEMORIES, GONE)
def test_a_repository_of_another_is_not_touched(
    wanted: DesiredRepository, there: ObservedRepository, memory: Recorded, gone: tuple[ObjectKey, ...]
) -> None:
    """Only its owner tag, and only where the spec says so and no live object of this cluster has it."""
    result = plan(wanted, there, memory, gone=gone)
    if there.owner is not None and CLUSTER.present(there.owner) == OWNER:
        return
    if not result.changes:
        return
    assert result.changes == (TagRepository(NAME, ARN, {OWNER_TAG: OWNER}),)
    assert isinstance(result.outcome, Waiting)
    if there.owner is None:
        assert wanted.adopt
        return
    holder = CLUSTER.object_of(there.owner)
    assert wanted.adopt_from == there.owner or (wanted.adopt and holder is not None)
    assert holder is None or holder in gone
    # The look-up that proves it was asked for.
    asked = owner_to_look_up(
        there.owner, own=OWNER, cluster=CLUSTER, adopt=wanted.adopt, adopt_from=wanted.adopt_from
    )
    assert asked == holder


@bounded(2 * EXAMPLES)
@given(SPECS, REPOSITORIES, OURS, MEMORIES)
def test_only_what_is_recorded_or_wanted_is_touched(
    wanted: DesiredRepository, there: ObservedRepository, owner: str, memory: Recorded
) -> None:
    there = replace(there, tags={**there.tags, OWNER_TAG: owner})
    for change in plan(wanted, there, memory).changes:
        if isinstance(change, UntagRepository):
            for key in change.keys:
                assert f"tags/{key}" in memory.managed
                assert key not in wanted.tags
        if isinstance(change, DeleteLifecyclePolicy):
            assert LIFECYCLE in memory.managed
            assert wanted.lifecycle is None
        if isinstance(change, SetRepositoryPolicy | DeleteRepositoryPolicy) and not wanted.remove_foreign:
            text = change.text if isinstance(change, SetRepositoryPolicy) else None
            left = meanings(text, foreign=True)
            assert left == meanings(there.policy, foreign=True)
            for sid in change.removed:
                assert f"statements/{sid}" in memory.managed or sid.startswith("EcrOperator")
        assert change.parts() <= managed_after(wanted)


@bounded(EXAMPLES)
@given(ANY_SPECS, REPOSITORIES, MEMORIES, st.integers(0, 9))
def test_nothing_is_written_between_adoption_and_the_next_look(
    wanted: DesiredRepository, there: ObservedRepository, memory: Recorded, age: int
) -> None:
    world = World(NOW, there, memory)
    if not (isinstance(first := world.reconcile(wanted), Waiting) and first.reason is Reason.ADOPTING):
        return
    taken = world.there
    world.now += timedelta(seconds=age)
    assert isinstance(world.reconcile(wanted), Waiting)
    assert world.there == taken


@bounded(EXAMPLES)
@given(
    st.sampled_from(["Delete", "DeleteWithImages"]),
    OWNERS,
    st.integers(0, 3),
    st.booleans(),
)
def test_only_our_own_repository_is_deleted_and_images_only_where_that_was_said_twice(
    policy: str, owner: str | None, images: int, confirmed: bool
) -> None:
    wanted = desired(deletionPolicy=policy)
    annotations = {"ecr-operator.dev/confirm-delete": NAME} if confirmed else {}
    there = ObservedForDeletion(ARN, owner, ImageCount(images))
    result = plan_deletion(wanted, there, annotations, CLUSTER)
    ours = owner is not None and CLUSTER.present(owner) == OWNER
    assert isinstance(result, Plan if ours else Release)
    for change in result.changes if isinstance(result, Plan) else ():
        assert isinstance(change, DeleteRepository)
        assert images == 0 or (policy == "DeleteWithImages" and confirmed)
        assert change.force is (images > 0)


@bounded(EXAMPLES)
@given(st.lists(SPECS, min_size=1, max_size=4), REPOSITORIES, OURS, MEMORIES)
def test_foreign_tags_survive_any_sequence_of_specs(
    sequence: list[DesiredRepository], there: ObservedRepository, owner: str, memory: Recorded
) -> None:
    there = replace(there, tags={**there.tags, OWNER_TAG: owner})
    world = World(NOW, there, memory)
    before = {key: value for key, value in there.tags.items() if key in FOREIGN_KEYS or key[:6] == "filler"}
    for wanted in sequence:
        world.settle(wanted)
        assert world.there is not None
        assert before.items() <= world.there.tags.items()
