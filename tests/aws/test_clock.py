"""The time of AWS, learnt from its answers, whatever the machine's clock says."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ecr_operator.clock import Clock, Source, uptime

TRUE = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


class World:
    """A machine whose clock is wrong by `wrong`, and AWS, where it is `TRUE` at the start."""

    def __init__(self, wrong: timedelta = timedelta()) -> None:
        self.wrong = wrong
        self.passed = 0.0
        self.clock = Clock(lambda: self.true + self.wrong, lambda: 5000.0 + self.passed)

    @property
    def true(self) -> datetime:
        return TRUE + timedelta(seconds=self.passed)

    def answer(
        self, took: float = 0.0, off: timedelta = timedelta(), source: Source = Source.AWS
    ) -> datetime:
        """Ask somebody whose clock is `off`, who answers in the middle of `took` seconds."""
        asked = self.clock.uptime()
        self.passed += took / 2
        date = format_datetime((self.true + off).replace(microsecond=0), usegmt=True)
        self.passed += took / 2
        self.clock.learn(date, asked, source)
        return self.clock.now()

    @property
    def error(self) -> float:
        """Seconds."""
        return abs((self.clock.now() - self.true).total_seconds())


@pytest.mark.parametrize("hours", [-5.0, -0.01, 0.0, 0.01, 5.0, 24 * 365.0])
def test_a_clock_that_is_wrong_is_right_after_one_answer(hours: float) -> None:
    world = World(timedelta(hours=hours))
    assert world.clock.now() == TRUE + timedelta(hours=hours)

    world.answer(took=0.2)

    assert world.error <= 0.6
    assert world.clock.machine() == world.true + timedelta(hours=hours)


def test_a_right_clock_is_not_put_wrong_by_an_answer_that_took_long() -> None:
    slow = World()
    asked = slow.clock.uptime()
    date = format_datetime(slow.true, usegmt=True)
    slow.passed += 20.0

    slow.clock.learn(date, asked, Source.AWS)

    assert slow.error <= 0.5


def test_a_clock_that_is_set_later_changes_nothing() -> None:
    world = World()
    world.answer()
    world.wrong = timedelta(hours=-7)
    world.passed += 3600

    assert world.error <= 0.5


def test_time_does_not_jump_to_and_fro_with_each_answer() -> None:
    world = World()
    world.answer()
    errors = []
    for _ in range(50):
        world.passed += 0.37
        world.answer()
        errors.append(round(world.error, 3))

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.05


def test_what_does_not_fit_any_more_is_learnt_anew() -> None:
    world = World()
    world.answer()

    world.answer(off=timedelta(hours=2))

    assert world.error == pytest.approx(7200, abs=1.1)


def test_a_slow_answer_is_less_certain_and_spoils_nothing() -> None:
    world = World()
    world.answer()

    world.answer(took=30)

    assert world.error <= 0.5


@pytest.mark.parametrize("date", [None, "", "soon", "Sat, 99 Nov 2026 12:00:00 GMT"])
def test_an_answer_without_a_date_tells_nothing(date: str | None) -> None:
    world = World(timedelta(hours=1))
    world.clock.learn(date, world.clock.uptime(), Source.AWS)

    assert world.clock.now() == TRUE + timedelta(hours=1)


def test_the_api_server_is_believed_until_aws_has_answered() -> None:
    world = World(timedelta(hours=3))
    world.answer(source=Source.API_SERVER)
    assert world.error <= 0.6

    world.answer(source=Source.API_SERVER, off=timedelta(hours=3))
    assert world.error >= 3600
    world.answer()
    world.answer(source=Source.API_SERVER, off=timedelta(hours=3))

    assert world.error <= 0.6


def test_uptime_goes_forward() -> None:
    assert uptime() <= uptime()
