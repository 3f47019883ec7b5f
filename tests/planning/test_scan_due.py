"""When AWS is asked again about a scan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ImageScan, carried, together
from ecr_operator.planning.scan_due import ScanPace, asked_again_after
from tests.planning.bounds import bounded
from tests.planning.scan_samples import BASIC, ENHANCED, SCANS, STATUSES, scan

HOUR, DAY = 3600.0, 86_400.0
PACE = ScanPace(every=6 * HOUR, poll=30, interval=900)
GOES_ON_WITHOUT_RESULT = carried(
    carried(scan("ACTIVE", {"LOW": 1}, type=ENHANCED), ImageScan("ACTIVE", ENHANCED)),
    ImageScan("ACTIVE", ENHANCED),
)

DUE: dict[str, tuple[ImageScan, float, int, float]] = {
    "a basic scan is final for a day": (scan(), DAY, 0, DAY),
    "enhanced scanning is never final": (scan("ACTIVE", type=ENHANCED), DAY, 0, 6 * HOUR),
    "enhanced scanning on push is not either": (scan("COMPLETE", type=ENHANCED), DAY, 0, 6 * HOUR),
    "a running scan is looked at soon": (scan("IN_PROGRESS"), DAY, 0, 30),
    "the next look comes later": (scan("PENDING"), DAY, 2, 67.5),
    "no look comes later than the inventory": (scan("PENDING"), DAY, 50, 900),
    "however often it was found running": (scan("PENDING"), DAY, 10**9, 900),
    "done without a result is running": (ImageScan("COMPLETE", BASIC), DAY, 0, 30),
    "for some looks, after which none is expected soon": (ImageScan("ACTIVE", ENHANCED), DAY, 8, 6 * HOUR),
    "with what was found before, too": (GOES_ON_WITHOUT_RESULT, DAY, 8, 6 * HOUR),
    "an index of which no image is really being scanned": (
        together((scan("ACTIVE", type=ENHANCED), ImageScan("ACTIVE", ENHANCED))),
        DAY,
        8,
        6 * HOUR,
    ),
    "an index of which one is": (
        together((ImageScan("ACTIVE", ENHANCED), scan("PENDING", type=ENHANCED))),
        DAY,
        50,
        900,
    ),
    "an image just pushed may get its first scan now": (scan(SCAN_NOT_FOUND), 60, 0, 30),
    "one pushed a while ago may still get it": (scan(SCAN_NOT_FOUND), 20 * 60, 0, 300),
    "one that is nearly an hour old, too": (scan(SCAN_NOT_FOUND), 3599, 0, 3599 / 4),
    "an old one gets none by itself": (scan(SCAN_NOT_FOUND), DAY, 0, 6 * HOUR),
    "a scan that failed is not looked at soon": (scan("FAILED"), 60, 0, 6 * HOUR),
    "an image that is scanned no more": (scan("SCAN_ELIGIBILITY_EXPIRED"), DAY, 0, 6 * HOUR),
    "a status that nobody knows": (scan("SOMETHING_NEW"), DAY, 0, 6 * HOUR),
}


@pytest.mark.parametrize(("found", "age", "polls", "seconds"), DUE.values(), ids=DUE.keys())
def test_the_next_look(found: ImageScan, age: float, polls: int, seconds: float) -> None:
    assert asked_again_after(found, PACE, age=age, polls=polls) == seconds


@pytest.mark.parametrize("status", STATUSES)
def test_counts_that_were_carried_make_nothing_final(status: str) -> None:
    bare, carried = ImageScan(status, ENHANCED), ImageScan(status, ENHANCED, {"LOW": 1})
    times = [asked_again_after(one, PACE, age=DAY, polls=0) for one in (bare, carried)]
    assert max(times) <= PACE.every


@bounded(200)
@given(
    SCANS,
    st.builds(ScanPace, st.floats(60, 1e6), st.floats(1, 1e4), st.floats(1, 1e5)),
    st.floats(-10, 1e8),
    st.integers(0, 10**6),
)
def test_there_is_always_a_next_look_and_no_hurry_for_it(
    found: ImageScan, pace: ScanPace, age: float, polls: int
) -> None:
    seconds = asked_again_after(found, pace, age=age, polls=polls)
    assert (
        min(pace.poll, pace.interval, pace.every) <= seconds <= max(4 * pace.every, pace.poll, pace.interval)
    )
    # Each look at a running scan comes no sooner than the one before.
    assert asked_again_after(found, pace, age=age, polls=polls + 1) >= seconds
