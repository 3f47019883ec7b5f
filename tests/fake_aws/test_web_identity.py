"""AssumeRoleWithWebIdentity: no keys, a token that was issued, and a role that trusts its subject."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from tests.fake_aws.client import FakeAws
from tests.fake_aws.documents import allow, document, sized
from tests.fake_aws.refusal import code_of, refusal_of
from tests.fake_aws.session import client_with

ACCOUNT = "222222222222"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/irsa"
SUBJECT = "system:serviceaccount:team:puller"
DENIED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.fixture
def sts(fake: FakeAws) -> Any:
    return fake.client_with(None, "sts")


def asked(token: str, **more: Any) -> dict[str, Any]:
    return {"RoleArn": ROLE, "RoleSessionName": "pod", "WebIdentityToken": token, **more}


def test_a_token_that_was_issued_opens_a_session(fake: FakeAws, sts: Any) -> None:
    fake.create_role(ACCOUNT, "irsa", subjects=["system:serviceaccount:team:*"], trusts=[])
    token = fake.web_identity_token(SUBJECT)
    answer = sts.assume_role_with_web_identity(**asked(token))
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == (SUBJECT, "sts.amazonaws.com")
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/irsa/pod"
    session = fake.client_with(answer["Credentials"])
    assert session.describe_registry()["registryId"] == ACCOUNT
    assert token in fake.secrets()
    claims = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"] == SUBJECT


def test_an_expired_token_is_refused(fake: FakeAws, sts: Any) -> None:
    token = fake.web_identity_token(expires_in=100)
    assert code_of(sts.assume_role_with_web_identity, **asked(token)) is None
    fake.set_clock(200)
    refusal = refusal_of(sts.assume_role_with_web_identity, **asked(token))
    assert (refusal.code, refusal.status) == ("ExpiredTokenException", 400)
    assert refusal.message.startswith("Token expired: current date/time ")


def test_a_token_that_was_not_issued_is_invalid(fake: FakeAws, sts: Any) -> None:
    token = fake.web_identity_token(text="chosen")
    assert token == "chosen"
    assert code_of(sts.assume_role_with_web_identity, **asked(token)) is None
    refusal = refusal_of(sts.assume_role_with_web_identity, **asked("forged"))
    assert (refusal.code, refusal.status) == ("InvalidIdentityToken", 400)
    assert "not a valid JWT" in refusal.message
    refusal = refusal_of(sts.assume_role_with_web_identity, **asked("for.ge.d"))
    assert refusal.code == "InvalidIdentityToken"
    assert "Couldn't retrieve verification key" in refusal.message


def test_a_role_that_does_not_trust_the_subject_is_as_a_missing_one(fake: FakeAws, sts: Any) -> None:
    fake.create_role(ACCOUNT, "irsa", subjects=["system:serviceaccount:team:*"])
    other = fake.web_identity_token("system:serviceaccount:other:puller")
    missing = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/missing"}
    for parameters in (asked(other), {**asked(fake.web_identity_token(SUBJECT)), **missing}):
        refusal = refusal_of(sts.assume_role_with_web_identity, **parameters)
        assert (refusal.code, refusal.status, refusal.message) == ("AccessDenied", 403, DENIED)


def test_durations_and_policies_are_checked_as_of_assume_role(fake: FakeAws, sts: Any) -> None:
    fake.create_role(ACCOUNT, "irsa", subjects=["*"], max_session_duration=7200)
    call, token = sts.assume_role_with_web_identity, fake.web_identity_token()
    assert code_of(call, **asked(token, DurationSeconds=7201)) == "ValidationError"
    answer = call(**asked(token, DurationSeconds=7200))
    assert abs(answer["Credentials"]["Expiration"].timestamp() - time.time() - 7200) < 5
    assert code_of(call, **asked(token, Policy="no json")) == "MalformedPolicyDocument"
    refusal = refusal_of(call, **asked(token, Policy=sized(2049)))
    assert refusal.code == "ValidationError"
    assert "at 'policy' failed to satisfy constraint" in refusal.message
    policy = json.dumps(document(allow("ecr:DescribeRepositories")))
    session = fake.client_with(call(**asked(token, Policy=policy))["Credentials"])
    assert code_of(session.describe_registry) == "AccessDeniedException"
    assert code_of(session.describe_repositories) is None


def test_the_session_is_a_chain_of_its_own(fake: FakeAws, sts: Any) -> None:
    credentials = sts.assume_role_with_web_identity(**asked("any token"))["Credentials"]
    chained = fake.client_with(credentials, "sts")
    role = fake.create_role(ACCOUNT, "next", max_session_duration=43200)
    parameters = {"RoleArn": role, "RoleSessionName": "chained"}
    refusal = refusal_of(chained.assume_role, **parameters, DurationSeconds=3601)
    assert "role chaining" in refusal.message
    assert code_of(chained.assume_role, **parameters) is None


def test_the_call_needs_no_rights_and_counts_for_the_roles_account(fake: FakeAws, sts: Any) -> None:
    fake.set_iam_policy("*", document(allow("ecr:DescribeRegistry")))
    fake.allow_only(ACCOUNT, ["ecr:DescribeRegistry"])
    assert code_of(sts.assume_role_with_web_identity, **asked("any token")) is None
    assert fake.calls(account=ACCOUNT) == {"AssumeRoleWithWebIdentity": 1}


def test_an_outage_of_a_region_is_met_at_its_own_endpoint(fake: FakeAws, sts: Any) -> None:
    fake.set_outage("refused", region="eu-west-1", service="sts")
    with pytest.raises(ConnectionClosedError):
        sts.assume_role_with_web_identity(**asked("any token"))
    away = fake.client_with(None, "sts", "us-east-1")
    assert code_of(away.assume_role_with_web_identity, **asked("any token")) is None


def test_the_endpoint_of_a_region_takes_signed_calls_too(fake: FakeAws) -> None:
    credentials = fake.session_key(ACCOUNT)
    sts = client_with(fake.regional_url("eu-west-1"), credentials, "sts", "eu-west-1")
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    assert code_of(sts.assume_role, RoleArn=ROLE, RoleSessionName="pod") is None
