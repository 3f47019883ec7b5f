"""When a Lease may be taken, and what is written into it."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ecr_operator.kube.lease_record import Sighting, held, released, seen, whole_seconds

NOW = datetime(2026, 2, 3, 4, 5, 6, 7, UTC)
TIME = "2026-02-03T04:05:06.000007Z"
THEIRS = {
    "holderIdentity": "other",
    "leaseDurationSeconds": 15,
    "leaseTransitions": 4,
    "acquireTime": "1999-01-01T00:00:00.000000Z",
    "renewTime": "2999-01-01T00:00:00.000000Z",
}


@pytest.mark.parametrize(
    ("record", "free_at"),
    [
        pytest.param({}, -math.inf, id="nobody has ever held it"),
        pytest.param({"holderIdentity": None}, -math.inf, id="no holder"),
        pytest.param({**THEIRS, "holderIdentity": ""}, -math.inf, id="released"),
        pytest.param({**THEIRS, "holderIdentity": "us"}, -math.inf, id="ours, from before a restart"),
        pytest.param(THEIRS, 115, id="its duration after it was seen to change"),
        pytest.param({**THEIRS, "renewTime": "1999-01-01T00:00:00Z"}, 115, id="its clock does not matter"),
        pytest.param({**THEIRS, "leaseDurationSeconds": 60}, 160, id="a longer duration of the holder's"),
        pytest.param({**THEIRS, "leaseDurationSeconds": 5}, 105, id="a shorter duration of the holder's"),
        pytest.param({"holderIdentity": "other"}, 115, id="without a duration ours"),
    ],
)
def test_a_lease_may_be_taken(record: dict[str, Any], free_at: float) -> None:
    assert Sighting(record, since=100).free_at("us", 15.0) == free_at


def test_a_duration_of_ours_is_exact_though_a_record_has_whole_seconds() -> None:
    assert [whole_seconds(duration) for duration in (0.2, 1.0, 1.2, 15.0)] == [1, 1, 2, 15]
    assert Sighting({**THEIRS, "leaseDurationSeconds": 1}, since=100).free_at("us", 0.2) == 100.2
    assert Sighting({**THEIRS, "leaseDurationSeconds": 2}, since=100).free_at("us", 0.2) == 102


def test_time_counts_from_when_the_record_was_first_seen_as_it_is() -> None:
    first = seen(None, THEIRS, 100)
    assert seen(first, dict(THEIRS), 110) is first
    for change in ({"renewTime": TIME}, {"leaseTransitions": 5}, {"holderIdentity": "third"}):
        assert seen(first, THEIRS | change, 110) == Sighting(THEIRS | change, 110)


def test_the_record_of_a_lease_that_is_created() -> None:
    assert held(None, "us", 15.0, NOW) == {
        "holderIdentity": "us",
        "leaseDurationSeconds": 15,
        "leaseTransitions": 0,
        "acquireTime": TIME,
        "renewTime": TIME,
    }


def test_taking_it_is_a_transition_and_renewing_it_is_none() -> None:
    taken = held(THEIRS, "us", 15.0, NOW)
    assert taken == THEIRS | {
        "holderIdentity": "us",
        "leaseTransitions": 5,
        "acquireTime": TIME,
        "renewTime": TIME,
    }
    renewed = held(taken, "us", 15.0, NOW + timedelta(seconds=1))
    assert renewed == taken | {"renewTime": "2026-02-03T04:05:07.000007Z"}


def test_a_record_by_hand_is_completed_and_unknown_fields_are_kept() -> None:
    assert held({"holderIdentity": "us", "strategy": "x"}, "us", 15.0, NOW) == {
        "holderIdentity": "us",
        "leaseDurationSeconds": 15,
        "leaseTransitions": 0,
        "acquireTime": TIME,
        "renewTime": TIME,
        "strategy": "x",
    }
    assert held({}, "us", 15.0, NOW)["leaseTransitions"] == 1


def test_a_released_record_names_nobody() -> None:
    record = released(held(THEIRS, "us", 15.0, NOW - timedelta(hours=1)), NOW)
    assert record == {
        "holderIdentity": "",
        "leaseDurationSeconds": 1,
        "leaseTransitions": 5,
        "acquireTime": TIME,
        "renewTime": TIME,
    }


def test_times_are_written_in_utc() -> None:
    now = NOW.astimezone(timezone(timedelta(hours=5)))
    assert held(None, "us", 15.0, now)["renewTime"] == TIME
