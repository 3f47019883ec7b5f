"""A stale view or an event that never comes delays the operator, and misleads it to nothing.

A sample by a fixed seed; `make soak` takes all points.
"""

from random import Random

from tests.crashes import faults, views
from tests.crashes.rounds import Rounds, Trace
from tests.crashes.stale import deafness

SEED = 20261125
STALE, UNSEEN = 10, 8


def test_a_stale_view_before_any_write_changes_nothing_in_the_end(
    rounds: Rounds, traces: dict[str, Trace]
) -> None:
    sample = Random(SEED).sample(faults.stale_views(traces), STALE)
    before = rounds.reached

    assert views.stale_views(rounds, sample, traces) == []
    assert rounds.reached == before + STALE


def test_a_change_that_no_event_tells_of_is_found_by_the_list(
    rounds: Rounds, traces: dict[str, Trace]
) -> None:
    sample = Random(SEED).sample(faults.unseen_changes(traces), UNSEEN)

    before = rounds.reached

    with deafness() as deaf:
        assert views.unseen_changes(rounds, sample, deaf) == []
    assert rounds.reached == before + UNSEEN
