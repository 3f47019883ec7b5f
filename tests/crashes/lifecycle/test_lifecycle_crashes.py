"""Whatever write for a lifecycle policy a fault strikes at, all is in the end as without it.

A sample of the points of some scenarios by a fixed seed; `make soak` takes those of all.
"""

from random import Random

from tests.crashes import faults, views
from tests.crashes.lifecycle.scenarios import CHANGES, is_certain
from tests.crashes.points import Point
from tests.crashes.rounds import Fault, Rounds, Trace
from tests.crashes.stale import deafness

SEED = 20261129
CRASHES, CHANGED, REPEATED, STALE, UNSEEN = 6, 2, 1, 4, 3

AFTER_WITHDRAWAL = Fault("images come that endanger one in use", (Point(0, "after"),))
"""AWS has the policy no more, and the status does not say so yet."""


def test_a_crash_at_any_write_changes_nothing_in_the_end(rounds: Rounds, traces: dict[str, Trace]) -> None:
    random = Random(SEED)
    sample = [*random.sample(faults.crashes(traces), CRASHES), AFTER_WITHDRAWAL]
    sample += random.sample(faults.crashes_and_changes(traces, CHANGES, is_certain), CHANGED)
    sample += faults.repeated_crashes(traces, random, REPEATED)

    assert rounds.crashes(sample, traces) == []
    # A status sums up: a write of the trace may be spared.
    assert rounds.reached >= 0.7 * len(sample)


def test_a_stale_view_before_any_write_changes_nothing_in_the_end(
    rounds: Rounds, traces: dict[str, Trace]
) -> None:
    sample = Random(SEED).sample(faults.stale_views(traces), STALE)
    before = rounds.reached

    assert views.stale_views(rounds, sample, traces) == []
    assert rounds.reached >= before + 0.7 * STALE


def test_a_change_that_no_event_tells_of_is_found_by_the_list(
    rounds: Rounds, traces: dict[str, Trace]
) -> None:
    sample = Random(SEED).sample(faults.unseen_changes(traces, CHANGES, is_certain), UNSEEN)
    before = rounds.reached

    with deafness() as deaf:
        assert views.unseen_changes(rounds, sample, deaf) == []
    assert rounds.reached >= before + 0.7 * UNSEEN
