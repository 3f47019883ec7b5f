"""Whatever write for an EcrPullSecret a fault strikes at, all is in the end as without it.

A sample of all points by a fixed seed; `make soak` takes all of them, and crashes that follow each other.
"""

from random import Random

from tests.crashes import faults, views
from tests.crashes.pull.scenarios import CHANGES, is_certain
from tests.crashes.rounds import Rounds, Trace
from tests.crashes.stale import deafness

SEED = 20261128
CRASHES, CHANGED, REPEATED, STALE, UNSEEN = 12, 6, 3, 8, 5


def test_a_crash_at_any_write_changes_nothing_in_the_end(rounds: Rounds, traces: dict[str, Trace]) -> None:
    random = Random(SEED)
    sample = random.sample(faults.crashes(traces), CRASHES)
    sample += random.sample(faults.crashes_and_changes(traces, CHANGES, is_certain), CHANGED)
    sample += faults.repeated_crashes(traces, random, REPEATED)

    assert rounds.crashes(sample, traces) == []
    # Namespaces are written side by side, and the status sums up: a write of the trace may be spared.
    assert rounds.reached >= 0.8 * len(sample)


def test_a_stale_view_before_any_write_changes_nothing_in_the_end(
    rounds: Rounds, traces: dict[str, Trace]
) -> None:
    sample = Random(SEED).sample(faults.stale_views(traces), STALE)
    before = rounds.reached

    assert views.stale_views(rounds, sample, traces) == []
    assert rounds.reached >= before + 0.8 * STALE


def test_a_change_that_no_event_tells_of_is_found_by_the_list(
    rounds: Rounds, traces: dict[str, Trace]
) -> None:
    sample = Random(SEED).sample(faults.unseen_changes(traces, CHANGES, is_certain), UNSEEN)
    before = rounds.reached

    with deafness() as deaf:
        assert views.unseen_changes(rounds, sample, deaf) == []
    assert rounds.reached >= before + 0.8 * UNSEEN
