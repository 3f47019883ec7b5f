"""Keys that end, of tests' own making and of assumed roles."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

ROLE = {"RoleArn": "arn:aws:iam::222222222222:role/x", "RoleSessionName": "session"}
ENDED = "The security token included in the request is expired"


client_of = FakeAws.client_with


def test_a_session_key_is_its_account_until_it_ends(fake: FakeAws) -> None:
    credentials = fake.session_key("222222222222", expires_in=1)
    assert credentials["AccessKeyId"].startswith("ASIA222222222222")
    client = client_of(fake, credentials)
    assert client.describe_registry()["registryId"] == "222222222222"
    identity = client_of(fake, credentials, "sts").get_caller_identity()
    assert identity["Account"] == "222222222222"
    assert identity["Arn"].startswith("arn:aws:sts::222222222222:assumed-role/ecr-operator/")
    time.sleep(1)
    refusal = refusal_of(client.create_repository, repositoryName="app")
    assert (refusal.code, refusal.status, refusal.message) == ("ExpiredTokenException", 400, ENDED)
    assert fake.client("ecr", "222222222222").describe_repositories()["repositories"] == []


def test_each_service_says_so_in_its_own_words(fake: FakeAws) -> None:
    credentials = fake.session_key("222222222222", expires_in=0)
    assert code_of(client_of(fake, credentials, "resourcegroupstaggingapi").get_resources) == (
        "ExpiredTokenException"
    )
    refusal = refusal_of(client_of(fake, credentials, "sts").assume_role, **ROLE)
    assert (refusal.code, refusal.status, refusal.message) == ("ExpiredToken", 403, ENDED)


def test_each_key_is_another_and_its_end_is_told(fake: FakeAws) -> None:
    first, second = fake.session_key(expires_in=60), fake.session_key(expires_in=3600)
    assert first["AccessKeyId"] != second["AccessKeyId"]
    end = datetime.fromisoformat(second["Expiration"])
    assert abs(end - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=5)


def test_keys_end_by_the_clock_of_aws(fake: FakeAws) -> None:
    client = client_of(fake, fake.session_key(expires_in=250))
    assert code_of(client.describe_registry) is None
    fake.set_clock(260)
    assert code_of(client.describe_registry) == "ExpiredTokenException"


def test_the_session_of_a_role_lives_as_long_as_is_set(fake: FakeAws) -> None:
    sts = fake.client("sts")
    long = client_of(fake, sts.assume_role(**ROLE)["Credentials"])
    fake.set_session_life(1)
    answer = sts.assume_role(**ROLE, DurationSeconds=3600)["Credentials"]
    assert abs(answer["Expiration"] - datetime.now(UTC)) < timedelta(seconds=5)
    short = client_of(fake, answer)
    assert code_of(short.describe_registry) is None
    time.sleep(1.1)
    assert refusal_of(short.describe_registry).code == "ExpiredTokenException"
    assert code_of(long.describe_registry) is None
    fake.set_session_life(None)
    again = sts.assume_role(**ROLE, DurationSeconds=900)["Credentials"]
    assert abs(again["Expiration"] - datetime.now(UTC) - timedelta(minutes=15)) < timedelta(seconds=5)


def test_the_session_of_a_web_identity_too(fake: FakeAws) -> None:
    fake.set_session_life(0)
    sts = fake.client_with(None, "sts")
    answer = sts.assume_role_with_web_identity(**ROLE, WebIdentityToken="x" * 20)
    assert code_of(client_of(fake, answer["Credentials"]).describe_registry) == "ExpiredTokenException"


def test_reset_forgets_keys_and_lives(fake: FakeAws) -> None:
    client = client_of(fake, fake.session_key())
    fake.set_session_life(0)
    fake.reset()
    assert code_of(client.describe_registry) == "UnrecognizedClientException"
    session = client_of(fake, fake.client("sts").assume_role(**ROLE)["Credentials"])
    assert code_of(session.describe_registry) is None
