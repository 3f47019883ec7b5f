"""Sessions tell the clock what time AWS has, refused calls too."""

from datetime import UTC, datetime

import pytest

from tests.aws.calling import Calling, call, error_of
from tests.fake_aws.client import FakeAws


def ahead(calling: Calling) -> float:
    """Seconds that the clock is ahead of the machine's."""
    return (calling.sessions.clock.now() - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize("offset", [-250, 250])
def test_the_time_is_learnt_from_any_answer(fake: FakeAws, offset: int) -> None:
    fake.set_clock(offset)

    async def main(calling: Calling) -> None:
        assert ahead(calling) == pytest.approx(0, abs=1)
        await calling.account()
        assert ahead(calling) == pytest.approx(offset, abs=2)

    call(main)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_refused_signature_names_the_clock_and_tells_the_time(fake: FakeAws, hours: int) -> None:
    fake.set_clock(3600 * hours)

    async def main(calling: Calling) -> None:
        error = await error_of(calling.account())
        assert error.reason == "ClockSkew"
        assert ahead(calling) == pytest.approx(3600 * hours, abs=2)

    call(main)
