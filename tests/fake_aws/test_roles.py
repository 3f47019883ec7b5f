"""AssumeRole: whom a role trusts, for how long, and in which words it is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.config import Config

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

HERE, OTHER = "111111111111", "222222222222"
USER = f"arn:aws:iam::{HERE}:user/ecr-operator"
CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."


@pytest.fixture
def sts(fake: FakeAws) -> Any:
    return fake.client("sts")


def asked(role: str, **more: Any) -> dict[str, Any]:
    return {"RoleArn": role, "RoleSessionName": "session", **more}


def test_a_session_is_of_the_role_and_says_so(fake: FakeAws, sts: Any) -> None:
    role = fake.create_role(OTHER, "service/puller")
    assert role == f"arn:aws:iam::{OTHER}:role/service/puller"
    answer = sts.assume_role(**asked(role))
    arn = f"arn:aws:sts::{OTHER}:assumed-role/puller/session"
    user = answer["AssumedRoleUser"]
    assert (user["Arn"], user["AssumedRoleId"][:4]) == (arn, "AROA")
    assert "PackedPolicySize" not in answer
    assert abs(answer["Credentials"]["Expiration"].timestamp() - time.time() - 3600) < 5
    identity = fake.client_with(answer["Credentials"], "sts").get_caller_identity()
    assert (identity["Arn"], identity["Account"], identity["UserId"]) == (arn, OTHER, user["AssumedRoleId"])
    secret = answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"]
    assert set(secret) <= set(fake.secrets())


def test_the_wrong_external_id_and_none_are_refused_alike(fake: FakeAws, sts: Any) -> None:
    role = fake.create_role(OTHER, "puller", external_id="right:1/2")
    for more in ({}, {"ExternalId": "wrong"}, {"ExternalId": "RIGHT:1/2"}):
        refusal = refusal_of(sts.assume_role, **asked(role, **more))
        assert (refusal.code, refusal.status) == ("AccessDenied", 403)
        assert refusal.message == (
            f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {role}"
        )
    assert code_of(sts.assume_role, **asked(role, ExternalId="right:1/2")) is None


def test_a_role_without_the_condition_takes_any_external_id(fake: FakeAws, sts: Any) -> None:
    role = fake.create_role(OTHER, "puller")
    assert code_of(sts.assume_role, **asked(role, ExternalId="any")) is None


def test_a_missing_role_is_refused_in_the_same_words(fake: FakeAws, sts: Any) -> None:
    missing = fake.create_role(OTHER, "puller").replace("puller", "gone")
    refusal = refusal_of(sts.assume_role, **asked(missing))
    assert (refusal.code, refusal.status) == ("AccessDenied", 403)
    assert refusal.message.endswith(f"sts:AssumeRole on resource: {missing}")
    role = fake.create_role(OTHER, "gone")
    assert code_of(sts.assume_role, **asked(role)) is None
    fake.delete_role(role)
    assert code_of(sts.assume_role, **asked(role)) == "AccessDenied"


@pytest.mark.parametrize(
    ("trusts", "code"),
    [
        ([HERE], None),
        ([f"arn:aws:iam::{HERE}:root"], None),
        ([USER], None),
        ([OTHER], "AccessDenied"),
        ([f"arn:aws:iam::{HERE}:role/ecr-operator"], "AccessDenied"),
        ([], "AccessDenied"),
    ],
)
def test_a_role_trusts_accounts_and_principals(
    fake: FakeAws, sts: Any, trusts: list[str], code: str | None
) -> None:
    role = fake.create_role(OTHER, "puller", trusts=trusts)
    assert code_of(sts.assume_role, **asked(role)) == code


def test_a_session_is_trusted_as_its_role(fake: FakeAws, sts: Any) -> None:
    first = fake.create_role(HERE, "first")
    second = fake.create_role(OTHER, "second", trusts=[first])
    assert code_of(sts.assume_role, **asked(second)) == "AccessDenied"
    session = fake.client_with(sts.assume_role(**asked(first))["Credentials"], "sts")
    assert code_of(session.assume_role, **asked(second)) is None


def test_the_role_says_how_long_a_session_may_be(fake: FakeAws, sts: Any) -> None:
    short, long = (
        fake.create_role(OTHER, "short"),
        fake.create_role(OTHER, "long", max_session_duration=43200),
    )
    refusal = refusal_of(sts.assume_role, **asked(short, DurationSeconds=3601))
    assert (refusal.code, refusal.status) == ("ValidationError", 400)
    assert refusal.message == (
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    )
    answer = sts.assume_role(**asked(long, DurationSeconds=43200))
    assert abs(answer["Credentials"]["Expiration"].timestamp() - time.time() - 43200) < 5


def test_a_chained_role_lasts_an_hour_at_most(fake: FakeAws, sts: Any) -> None:
    role = fake.create_role(OTHER, "long", max_session_duration=43200)
    for credentials in (sts.assume_role(**asked(role))["Credentials"], fake.session_key(HERE)):
        chained = fake.client_with(credentials, "sts")
        refusal = refusal_of(chained.assume_role, **asked(role, DurationSeconds=3601))
        assert (refusal.code, refusal.status, refusal.message) == ("ValidationError", 400, CHAINED)
        assert code_of(chained.assume_role, **asked(role, DurationSeconds=3600)) is None
        assert code_of(chained.assume_role, **asked(role)) is None


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (
            {"RoleSessionName": "a b"},
            "at 'roleSessionName' failed to satisfy constraint: Member must satisfy",
        ),
        ({"RoleSessionName": "a" * 65}, "at 'roleSessionName' .* have length less than or equal to 64"),
        ({"RoleSessionName": "a"}, "at 'roleSessionName' .* have length greater than or equal to 2"),
        ({"DurationSeconds": 899}, "at 'durationSeconds' .* have value greater than or equal to 900"),
        ({"DurationSeconds": 43201}, "at 'durationSeconds' .* have value less than or equal to 43200"),
        ({"ExternalId": "no spaces"}, "at 'externalId' failed to satisfy constraint: Member must satisfy"),
        ({"RoleArn": "arn:aws:iam::2:role/too-short"}, "Request ARN is invalid"),
    ],
)
def test_the_constraints_of_the_model_are_checked(
    fake: FakeAws, parameters: dict[str, Any], words: str
) -> None:
    unchecked = fake.session().client("sts", config=Config(parameter_validation=False))
    refusal = refusal_of(unchecked.assume_role, **{**asked(f"arn:aws:iam::{OTHER}:role/x"), **parameters})
    unchecked.close()
    assert (refusal.code, refusal.status) == ("ValidationError", 400)
    with pytest.raises(ValueError, match=words):
        raise ValueError(refusal.message)


def test_conditions_see_external_id_and_session_name(fake: FakeAws, sts: Any) -> None:
    role = f"arn:aws:iam::{OTHER}:role/x"
    condition = {"StringEquals": {"sts:ExternalId": "right"}, "StringLike": {"sts:RoleSessionName": "ours-*"}}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role, "Condition": condition}
    fake.set_iam_policy(HERE, {"Version": "2012-10-17", "Statement": statement})
    name = {"RoleArn": role, "RoleSessionName": "ours-1"}
    assert code_of(sts.assume_role, **name, ExternalId="right") is None
    assert code_of(sts.assume_role, **name, ExternalId="wrong") == "AccessDenied"
    assert code_of(sts.assume_role, **asked(role), ExternalId="right") == "AccessDenied"
    tags = [{"Key": "team", "Value": "a"}]
    refusal = refusal_of(sts.assume_role, **name, ExternalId="right", Tags=tags)
    assert f"sts:TagSession on resource: {role}" in refusal.message


def test_sessions_may_be_ended_all_at_once(fake: FakeAws, sts: Any) -> None:
    mine, theirs = (
        fake.client_with(sts.assume_role(**asked(f"arn:aws:iam::{account}:role/x"))["Credentials"])
        for account in (HERE, OTHER)
    )
    assert [code_of(one.describe_registry) for one in (mine, theirs)] == [None, None]
    assert fake.end_sessions(OTHER) == 1
    assert [code_of(one.describe_registry) for one in (mine, theirs)] == [None, "ExpiredTokenException"]


def test_a_role_that_iam_refuses_is_an_error_and_reset_forgets_all(fake: FakeAws, sts: Any) -> None:
    for wrong in (
        {"name": "no spaces"},
        {"external_id": "x"},
        {"max_session_duration": 900},
        {"policy": {"Statement": [{}]}},
    ):
        with pytest.raises(RuntimeError):
            fake.create_role(**{"account": OTHER, "name": "x", **wrong})
    fake.create_role(OTHER, "other")
    role = f"arn:aws:iam::{OTHER}:role/x"
    assert code_of(sts.assume_role, **asked(role)) == "AccessDenied"
    fake.reset()
    assert code_of(sts.assume_role, **asked(role)) is None
