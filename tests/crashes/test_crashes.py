"""Whatever write the operator is killed at, the next one comes to the end that an undisturbed one comes to.

A sample of all points by a fixed seed; `make soak` takes all of them, and crashes that follow each other.
"""

from random import Random

from tests.crashes import faults
from tests.crashes.rounds import Rounds, Trace

SEED = 20261125
SAMPLE, CHANGED, REPEATED = 18, 14, 4


def test_a_crash_at_any_write_changes_nothing_in_the_end(rounds: Rounds, traces: dict[str, Trace]) -> None:
    random = Random(SEED)
    sample = random.sample(faults.crashes(traces), SAMPLE)
    sample += random.sample(faults.crashes_and_changes(traces), CHANGED)
    sample += faults.repeated_crashes(traces, random, REPEATED)

    assert rounds.crashes(sample, traces) == []
    # Some are killed several times; a scenario may get by with fewer writes than its trace.
    assert rounds.reached >= 0.9 * len(sample)
