"""What is away for a role is away for nobody else."""

import asyncio

from ecr_operator.aws.breaker import FAILURES
from ecr_operator.aws.errors import CircuitOpen, Kind
from ecr_operator.aws.identity import Role
from ecr_operator.reasons import Reason
from tests.aws.calling import OTHER, ROLE, THIRD, Calling, assumed, call, error_of, errors_of, until
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws


def test_an_sts_that_is_away_holds_up_nobody_but_roles(fake: FakeAws) -> None:
    fake.set_outage("refused", service="sts")

    async def main(calling: Calling) -> None:
        role, own = calling.sessions.of(ROLE, REGION), calling.sessions.own
        for _ in range(FAILURES):
            error = await error_of(calling.account(ROLE))
            assert (error.kind, error.reason) == (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE)
        assert isinstance(await error_of(calling.account(ROLE)), CircuitOpen)
        assert isinstance(await error_of(calling.account(Role(f"{ROLE.arn}-2"))), CircuitOpen)
        assert (role.is_answering, own.is_answering) == (False, True)
        assert (calling.open("sts"), calling.open("ecr")) == (1, None)
        assert await calling.account() == ACCOUNT

        sent = assumed(fake)
        await until(lambda: fake.calls().get("GetCallerIdentity", 0) > 2, "probe")
        assert assumed(fake) == sent
        fake.set_outage(None)
        await until(lambda: calling.answering == 1, "answer of STS")
        assert await calling.account(ROLE) == OTHER
        assert calling.open("sts") == 0

    call(main)


def test_an_sts_that_is_away_parks_the_operator_that_works_as_a_role(fake: FakeAws) -> None:
    fake.set_outage("refused", service="sts")

    async def main(calling: Calling) -> None:
        for _ in range(FAILURES):
            await error_of(calling.account())
        assert isinstance(await error_of(calling.account()), CircuitOpen)
        assert not calling.sessions.own.is_answering
        fake.set_outage(None)
        await until(lambda: calling.answering == 1, "answer of STS")
        assert calling.sessions.own.is_answering
        assert await calling.account() == THIRD

    call(main, role_arn=f"arn:aws:iam::{THIRD}:role/registry")


def test_a_wave_while_sts_is_away_asks_it_once(fake: FakeAws) -> None:
    fake.set_outage("500", service="sts")

    async def main(calling: Calling) -> None:
        errors = await errors_of(calling.account(ROLE) for _ in range(100))
        assert {error.outage for error in errors} == {True}

    call(main)
    # A read that is not answered is sent once more.
    assert assumed(fake) == 2


def test_an_ecr_that_is_away_for_a_role_leaves_others_alone(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        await calling.account(ROLE)
        fake.set_outage("refused", account=OTHER, service="ecr")
        for _ in range(FAILURES):
            await error_of(calling.account(ROLE))
        assert isinstance(await error_of(calling.account(ROLE)), CircuitOpen)
        assert calling.sessions.of(ROLE, REGION).is_answering is False
        assert await calling.account() == ACCOUNT
        assert await calling.account(Role(f"arn:aws:iam::{THIRD}:role/x")) == THIRD
        # The probe is what such an identity may do.
        await until(lambda: fake.calls(account=OTHER).get("GetAuthorizationToken", 0) > 0, "probe")
        assert "DescribeRepositories" not in fake.calls(account=OTHER)
        fake.set_outage(None)
        await until(lambda: calling.answering == 1, "answer of ECR")
        assert await calling.account(ROLE) == OTHER

    call(main)


def test_a_silent_sts_takes_one_thread_and_not_all(fake: FakeAws) -> None:
    fake.inject("AssumeRole", hang=60.0)

    async def main(calling: Calling) -> None:
        waiting = [asyncio.create_task(calling.account(ROLE)) for _ in range(50)]
        await until(lambda: assumed(fake) == 1, "AssumeRole")
        assert await asyncio.wait_for(calling.account(), 2) == ACCOUNT
        fake.clear()
        assert set(await asyncio.gather(*waiting)) == {OTHER}

    call(main)
