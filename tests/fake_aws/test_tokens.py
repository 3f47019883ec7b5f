"""Registry tokens: whose they are, how long they live, and what they may do."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.documents import PULL, TOKEN, allow, document
from tests.fake_aws.refusal import code_of, refusal_of

HERE, OTHER = "111111111111", "222222222222"
ARN = f"arn:aws:ecr:eu-west-1:{HERE}:repository/"


def minted(client: Any) -> str:
    text: str = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return text


def test_a_token_is_known_by_all_that_one_may_hold_of_it(fake: FakeAws, ecr: Any) -> None:
    text = minted(ecr)
    user, _, password = base64.b64decode(text).decode().partition(":")
    assert user == "AWS"
    assert len(password) > 100
    for held in (text, password, f"AWS:{password}"):
        found = fake.token(held)
        assert (found["known"], found["valid"], found["account"]) == (True, True, HERE)
        assert (found["arn"], found["region"]) == (f"arn:aws:iam::{HERE}:user/ecr-operator", "eu-west-1")
    unknown = fake.token("QVdTOm5vYm9keQ==")
    assert (unknown["known"], unknown["valid"], unknown["allowed"]) == (False, False, [])


def test_every_call_gives_another_and_all_are_remembered(fake: FakeAws, ecr: Any) -> None:
    texts = [minted(ecr) for _ in range(3)] + [minted(fake.client("ecr", OTHER))]
    assert len(set(texts)) == 4
    assert [one["token"] for one in fake.tokens()] == texts
    assert [one["token"] for one in fake.tokens(OTHER)] == texts[3:]
    assert all(text in fake.secrets() for text in texts)
    assert fake.calls() == {"GetAuthorizationToken": 4}


def test_a_token_for_each_registry_asked_for_has_the_same_rights(fake: FakeAws, ecr: Any) -> None:
    answer = ecr.get_authorization_token(registryIds=[HERE, OTHER])["authorizationData"]
    assert [one["proxyEndpoint"] for one in answer] == [
        f"https://{account}.dkr.ecr.eu-west-1.amazonaws.com" for account in (HERE, OTHER)
    ]
    found = [fake.token(one["authorizationToken"]) for one in answer]
    assert [one["account"] for one in found] == [HERE, HERE]
    assert found[0]["may"] == found[1]["may"]


def test_registry_ids_are_one_to_ten(raw: Any) -> None:
    for registries in ([], [HERE] * 11, ["x"]):
        refusal = refusal_of(raw.get_authorization_token, registryIds=registries)
        assert refusal.code == "InvalidParameterException"


def test_a_token_ends_by_the_clock_of_aws(fake: FakeAws, ecr: Any) -> None:
    fake.set_token_life(250)
    data = ecr.get_authorization_token()["authorizationData"][0]
    assert abs((data["expiresAt"] - datetime.now(UTC)).total_seconds() - 250) < 5
    assert fake.token(data["authorizationToken"])["valid"]
    fake.set_clock(260)
    ended = fake.token(data["authorizationToken"])
    assert (ended["known"], ended["valid"], ended["allowed"]) == (True, False, [])
    assert not any(ended["may"].values())
    assert "has expired" in ended["refused"]["ecr:BatchGetImage"]
    fake.set_token_life(None)
    life = ecr.get_authorization_token()["authorizationData"][0]["expiresAt"].timestamp() - time.time() - 260
    assert abs(life - 12 * 3600) < 5


def test_a_private_token_outlives_the_session_that_asked_for_it(fake: FakeAws) -> None:
    session = fake.client_with(fake.session_key(HERE, 3600))
    text = minted(session)
    assert fake.end_sessions() == 1
    assert code_of(session.get_authorization_token) == "ExpiredTokenException"
    found = fake.token(text)
    assert found["valid"]
    assert found["arn"].startswith(f"arn:aws:sts::{HERE}:assumed-role/ecr-operator/")


def test_all_tokens_of_an_account_may_be_revoked(fake: FakeAws, ecr: Any) -> None:
    mine, theirs = minted(ecr), minted(fake.client("ecr", OTHER))
    assert fake.revoke_tokens(HERE) == 1
    assert [fake.token(text)["valid"] for text in (mine, theirs)] == [False, True]
    assert fake.token(minted(ecr))["valid"]
    assert fake.revoke_tokens() == 2
    assert fake.revoke_tokens() == 0


def test_a_token_has_the_rights_of_its_principal_as_they_are_now(fake: FakeAws, ecr: Any) -> None:
    text = minted(ecr)
    assert fake.token(text, "app")["may"] == {"pull": True, "push": True, "delete": True, "list": True}
    fake.set_iam_policy(HERE, document(TOKEN, allow(PULL, f"{ARN}team/*")))
    found = fake.token(text, "team/app")
    assert found["may"] == {"pull": True, "push": False, "delete": False, "list": False}
    assert found["allowed"] == PULL
    assert found["refused"]["ecr:PutImage"] == (
        f"User: arn:aws:iam::{HERE}:user/ecr-operator is not authorized to perform: ecr:PutImage on "
        f"resource: {ARN}team/app because no identity-based policy allows the ecr:PutImage action"
    )
    assert not any(fake.token(text, "other/app")["may"].values())
    assert fake.iam_usage(HERE) == set()


def test_a_token_is_as_narrow_as_its_session(fake: FakeAws) -> None:
    theirs = f"arn:aws:ecr:eu-west-1:{OTHER}:repository/"
    policy = json.dumps(document(TOKEN, allow(PULL, f"{theirs}team/*")))
    role = {"RoleArn": f"arn:aws:iam::{OTHER}:role/puller", "RoleSessionName": "session"}
    session = fake.client_with(fake.client("sts").assume_role(**role, Policy=policy)["Credentials"])
    text = minted(session)
    found = fake.token(text, "team/app")
    assert found["account"] == OTHER
    assert found["may"] == {"pull": True, "push": False, "delete": False, "list": False}
    found = fake.token(text, "other/app")
    assert not any(found["may"].values())
    assert found["refused"]["ecr:BatchGetImage"] == (
        f"User: arn:aws:sts::{OTHER}:assumed-role/puller/session is not authorized to perform: "
        f"ecr:BatchGetImage on resource: {theirs}other/app because no session policy allows the "
        "ecr:BatchGetImage action"
    )


def test_a_session_policy_without_the_action_gives_no_token(fake: FakeAws) -> None:
    role = {"RoleArn": f"arn:aws:iam::{OTHER}:role/puller", "RoleSessionName": "session"}
    answer = fake.client("sts").assume_role(**role, Policy=json.dumps(document(allow(PULL))))
    refusal = refusal_of(fake.client_with(answer["Credentials"]).get_authorization_token)
    assert refusal.code == "AccessDeniedException"
    assert refusal.message.endswith("because no session policy allows the ecr:GetAuthorizationToken action")


def test_another_accounts_registry_needs_its_repository_policy_too(fake: FakeAws, ecr: Any) -> None:
    text = minted(ecr)
    grant = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HERE}:root"}, "Action": PULL}
    fake.create_repositories(["shared", "closed"], account=OTHER)
    fake.put_policy("shared", json.dumps(document(grant)), account=OTHER)
    may = {name: fake.token(text, name, registry=OTHER)["may"] for name in ("shared", "closed", "missing")}
    assert [one["pull"] for one in may.values()] == [True, False, False]
    assert not may["shared"]["push"]
    refused = fake.token(text, "closed", registry=OTHER)["refused"]["ecr:BatchGetImage"]
    assert refused.endswith("because no resource-based policy allows the ecr:BatchGetImage action")
    fake.set_iam_policy(HERE, document(TOKEN))
    assert not fake.token(text, "shared", registry=OTHER)["may"]["pull"]


def test_a_repository_policy_may_deny(fake: FakeAws, ecr: Any) -> None:
    text = minted(ecr)
    fake.create_repositories(["app"])
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    fake.put_policy("app", json.dumps(document(deny)))
    found = fake.token(text, "app")
    assert (found["may"]["pull"], found["may"]["push"]) == (False, True)
    assert found["refused"]["ecr:BatchGetImage"].endswith("with an explicit deny in a resource-based policy")


def test_a_token_is_good_in_its_region(fake: FakeAws, ecr: Any) -> None:
    text = minted(ecr)
    assert fake.token(text, "app", region="eu-west-1")["may"]["pull"]
    assert not fake.token(text, "app", region="us-east-1")["may"]["pull"]


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-gov-west-1", "amazonaws.com"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("cn-north-1", "amazonaws.com.cn"),
    ],
)
def test_the_host_ends_as_its_partition_does(fake: FakeAws, region: str, suffix: str) -> None:
    answer = fake.client("ecr", region=region).get_authorization_token()["authorizationData"][0]
    assert answer["proxyEndpoint"] == f"https://{HERE}.dkr.ecr.{region}.{suffix}"


def test_the_gates_stand_before_tokens_too(fake: FakeAws, ecr: Any) -> None:
    fake.set_rates({"GetAuthorizationToken": [0, 1]})
    assert [code_of(ecr.get_authorization_token) for _ in range(2)] == [None, "ThrottlingException"]
    fake.set_rates(None)
    fake.inject("GetAuthorizationToken", "ServerException", times=1)
    assert code_of(ecr.get_authorization_token) == "ServerException"
    fake.set_outage("500", service="ecr")
    assert refusal_of(ecr.get_authorization_token).status == 500
    fake.set_outage(None)
    fake.set_iam_policy(HERE, document({**TOKEN, "Resource": f"{ARN}*"}))
    refusal = refusal_of(ecr.get_authorization_token)
    assert refusal.message.endswith(
        "ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the "
        "ecr:GetAuthorizationToken action"
    )
    assert len(fake.tokens()) == 1


def test_reset_forgets_tokens_and_their_life(fake: FakeAws, ecr: Any) -> None:
    fake.set_token_life(0)
    text = minted(ecr)
    assert not fake.token(text)["valid"]
    fake.reset()
    assert fake.tokens() == []
    assert not fake.token(text)["known"]
    assert fake.token(minted(ecr))["valid"]
