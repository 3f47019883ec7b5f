"""The sessions of roles: begun once for all who wait, renewed before their end, healed, and forgotten."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from ecr_operator.aws.breaker import FAILURES
from ecr_operator.aws.identity import Role
from ecr_operator.clock import Clock, uptime
from ecr_operator.reasons import Reason
from tests.aws.calling import OTHER, ROLE, THIRD, Calling, TemporaryIdentity, assumed, call, error_of
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws


def test_a_role_is_called_as_in_its_own_account(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        session = calling.sessions.of(ROLE, REGION)
        assert (session.arn, session.ends) == (None, None)
        assert await calling.account(ROLE) == OTHER
        assert await calling.account() == ACCOUNT
        assert session.arn == f"arn:aws:sts::{OTHER}:assumed-role/puller/ecr-operator"
        assert session.ends is not None
        assert abs(session.ends - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=10)
        assert calling.sessions.own.arn is None

    call(main)


def test_one_session_serves_all_regions_and_is_assumed_at_home(fake: FakeAws) -> None:
    fake.set_outage("refused", region="us-east-1", service="sts")

    async def main(calling: Calling) -> None:
        regions = (REGION, "us-east-1", "eu-central-1")
        assert await asyncio.gather(*(calling.account(ROLE, region) for region in regions)) == [OTHER] * 3
        assert calling.sessions.of(ROLE, "us-east-1") is calling.sessions.of(ROLE, "us-east-1")
        assert calling.sessions.of(ROLE, "us-east-1") is not calling.sessions.of(ROLE, REGION)

    call(main)
    assert assumed(fake) == 1


def test_a_wave_leads_to_one_call_for_the_role(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        assert set(await asyncio.gather(*(calling.account(ROLE) for _ in range(100)))) == {OTHER}

    call(main)
    assert assumed(fake) == 1


def test_the_session_has_the_name_and_external_id_that_are_given(fake: FakeAws) -> None:
    fake.create_role(OTHER, "puller", external_id="right")

    async def main(calling: Calling) -> None:
        role = Role(ROLE.arn, external_id="right", session_name="team-a")
        assert await calling.account(role) == OTHER
        assert str(calling.sessions.of(role, REGION).arn).endswith("assumed-role/puller/team-a")

    call(main)


def test_a_session_that_aws_ends_is_begun_anew_once_for_all(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        await calling.account(ROLE)
        fake.end_sessions(OTHER)
        assert set(await asyncio.gather(*(calling.account(ROLE) for _ in range(50)))) == {OTHER}

    call(main)
    assert assumed(fake) == 2


def test_a_session_is_renewed_before_its_end(fake: FakeAws) -> None:
    sleep = 0.0
    clock = Clock(uptime=lambda: uptime() + sleep)

    async def main(calling: Calling) -> None:
        nonlocal sleep
        await calling.account(ROLE)
        sleep += 44 * 60
        await calling.account(ROLE)
        # What AWS answered has put the clock right again.
        assert assumed(fake) == 1
        sleep += 46 * 60
        await calling.account(ROLE)
        assert assumed(fake) == 2

    call(main, clock=clock)


def test_a_session_that_cannot_be_renewed_is_used_until_its_end(
    fake: FakeAws, caplog: pytest.LogCaptureFixture
) -> None:
    sleep = 0.0
    clock = Clock(uptime=lambda: uptime() + sleep)

    async def main(calling: Calling) -> None:
        nonlocal sleep
        await calling.account(ROLE)
        fake.delete_role(fake.create_role(OTHER, "puller"))
        sleep += 50 * 60
        assert await calling.account(ROLE) == OTHER
        assert "Failed to renew the session" in caplog.text
        fake.end_sessions(OTHER)
        assert (await error_of(calling.account(ROLE))).reason is Reason.ASSUME_ROLE_DENIED

    call(main, clock=clock)


def test_a_pods_own_session_may_be_chained(fake: FakeAws) -> None:
    """More than an hour may not be asked for then, whatever the role allows; none is."""
    fake.create_role(OTHER, "puller", max_session_duration=43200)

    async def main(calling: Calling) -> None:
        assert await calling.account(ROLE) == OTHER

    call(main, identity=TemporaryIdentity(fake.session_key()))


def test_an_ended_session_of_the_pod_is_asked_for_anew(fake: FakeAws) -> None:
    identity = TemporaryIdentity(fake.session_key())

    async def main(calling: Calling) -> None:
        await calling.account(ROLE)
        fake.end_sessions()
        identity.credentials = fake.session_key()
        assert set(await asyncio.gather(*(calling.account(ROLE) for _ in range(20)))) == {OTHER}

    call(main, identity=identity)


def test_roles_are_assumed_below_the_role_that_the_operator_works_as(fake: FakeAws) -> None:
    """`ECR_OPERATOR_ROLE_ARN` is for the repositories; the trust of other roles is in the Pod's identity."""
    fake.create_role(OTHER, "puller", trusts=[f"arn:aws:iam::{ACCOUNT}:user/ecr-operator"])

    async def main(calling: Calling) -> None:
        assert await calling.account() == THIRD
        assert await calling.account(ROLE) == OTHER
        assert calling.sessions.own.arn == f"arn:aws:sts::{THIRD}:assumed-role/registry/ecr-operator"

    call(main, role_arn=f"arn:aws:iam::{THIRD}:role/registry")


def test_what_is_not_wanted_any_more_is_closed_and_forgotten(fake: FakeAws) -> None:
    other = Role(f"{ROLE.arn}-2")

    async def main(calling: Calling) -> None:
        sessions = calling.sessions
        kept, own = sessions.of(ROLE, REGION), sessions.own
        for role, region in ((ROLE, REGION), (ROLE, "us-east-1"), (other, REGION), (None, "us-east-1")):
            await calling.account(role, region)
        gone = sessions.of(other, REGION)
        fake.set_outage("refused", account=OTHER, region=REGION, service="ecr")
        for _ in range(FAILURES):
            await error_of(calling.account(other))
        assert calling.open("ecr") == 1

        sessions.keep([(ROLE, REGION)])

        assert calling.open("ecr") == 0
        assert (sessions.of(ROLE, REGION), sessions.own) == (kept, own)
        fake.set_outage(None)
        assert sessions.of(other, REGION) is not gone
        assert await calling.account(other) == OTHER
        assert await calling.account(ROLE) == OTHER
        assert await calling.account() == ACCOUNT
        assert assumed(fake) == 3

    call(main)


def test_a_policy_is_not_part_of_what_is_shown_of_a_role() -> None:
    role = Role(ROLE.arn, policy=json.dumps({"Statement": ["narrow"]}))
    assert "narrow" not in repr(role)
    assert role != ROLE
