"""Registry tokens: minted once for all who need the same, and never for others."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from ecr_operator.aws.errors import Kind
from ecr_operator.aws.identity import Role
from ecr_operator.aws.tokens import PUBLIC, Token, Tokens
from ecr_operator.reasons import Reason
from tests.aws.calling import ARN, OTHER, ROLE, Calling, call, error_of, errors_of
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.fake_aws.documents import PULL, allow, document

MINT = "GetAuthorizationToken"
PUSH = [
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
]


def narrowed(*actions: str) -> Role:
    """A role whose session may do so much, and fetch tokens."""
    return Role(ARN, policy=json.dumps(document(allow(["ecr:GetAuthorizationToken", *actions]))))


def minted(fake: FakeAws) -> int:
    """How often tokens of private registries were asked for."""
    return fake.calls().get(MINT, 0)


def test_a_hundred_askers_share_one_call(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        tokens = await asyncio.gather(*(calling.tokens.mint(None, REGION) for _ in range(100)))
        assert len({token.authorization for token in tokens}) == 1
        assert calling.tokens.present(None, REGION) == tokens[0]

    call(main)
    assert minted(fake) == 1


def test_a_token_says_whose_it_is_and_when_it_ends(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        own, role = await calling.tokens.mint(None, REGION), await calling.tokens.mint(ROLE, REGION)
        user, _, password = base64.b64decode(own.authorization).decode().partition(":")
        assert (user, bool(password)) == ("AWS", True)
        in_12_h = datetime.now(UTC) + timedelta(hours=12)
        assert abs(own.expires_at - in_12_h) < timedelta(seconds=10)
        assert (own.account, own.arn, own.session_ends) == (ACCOUNT, None, None)
        assert (role.account, role.arn) == (OTHER, f"arn:aws:sts::{OTHER}:assumed-role/puller/ecr-operator")
        assert fake.token(role.authorization)["arn"] == role.arn
        # A private token outlives the session that asked for it.
        assert role.session_ends is not None
        assert role.session_ends < role.ends == role.expires_at

    call(main)


def test_what_was_minted_is_remembered_until_it_is_due(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        tokens = calling.tokens
        assert tokens.present(None, REGION) is None
        first = await tokens.mint(None, REGION)
        second = await tokens.mint(None, REGION, due=first)
        assert first != second == tokens.present(None, REGION)
        # Who has found the first one due as well gets the one that has taken its place.
        assert await tokens.mint(None, REGION, due=first) == second
        assert await tokens.mint(None, REGION) != second

    call(main)
    assert minted(fake) == 3


def test_a_failure_leaves_what_was_minted_before_and_is_one_for_all(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        token = await calling.tokens.mint(None, REGION)
        rule = fake.inject(MINT, "AccessDeniedException")
        errors = await errors_of(calling.tokens.mint(None, REGION, due=token) for _ in range(100))
        errors += await errors_of([calling.tokens.mint(None, REGION, due=token)])
        assert {error.reason for error in errors} == {Reason.ACCESS_DENIED}
        assert calling.tokens.present(None, REGION) == token
        assert minted(fake) == 2
        fake.clear(rule)
        calling.pause(5)
        assert await calling.tokens.mint(None, REGION, due=token) != token

    call(main)


DIFFERENT = {
    "role": (ROLE, Role(f"{ARN}-2")),
    "external-id": (Role(ARN, external_id="aa"), Role(ARN, external_id="bb")),
    "session-name": (Role(ARN, session_name="aa"), Role(ARN, session_name="bb")),
    "policy": (narrowed(*PULL), narrowed(*PULL, *PUSH)),
    "no-policy": (ROLE, narrowed(*PULL)),
    "no-role": (None, ROLE),
}


@pytest.mark.parametrize("roles", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_identities_that_differ_in_anything_never_share_a_token(
    fake: FakeAws, roles: tuple[Role | None, Role | None]
) -> None:
    async def main(calling: Calling) -> None:
        one, other = await asyncio.gather(*(calling.tokens.mint(role, REGION) for role in roles))
        assert one.authorization != other.authorization
        assert [calling.tokens.present(role, REGION) for role in roles] == [one, other]

    call(main)
    assert minted(fake) == 2


def test_each_region_has_a_token_of_its_own(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        regions = (REGION, "us-east-1")
        tokens = await asyncio.gather(*(calling.tokens.mint(ROLE, region) for region in regions))
        assert [fake.token(token.authorization)["region"] for token in tokens] == list(regions)

    call(main)
    assert fake.calls() == {"AssumeRole": 1, MINT: 2}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (ROLE, {"pull": True, "push": True, "delete": True}),
        (narrowed(*PULL), {"pull": True, "push": False, "delete": False}),
        (narrowed(*PULL, *PUSH), {"pull": True, "push": True, "delete": False}),
    ],
    ids=["role", "pull", "pull-push"],
)
def test_a_session_policy_narrows_the_token(fake: FakeAws, role: Role, may: dict[str, bool]) -> None:
    async def main(calling: Calling) -> Token:
        return await calling.tokens.mint(role, REGION)

    found = fake.token(call(main).authorization, "app")
    assert {what: found["may"][what] for what in may} == may


def test_a_wrong_external_id_gives_no_token(fake: FakeAws) -> None:
    fake.create_role(OTHER, "puller", external_id="right")

    async def main(calling: Calling) -> None:
        error = await error_of(calling.tokens.mint(Role(ARN, "wrong"), REGION))
        assert (error.kind, error.reason) == (Kind.STALLED, Reason.ASSUME_ROLE_DENIED)
        assert calling.tokens.present(Role(ARN, "wrong"), REGION) is None
        assert (await calling.tokens.mint(Role(ARN, "right"), REGION)).account == OTHER

    call(main)
    assert len(fake.tokens()) == 1


def test_an_ended_session_gives_the_next_token_without_a_restart(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        first = await calling.tokens.mint(ROLE, REGION)
        fake.end_sessions(OTHER)
        second = await calling.tokens.mint(ROLE, REGION, due=first)
        assert fake.token(second.authorization)["valid"]

    call(main)


def test_sts_away_gives_no_token_of_roles_and_others_as_ever(fake: FakeAws) -> None:
    fake.set_outage("refused", service="sts")

    async def main(calling: Calling) -> None:
        error = await error_of(calling.tokens.mint(ROLE, REGION))
        assert (error.kind, error.reason) == (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE)
        await calling.tokens.mint(None, REGION)
        fake.set_outage(None)
        await calling.tokens.mint(ROLE, REGION)

    call(main)


def test_half_an_answer_is_no_token(fake: FakeAws) -> None:
    fake.inject(MINT, cut="partial")

    async def main(calling: Calling) -> None:
        assert (await error_of(calling.tokens.mint(None, REGION))).reason is Reason.AWS_UNAVAILABLE
        assert calling.tokens.present(None, REGION) is None

    call(main)


def test_what_is_not_wanted_any_more_is_forgotten(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        tokens = calling.tokens
        wanted = [(ROLE, PUBLIC), (None, REGION)]
        for role, where in [*wanted, (ROLE, REGION), (Role(f"{ARN}-2"), REGION)]:
            await tokens.mint(role, where)
        tokens.keep(wanted)
        assert all(tokens.present(*one) for one in wanted)
        assert tokens.present(ROLE, REGION) is None
        assert tokens.present(Role(f"{ARN}-2"), REGION) is None

    call(main)


def test_a_throttled_token_is_not_asked_for_again_at_once(fake: FakeAws) -> None:
    """Its askers have time: at most one call per try."""
    fake.inject("GetAuthorizationToken", "ThrottlingException")

    async def main(calling: Calling) -> None:
        assert (await error_of(Tokens(calling.sessions).mint(None, REGION))).reason == "Throttled"

    call(main)
    assert sum(fake.refusals()["GetAuthorizationToken"].values()) == 1
