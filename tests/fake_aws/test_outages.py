"""Outages: who is cut off, how, what goes on working, and what the ledger knows of it."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of

OTHER = "222222222222"
HERE = "111111111111"


def test_a_refused_call_is_cut_at_once_and_never_done(fake: FakeAws, ecr: Any) -> None:
    fake.set_outage("refused")
    for service, operation in (
        ("ecr", "describe_registry"),
        ("resourcegroupstaggingapi", "get_resources"),
        ("sts", "get_caller_identity"),
    ):
        with pytest.raises(ConnectionClosedError):
            getattr(fake.client(service), operation)()
    with pytest.raises(ConnectionClosedError):
        ecr.create_repository(repositoryName="app")
    assert fake.client(unseen=True).describe_repositories()["repositories"] == []
    fake.set_outage(None)
    assert code_of(ecr.create_repository, repositoryName="app") is None


def test_every_service_answers_500_in_its_own_words(fake: FakeAws, ecr: Any) -> None:
    fake.set_outage("500")
    refusal = refusal_of(ecr.create_repository, repositoryName="app")
    assert (refusal.code, refusal.status) == ("ServerException", 500)
    for service, operation in (("resourcegroupstaggingapi", "get_resources"), ("sts", "get_caller_identity")):
        refusal = refusal_of(getattr(fake.client(service), operation))
        assert (refusal.code, refusal.status) == ("InternalFailure", 500)
    assert [one["error"] for one in fake.writes()] == ["ServerException"]


def test_nobody_is_answered_until_it_is_lifted(fake: FakeAws, ecr: Any) -> None:
    hasty = fake.session().client("ecr", config=Config(read_timeout=0.3))
    fake.set_outage("hang")
    with pytest.raises(ReadTimeoutError):
        hasty.create_repository(repositoryName="app")
    ended: list[float] = []

    def ask() -> None:
        with pytest.raises(ConnectionClosedError):
            ecr.describe_registry()
        ended.append(time.monotonic())

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.3)
    assert ended == []
    fake.set_outage(None)
    thread.join(10)
    assert ended
    assert fake.client(unseen=True).describe_repositories()["repositories"] == []
    hasty.close()


def test_an_outage_is_of_an_account_and_a_region(fake: FakeAws, ecr: Any) -> None:
    theirs, away = fake.client("ecr", OTHER), fake.client("ecr", HERE, "us-east-1")
    fake.set_outage("500", account=OTHER)
    fake.set_outage("500", account=HERE, region="us-east-1")
    assert [code_of(one.describe_registry) for one in (ecr, theirs, away)] == [
        None,
        "ServerException",
        "ServerException",
    ]
    fake.set_outage(None, account=OTHER)
    assert [code_of(one.describe_registry) for one in (ecr, theirs, away)] == [None, None, "ServerException"]
    fake.set_outage("500", region="eu-west-1")
    assert [code_of(one.describe_registry) for one in (ecr, theirs)] == ["ServerException"] * 2
    fake.set_outage(None)
    assert [code_of(one.describe_registry) for one in (ecr, theirs, away)] == [None] * 3


def test_the_outage_of_an_account_comes_before_that_of_all(fake: FakeAws, ecr: Any) -> None:
    fake.set_outage("refused")
    fake.set_outage("500", account=HERE)
    assert code_of(ecr.describe_registry) == "ServerException"


def test_an_outage_is_of_a_service(fake: FakeAws, ecr: Any) -> None:
    sts, theirs = fake.client("sts"), fake.client("sts", OTHER)
    fake.set_outage("refused", service="sts")
    with pytest.raises(ConnectionClosedError):
        sts.get_caller_identity()
    assert code_of(ecr.describe_registry) is None
    fake.set_outage(None, service="sts")
    fake.set_outage("500", account=HERE, service="sts")
    assert [code_of(one.get_caller_identity) for one in (sts, theirs)] == ["InternalFailure", None]
    fake.set_outage(None, account=HERE)
    assert code_of(sts.get_caller_identity) == "InternalFailure"
    fake.set_outage(None)
    assert code_of(sts.get_caller_identity) is None


def test_attempts_are_counted_with_their_moments(fake: FakeAws, ecr: Any) -> None:
    began = time.monotonic()
    ecr.describe_registry()
    fake.set_outage("500", account=HERE)
    for _ in range(3):
        code_of(ecr.describe_registry)
        time.sleep(0.1)
    code_of(ecr.create_repository, repositoryName="a/app")
    fake.set_outage(None)
    fake.client("ecr", OTHER).describe_registry()
    moments = fake.attempts(HERE)
    assert len(moments) == 5
    assert moments == sorted(moments)
    assert began <= moments[0] <= moments[-1] <= time.monotonic()
    assert all(later - earlier >= 0.09 for earlier, later in pairwise(moments[1:]))
    assert fake.attempts(HERE, refused=True) == moments[1:]
    assert fake.attempts(HERE, refused=False) == moments[:1]
    assert fake.attempts(operation="Describe*", refused=True) == moments[1:4]
    assert fake.attempts(prefix="a/") == moments[4:]
    assert len(fake.attempts()) == 6
    assert fake.calls(account=HERE) == {"CreateRepository": 1, "DescribeRegistry": 4}
    assert fake.refusals(account=HERE) == {
        "CreateRepository": {"ServerException": 1},
        "DescribeRegistry": {"ServerException": 3},
    }
    fake.reset_calls()
    assert fake.attempts() == []


def test_an_unknown_kind_is_an_error_and_reset_lifts_all(fake: FakeAws, ecr: Any) -> None:
    with pytest.raises(RuntimeError, match="kind is one of refused, 500, hang"):
        fake.set_outage("flood")
    fake.set_outage("refused")
    fake.set_outage("500", account=HERE)
    fake.reset()
    assert code_of(ecr.describe_registry) is None
