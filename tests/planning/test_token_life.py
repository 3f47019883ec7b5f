"""When tokens are refreshed, when a refresh is tried again, and when its failing is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.token_life import (
    RETRY_FLOOR,
    RETRY_MAXIMUM,
    Life,
    public_expiry,
    retry_after,
    shortest,
)
from tests.planning.bounds import bounded

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
JITTERS = st.floats(0, 1, exclude_max=True)


def life(hours: float, jitter: float = 0.5, issued: datetime = NOW) -> Life:
    return Life.of_token(issued, issued + hours * HOUR, jitter)


def test_a_token_is_refreshed_at_half_of_its_life() -> None:
    assert life(12).refresh == NOW + 6 * HOUR
    assert not life(12).is_due(NOW + 6 * HOUR - SECOND)
    assert life(12).is_due(NOW + 6 * HOUR)


def test_the_jitter_is_ten_percent_of_the_way_there() -> None:
    assert life(12, 0.0).refresh == NOW + 5.4 * HOUR
    assert life(12, 0.999999).refresh <= NOW + 6.6 * HOUR
    assert life(12, 0.999999).refresh >= NOW + 6.6 * HOUR - SECOND


@bounded(200)
@given(st.integers(20, 12 * 3600), JITTERS)
def test_a_refresh_is_within_its_bounds(seconds: int, jitter: float) -> None:
    one = Life.of_token(NOW, NOW + timedelta(seconds=seconds), jitter)
    assert 0.45 * seconds - 1 <= (one.refresh - NOW).total_seconds() <= 0.55 * seconds


LIFELESS = {"a token that lives a second": SECOND, "one that is dead": -HOUR, "one that ends now": 0 * SECOND}


@pytest.mark.parametrize("left", LIFELESS.values(), ids=LIFELESS)
def test_a_token_without_life_is_not_asked_for_in_a_tight_loop(left: timedelta) -> None:
    assert Life.of_token(NOW, NOW + left, 0.0).refresh >= NOW + 5 * SECOND


def test_times_are_whole_seconds_as_a_status_keeps_them() -> None:
    one = Life.of_token(NOW.replace(microsecond=900_000), (NOW + HOUR).replace(microsecond=1), 0.123)
    assert {one.issued.microsecond, one.expires.microsecond, one.refresh.microsecond} == {0}


def test_expiring_soon_is_less_than_a_quarter() -> None:
    assert not life(12).is_expiring_soon(NOW + 9 * HOUR)
    assert life(12).is_expiring_soon(NOW + 9 * HOUR + SECOND)
    assert life(12).is_expiring_soon(NOW + 13 * HOUR)


def test_a_token_expires_at_its_time() -> None:
    assert not life(12).is_expired(NOW + 12 * HOUR - SECOND)
    assert life(12).is_expired(NOW + 12 * HOUR)


@bounded(200)
@given(JITTERS)
def test_a_life_is_known_again_after_a_restart(jitter: float) -> None:
    one = life(12, jitter)
    again = Life.of_status(one.expires, one.refresh)
    assert (again.expires, again.refresh) == (one.expires, one.refresh)
    assert abs((again.issued - one.issued).total_seconds()) <= 0.1 * 12 * 3600 + 2


PUBLIC: dict[str, tuple[datetime, datetime | None, datetime]] = {
    "a session that ends first": (NOW + 12 * HOUR, NOW + HOUR, NOW + HOUR),
    "a session that outlives it": (NOW + 12 * HOUR, NOW + 36 * HOUR, NOW + 12 * HOUR),
    "no session": (NOW + 12 * HOUR, None, NOW + 12 * HOUR),
}


@pytest.mark.parametrize(("expires", "session", "expected"), PUBLIC.values(), ids=PUBLIC)
def test_a_public_token_ends_with_its_session(
    expires: datetime, session: datetime | None, expected: datetime
) -> None:
    assert public_expiry(expires, session) == expected


def test_a_secret_lasts_as_long_as_its_shortest_token() -> None:
    long, short = life(12), life(1)
    assert shortest([long, short]) == short
    assert shortest([short, long]) == short


def test_a_secret_is_refreshed_with_the_first_of_its_tokens() -> None:
    old = life(12, issued=NOW - 2 * HOUR)
    late = Life(NOW, NOW + 9 * HOUR, NOW + 8 * HOUR)
    assert shortest([old, late]) == Life(NOW, NOW + 9 * HOUR, old.refresh)


def test_a_life_moves_only_with_the_tokens() -> None:
    tokens = [life(12, 0.3), life(1, 0.8)]
    assert shortest(tokens) == shortest(list(reversed(tokens)))


RETRIES = {
    "the first failure": (1, 6 * HOUR, 5.0),
    "the second failure": (2, 6 * HOUR, 10.0),
    "the fourth failure": (4, 6 * HOUR, 40.0),
    "many failures": (50, 6 * HOUR, RETRY_MAXIMUM),
    "a million failures": (1_000_000, 6 * HOUR, RETRY_MAXIMUM),
    "many failures, an hour before the end": (50, HOUR, 225.0),
    "many failures, ten minutes before the end": (50, 10 * MINUTE, 37.5),
    "many failures, a second before the end": (50, SECOND, RETRY_FLOOR),
    "many failures, at the end": (50, 0 * SECOND, RETRY_FLOOR),
    "many failures, ten minutes after the end": (50, -10 * MINUTE, 37.5),
    "many failures, days after the end": (50, -72 * HOUR, RETRY_MAXIMUM),
}


@pytest.mark.parametrize(("failures", "left", "seconds"), RETRIES.values(), ids=RETRIES)
def test_a_refresh_that_failed_is_tried_again(failures: int, left: timedelta, seconds: float) -> None:
    assert retry_after(failures, 0.0, NOW, NOW + left) == seconds
    assert retry_after(failures, 0.5, NOW, NOW + left) == seconds * 1.25


def test_without_a_token_the_delay_only_grows() -> None:
    assert [retry_after(count, 0.0, NOW) for count in range(1, 8)] == [5, 10, 20, 40, 80, 160, 300]


@bounded(300)
@given(st.integers(1, 100), JITTERS, st.none() | st.integers(-(10**7), 10**7))
def test_no_retry_is_a_tight_loop(failures: int, jitter: float, left: int | None) -> None:
    expires = None if left is None else NOW + timedelta(seconds=left)
    assert RETRY_FLOOR <= retry_after(failures, jitter, NOW, expires) <= 1.5 * RETRY_MAXIMUM


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_the_life_of_a_token_is_credible_from_its_first_second_on(jitter: float) -> None:
    token = life(12, jitter)
    recorded = Life.of_status(token.expires, token.refresh)
    assert recorded.is_credible(NOW)
    assert recorded.is_credible(token.refresh)


@pytest.mark.parametrize(
    ("expires", "refresh"),
    [
        pytest.param(20 * 8760, 10 * 8760, id="years"),
        pytest.param(11, 10.9, id="a refresh at the end"),
        pytest.param(11, 12, id="a refresh after the end"),
    ],
)
def test_no_token_of_ecr_lives_like_that(expires: float, refresh: float) -> None:
    assert not Life.of_status(NOW + expires * HOUR, NOW + refresh * HOUR).is_credible(NOW)
