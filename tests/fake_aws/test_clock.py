"""AWS's clock: what follows it, and that it refuses signatures of another time."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

STAMP = r"\d{8}T\d{6}Z"


def test_dates_follow_the_clock(fake: FakeAws, ecr: Any) -> None:
    fake.set_clock(200)
    made = ecr.create_repository(repositoryName="app")
    now = datetime.now(UTC) + timedelta(seconds=200)
    near = timedelta(seconds=5)
    assert abs(made["repository"]["createdAt"] - now) < near
    date = parsedate_to_datetime(made["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert abs(date - now) < near
    token = ecr.get_authorization_token()["authorizationData"][0]
    assert abs(token["expiresAt"] - now - timedelta(hours=12)) < near
    fake.put_image("app", tags=["v1"])
    assert abs(ecr.describe_images(repositoryName="app")["imageDetails"][0]["imagePushedAt"] - now) < near
    role = {"RoleArn": "arn:aws:iam::222222222222:role/x", "RoleSessionName": "session"}
    session = fake.client("sts").assume_role(**role)["Credentials"]
    assert abs(session["Expiration"] - now - timedelta(hours=1)) < near


def test_a_signature_of_long_ago_has_expired(fake: FakeAws, ecr: Any) -> None:
    fake.set_clock(3600)
    refusal = refusal_of(ecr.create_repository, repositoryName="app")
    assert (refusal.code, refusal.status) == ("InvalidSignatureException", 400)
    words = re.fullmatch(
        rf"Signature expired: ({STAMP}) is now earlier than ({STAMP}) \(({STAMP}) - 5 min\.\)",
        refusal.message,
    )
    assert words
    signed, limit, now = (
        datetime.strptime(one, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for one in words.groups()
    )
    assert now - limit == timedelta(minutes=5)
    assert abs(now - signed - timedelta(hours=1)) < timedelta(seconds=5)
    date = parsedate_to_datetime(refusal.answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert abs(date - now) < timedelta(seconds=5)
    assert fake.client(unseen=True).describe_repositories()["repositories"] == []


def test_a_signature_of_later_is_not_yet_current(fake: FakeAws, ecr: Any) -> None:
    fake.set_clock(-3600)
    refusal = refusal_of(ecr.describe_registry)
    assert refusal.code == "InvalidSignatureException"
    assert re.fullmatch(
        rf"Signature not yet current: {STAMP} is still later than {STAMP} \({STAMP} \+ 5 min\.\)",
        refusal.message,
    )


def test_sts_and_the_tagging_api_refuse_it_too(fake: FakeAws) -> None:
    fake.set_clock(3600)
    sts = refusal_of(fake.client("sts").get_caller_identity)
    assert (sts.code, sts.status) == ("SignatureDoesNotMatch", 403)
    assert sts.message.startswith("Signature expired: ")
    assert code_of(fake.client("resourcegroupstaggingapi").get_resources) == "InvalidSignatureException"


@pytest.mark.parametrize(("offset", "code"), [(290, None), (-290, None), (310, "x"), (-310, "x")])
def test_five_minutes_are_forgiven(fake: FakeAws, ecr: Any, offset: float, code: str | None) -> None:
    fake.set_clock(offset)
    assert (code_of(ecr.describe_registry) is None) == (code is None)


def test_the_clock_can_be_set_right_and_reset_does_it(fake: FakeAws, ecr: Any) -> None:
    fake.set_clock(3600)
    fake.set_clock(0)
    assert code_of(ecr.describe_registry) is None
    fake.set_clock(3600)
    fake.reset()
    date = ecr.describe_registry()["ResponseMetadata"]["HTTPHeaders"]["date"]
    assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 3
