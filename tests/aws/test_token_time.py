"""Tokens and sessions end by the clock of AWS."""

from datetime import UTC, datetime, timedelta

import pytest

from ecr_operator.clock import Clock
from ecr_operator.reasons import Reason
from tests.aws.calling import ROLE, Calling, call, error_of
from tests.fake_aws.client import REGION, FakeAws

MINT = "GetAuthorizationToken"


@pytest.mark.parametrize("hours", [-7, 7])
def test_the_end_is_judged_by_awss_clock(fake: FakeAws, hours: int) -> None:
    """A machine whose clock is set wrong while the process runs; the requests are signed with a right one."""
    wrong = timedelta(hours=hours)

    async def main(calling: Calling) -> None:
        now = calling.sessions.clock.now
        assert abs(now() - datetime.now(UTC) - wrong) < timedelta(seconds=1)
        token = await calling.tokens.mint(ROLE, REGION)
        assert abs(token.ends - now() - timedelta(hours=12)) < timedelta(seconds=3)
        await calling.tokens.mint(ROLE, REGION)

    call(main, clock=Clock(machine=lambda: datetime.now(UTC) + wrong))
    # A session of an hour is not begun anew because the machine believes that it has ended.
    assert fake.calls() == {"AssumeRole": 1, MINT: 2}


def test_a_clock_that_aws_refuses_is_named_and_the_token_stays(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        token = await calling.tokens.mint(None, REGION)
        fake.set_clock(13 * 3600)
        assert (await error_of(calling.tokens.mint(None, REGION))).reason is Reason.CLOCK_SKEW
        assert (await error_of(calling.tokens.mint(ROLE, REGION))).reason is Reason.CLOCK_SKEW
        assert calling.tokens.present(None, REGION) == token
        # What the machine believes to be good for 12 h has ended, and that is known.
        assert token.ends < calling.sessions.clock.now()
        fake.set_clock(0)
        calling.pause(5)
        assert await calling.tokens.mint(None, REGION) != token

    call(main)
