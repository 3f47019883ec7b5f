"""A role that cannot be assumed: one call for all who ask, and a sentence that says what to do."""

import pytest

from ecr_operator.aws.errors import Kind
from ecr_operator.aws.identity import Role
from ecr_operator.reasons import Reason
from tests.aws.calling import OTHER, ROLE, Calling, TemporaryIdentity, assumed, call, error_of, errors_of
from tests.fake_aws.client import REGION, FakeAws
from tests.fake_aws.documents import sized


def test_a_wave_leads_to_one_refusal_that_heals_by_itself(fake: FakeAws) -> None:
    fake.create_role(OTHER, "another")

    async def main(calling: Calling) -> None:
        errors = await errors_of(calling.account(ROLE) for _ in range(100))
        assert {error.reason for error in errors} == {Reason.ASSUME_ROLE_DENIED}
        fake.create_role(OTHER, "puller")
        await errors_of(calling.account(ROLE) for _ in range(100))
        assert assumed(fake) == 1
        calling.pause(5)
        assert await calling.account(ROLE) == OTHER

    call(main)
    assert assumed(fake) == 2


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role(ROLE.arn, external_id="wrong"), "asks for the external id that was sent"),
        (ROLE, "asks for no external id, as none was sent"),
        (Role(f"{ROLE.arn}-gone"), "check that the role exists"),
        (ROLE, "with EKS Pod Identity both policies must allow sts:TagSession too"),
        (Role(ROLE.arn, "right", policy=sized(2049)), "turn off the tags of the operator's identity"),
        (Role(ROLE.arn, "right", policy='{"Statement": [{}]}'), "does not accept what it was given"),
        (Role(ROLE.arn, "right", session_name="no spaces"), "does not accept what it was given"),
    ],
    ids=["wrong-external-id", "no-external-id", "gone", "session-tags", "too-large", "malformed", "invalid"],
)
def test_a_refusal_says_what_to_do(fake: FakeAws, role: Role, words: str) -> None:
    fake.create_role(OTHER, "puller", external_id="right")

    async def main(calling: Calling) -> None:
        error = await error_of(calling.account(role))
        assert (error.kind, error.reason) == (Kind.STALLED, Reason.ASSUME_ROLE_DENIED)
        assert error.operation == "AssumeRole"
        assert words in error.message
        assert len(error.message) <= 512
        assert "repository/x" not in str(error)

    call(main)


def test_a_wrong_external_id_and_a_missing_role_are_not_told_apart(fake: FakeAws) -> None:
    """AWS answers the same to both, so both are named, with AWS's own sentence."""
    fake.create_role(OTHER, "puller", external_id="right")

    async def main(calling: Calling) -> None:
        wrong = await error_of(calling.account(Role(ROLE.arn, external_id="wrong")))
        gone = await error_of(calling.account(Role(f"{ROLE.arn}-gone", external_id="wrong")))
        assert wrong.message.replace(ROLE.arn, "") == gone.message.replace(f"{ROLE.arn}-gone", "")
        assert "is not authorized to perform: sts:AssumeRole on resource" in wrong.message

    call(main)


def test_a_region_where_the_account_has_no_sts_is_named(fake: FakeAws) -> None:
    fake.inject("AssumeRole", "RegionDisabledException", "STS is not activated in this region", 403)

    async def main(calling: Calling) -> None:
        error = await error_of(calling.account(ROLE))
        assert (error.kind, error.reason) == (Kind.STALLED, Reason.ASSUME_ROLE_DENIED)
        assert f"STS turned off in {REGION}" in error.message

    call(main)


def test_a_session_of_the_pod_that_stays_ended_is_said_and_heals(fake: FakeAws) -> None:
    identity = TemporaryIdentity(fake.session_key(expires_in=0))

    async def main(calling: Calling) -> None:
        errors = await errors_of(calling.account(ROLE) for _ in range(50))
        assert {(error.kind, error.reason) for error in errors} == {
            (Kind.STALLED, Reason.CREDENTIALS_MISSING)
        }
        assert "by the operator's own identity" in errors[0].message
        # One, and one more with the credentials that it asked for anew.
        assert assumed(fake) == 2
        identity.credentials = fake.session_key()
        calling.pause(5)
        assert await calling.account(ROLE) == OTHER

    call(main, identity=identity)
