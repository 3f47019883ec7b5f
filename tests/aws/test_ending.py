"""What is not sent any more: writes without the Lease, and anything of a process that ends."""

import pytest

from ecr_operator.aws.errors import Kind
from ecr_operator.aws.sessions import LAST_CALLS_SECONDS
from tests.aws.calling import Calling, call, error_of
from tests.fake_aws.client import ACCOUNT, FakeAws

NAME = {"repositoryName": "web"}


def test_who_does_not_lead_any_more_reads_and_writes_nothing(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        assert await calling.account() == ACCOUNT
        error = await error_of(calling.sessions.own.write("ecr", "create_repository", **NAME))
        assert (error.kind, error.code, error.refused) == (Kind.TRANSIENT, "NotLeading", True)

    call(main, may_write=lambda: False)
    assert fake.calls() == {"DescribeRegistry": 1}


@pytest.mark.parametrize(
    ("paused", "sent"), [(LAST_CALLS_SECONDS - 1, True), (LAST_CALLS_SECONDS + 1, False)]
)
def test_a_process_that_ends_soon_sends_nothing_more(fake: FakeAws, paused: float, sent: bool) -> None:
    async def main(calling: Calling) -> None:
        calling.sessions.end()
        calling.pause(paused)
        asking = calling.sessions.own.write("ecr", "create_repository", **NAME)
        if sent:
            await asking
        else:
            assert "ending" in (await error_of(asking)).message

    call(main)
    assert fake.calls().get("CreateRepository", 0) == int(sent)


def test_a_process_that_ends_repeats_nothing(fake: FakeAws) -> None:
    fake.inject("DescribeRegistry", "ThrottlingException", times=1)

    async def main(calling: Calling) -> None:
        calling.sessions.end()
        assert (await error_of(calling.account())).reason == "Throttled"

    call(main)
    assert sum(fake.refusals()["DescribeRegistry"].values()) == 1


def test_no_client_waits_longer_than_the_end_of_the_process_does(fake: FakeAws) -> None:
    """Nor those by which botocore itself fetches credentials: by itself it waits for a minute, five times."""

    async def main(calling: Calling) -> None:
        core = calling.sessions._surroundings.core(calling.sessions.region)
        for client in (calling.sessions.own._clients.of("ecr"), core.create_client("sts")):
            config = client.meta.config
            assert (config.connect_timeout, config.read_timeout) == (3, 10)
            assert config.retries == {"mode": "standard", "total_max_attempts": 1}

    call(main)
