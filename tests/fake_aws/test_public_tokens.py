"""Tokens of ECR Public: from us-east-1, with two rights, and no longer than the session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from tests.fake_aws.client import FakeAws
from tests.fake_aws.documents import allow, document
from tests.fake_aws.refusal import code_of, refusal_of

HERE = "111111111111"
GET, BEARER = "ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"


@pytest.fixture
def public(fake: FakeAws) -> Any:
    return fake.client("ecr-public", region="us-east-1")


def test_the_answer_is_one_structure_without_an_endpoint(fake: FakeAws, public: Any) -> None:
    data = public.get_authorization_token()["authorizationData"]
    assert set(data) == {"authorizationToken", "expiresAt"}
    assert abs((data["expiresAt"] - datetime.now(UTC)).total_seconds() - 12 * 3600) < 5
    found = fake.token(data["authorizationToken"], "app")
    assert (found["public"], found["valid"], found["account"]) == (True, True, HERE)
    assert found["may"] == {"pull": True, "push": True, "delete": True, "list": True}
    assert fake.calls() == {GET: 1}


@pytest.mark.parametrize(("held", "lacking"), [(GET, BEARER), (BEARER, GET)])
def test_both_actions_are_needed(fake: FakeAws, public: Any, held: str, lacking: str) -> None:
    fake.set_iam_policy(HERE, document(allow(held)))
    refusal = refusal_of(public.get_authorization_token)
    assert (refusal.code, refusal.status) == ("AccessDeniedException", 400)
    assert refusal.message == (
        f"User: arn:aws:iam::{HERE}:user/ecr-operator is not authorized to perform: {lacking} on resource: * "
        f"because no identity-based policy allows the {lacking} action"
    )
    fake.set_iam_policy(HERE, document(allow([GET, BEARER])))
    assert code_of(public.get_authorization_token) is None
    fake.set_iam_policy(HERE, None)
    fake.allow_only(HERE, [held])
    assert code_of(public.get_authorization_token) == "AccessDeniedException"


def test_the_bearer_token_knows_its_service(fake: FakeAws, public: Any) -> None:
    only = {"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}}
    fake.set_iam_policy(HERE, document(allow(GET), allow(BEARER, Condition=only)))
    assert code_of(public.get_authorization_token) == "AccessDeniedException"


def test_a_region_with_an_endpoint_but_without_tokens_says_so(fake: FakeAws) -> None:
    refusal = refusal_of(fake.client("ecr-public", region="us-west-2").get_authorization_token)
    assert (refusal.code, refusal.status) == ("UnsupportedCommandException", 400)


def test_elsewhere_there_is_no_endpoint(fake: FakeAws) -> None:
    with pytest.raises(ConnectionClosedError):
        fake.client("ecr-public", region="eu-west-1").get_authorization_token()
    assert fake.tokens() == []
    assert fake.refusals() == {GET: {"Severed": 1}}


def test_a_public_token_dies_with_its_session(fake: FakeAws) -> None:
    session = fake.client_with(fake.session_key(HERE, 1000), "ecr-public", "us-east-1")
    data = session.get_authorization_token()["authorizationData"]
    found = fake.token(data["authorizationToken"])
    assert found["expires_at"] == pytest.approx(data["expiresAt"].timestamp(), abs=1)
    assert found["ends"] == pytest.approx(datetime.now(UTC).timestamp() + 1000, abs=5)
    fake.set_clock(1001)
    assert not fake.token(data["authorizationToken"])["valid"]


def test_everybody_may_pull_and_pushing_needs_rights(fake: FakeAws, public: Any) -> None:
    text = public.get_authorization_token()["authorizationData"]["authorizationToken"]
    arn = f"arn:aws:ecr-public::{HERE}:repository/"
    fake.set_iam_policy(HERE, document(allow([GET, BEARER]), allow("ecr-public:*", f"{arn}team/*")))
    assert fake.token(text, "team/app")["may"]["push"]
    found = fake.token(text, "app")
    assert (found["may"]["pull"], found["may"]["push"]) == (True, False)
    assert f"ecr-public:PutImage on resource: {arn}app because" in found["refused"]["ecr-public:PutImage"]


def test_other_operations_of_ecr_public_are_a_gap(public: Any) -> None:
    refusal = refusal_of(public.describe_repositories)
    assert (refusal.code, refusal.status) == ("NotImplementedByFakeAws", 501)
