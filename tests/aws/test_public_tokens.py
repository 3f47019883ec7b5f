"""Tokens of ECR Public, and of other partitions."""

import asyncio
import json
from typing import Any

import botocore.session
import pytest

from ecr_operator.aws.breaker import FAILURES
from ecr_operator.aws.errors import CircuitOpen, Kind
from ecr_operator.aws.identity import Role
from ecr_operator.aws.tokens import PUBLIC
from ecr_operator.reasons import Reason
from tests.aws.calling import ARN, OTHER, ROLE, Calling, call, error_of, until
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.fake_aws.documents import allow, document
from tests.running import Identity

PUBLIC_TOKEN = ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]


def test_a_public_token_ends_with_its_session(fake: FakeAws) -> None:
    async def main(calling: Calling) -> None:
        role, own = await asyncio.gather(*(calling.tokens.mint(one, PUBLIC) for one in (ROLE, None)))
        for token in (role, own):
            found = fake.token(token.authorization)
            assert (found["public"], found["region"], token.account) == (True, "us-east-1", None)
            assert token.ends.timestamp() == pytest.approx(found["ends"], abs=2)
        assert role.ends == role.session_ends < role.expires_at
        assert own.ends == own.expires_at
        assert role.arn is not None
        assert calling.tokens.present(ROLE, PUBLIC) == role
        assert calling.tokens.present(ROLE, "us-east-1") is None

    call(main)


def test_the_end_of_the_pods_own_session_is_known_where_botocore_renews_it(
    fake: FakeAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """As with IRSA."""
    file = tmp_path / "token"
    file.write_text(fake.web_identity_token())
    fake.create_role(ACCOUNT, "pod", subjects=["system:serviceaccount:*"])
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
    monkeypatch.setenv("AWS_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/pod")

    async def main(calling: Calling) -> None:
        for _ in range(2):
            token = await calling.tokens.mint(None, PUBLIC)
            assert token.ends.timestamp() == pytest.approx(fake.token(token.authorization)["ends"], abs=2)

    call(main, identity=botocore.session.Session, region=REGION)


def test_a_public_token_needs_its_two_actions(fake: FakeAws) -> None:
    policy = json.dumps(document(allow(PUBLIC_TOKEN)))
    private = json.dumps(document(allow("ecr:*")))

    async def main(calling: Calling) -> None:
        assert (await calling.tokens.mint(Role(ARN, policy=policy), PUBLIC)).public
        error = await error_of(calling.tokens.mint(Role(ARN, policy=private), PUBLIC))
        assert error.reason is Reason.ACCESS_DENIED

    call(main)


@pytest.mark.parametrize(
    ("home", "role", "where", "words"),
    [
        ("cn-north-1", None, PUBLIC, "takes only credentials of the partition aws,"),
        ("us-gov-west-1", Role(ARN.replace("aws", "aws-us-gov")), PUBLIC, "operator's are of aws-us-gov"),
        ("us-east-1", None, "cn-north-1", "name a Region of aws"),
        ("us-east-1", Role(ARN.replace("aws", "aws-cn")), "us-east-1", "name a role in aws"),
    ],
    ids=["public-china", "public-govcloud", "region", "role"],
)
def test_credentials_are_of_one_partition(
    fake: FakeAws, home: str, role: Role | None, where: str, words: str
) -> None:
    async def main(calling: Calling) -> None:
        error = await error_of(calling.tokens.mint(role, where))
        assert error.kind is Kind.STALLED
        assert words in error.message

    call(main, identity=Identity(region=home))
    assert fake.calls() == {}


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_the_account_is_read_in_every_partition(fake: FakeAws, region: str) -> None:
    async def main(calling: Calling) -> None:
        assert (await calling.tokens.mint(None, region)).account == ACCOUNT

    call(main, identity=Identity(region=region))


def test_a_public_registry_that_is_away_leaves_private_ones_alone(fake: FakeAws) -> None:
    fake.set_outage("refused", service="ecr-public")

    async def main(calling: Calling) -> None:
        tokens = calling.tokens
        for _ in range(FAILURES):
            await error_of(tokens.mint(ROLE, PUBLIC))
        assert isinstance(await error_of(tokens.mint(ROLE, PUBLIC)), CircuitOpen)
        assert not tokens.is_answering(ROLE, PUBLIC)
        assert tokens.is_answering(ROLE, "us-east-1")
        assert (await tokens.mint(ROLE, "us-east-1")).account == OTHER
        fake.set_outage(None)
        await until(lambda: calling.answering == 1, "answer of ECR Public")
        assert tokens.is_answering(ROLE, PUBLIC)
        assert (await tokens.mint(ROLE, PUBLIC)).public

    call(main)
