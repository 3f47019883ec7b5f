"""Credentials that cannot be fetched: it is said to all, and holds up nothing else of the process."""

import asyncio
import threading

import botocore.session
import pytest
from botocore.exceptions import CredentialRetrievalError

from ecr_operator.aws.clients import LACK_SECONDS
from ecr_operator.aws.errors import Kind
from ecr_operator.reasons import Reason
from tests.aws.calling import Calling, call, error_of, until
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.running import Identity

ASKERS = 60
STALLED_FOR_THEM = (Kind.STALLED, Reason.CREDENTIALS_MISSING)


class Slow(Identity):
    """Credentials that are only fetched, or found to be missing, when `answer` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.answer = threading.Event()
        self.missing = False

    def __call__(self) -> botocore.session.Session:
        self.asked += 1
        # The first is asked for its region, at the start.
        if self.asked > 1:
            assert self.answer.wait(10)
            if self.missing:
                raise CredentialRetrievalError(provider="container-role", error_msg="connection refused")
        return super().__call__()


@pytest.mark.usefixtures("fake")
def test_many_that_wait_for_them_share_one_failure() -> None:
    identity = Slow()
    identity.missing = True

    async def main(calling: Calling) -> None:
        asking = asyncio.gather(*(error_of(calling.account()) for _ in range(ASKERS)))
        await until(lambda: identity.asked == 2, "first look")
        identity.answer.set()
        errors = await asking
        assert {(error.kind, error.reason) for error in errors} == {STALLED_FOR_THEM}

    call(main, identity=identity)
    assert identity.asked == 2


def test_the_event_loop_goes_on_while_they_are_fetched(fake: FakeAws) -> None:
    identity = Slow()

    async def main(calling: Calling) -> None:
        own = calling.sessions.own
        asking = asyncio.create_task(calling.account())
        await until(lambda: identity.asked == 2, "look for credentials")
        # Another call has met their end meanwhile.
        dropping = asyncio.create_task(own._drop(own._clients.generation))
        await asyncio.sleep(0)
        assert not dropping.done()
        identity.answer.set()
        assert await asking == ACCOUNT
        await dropping

    call(main, identity=identity)


def test_a_lack_says_nothing_of_whether_aws_answers(fake: FakeAws) -> None:
    identity = Identity()

    async def main(calling: Calling) -> None:
        fake.set_outage("refused")
        # Each is sent twice: one failure less than opens the breaker.
        await error_of(calling.account())
        await error_of(calling.account())
        identity.account = None
        await calling.sessions.own._drop(calling.sessions.own._clients.generation)
        assert (await error_of(calling.account())).reason == Reason.CREDENTIALS_MISSING
        identity.account = ACCOUNT
        calling.pause(LACK_SECONDS)
        assert calling.open("ecr") is None
        await error_of(calling.account())
        assert calling.open("ecr") == 1

    call(main, identity=identity)


def test_the_same_lack_is_raised_anew_to_each(fake: FakeAws) -> None:
    identity = Identity(account=None)

    async def main(calling: Calling) -> None:
        first = await error_of(calling.account())
        second = await error_of(calling.account())
        assert second is not first
        assert str(second) == str(first)
        identity.account = ACCOUNT
        calling.pause(LACK_SECONDS)
        assert await calling.account() == ACCOUNT

    call(main, identity=identity)
