"""Faults after the effect, cut connections, and silence."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.parse
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of, refusal_of


@pytest.fixture
def hasty(fake: FakeAws) -> Any:
    """A client of ECR that waits half a second for an answer."""
    client = fake.session().client("ecr", config=Config(read_timeout=0.5))
    yield client
    client.close()


def names(fake: FakeAws) -> list[str]:
    found = fake.client(unseen=True).describe_repositories()["repositories"]
    return [one["repositoryName"] for one in found]


def test_an_error_after_the_effect_hides_what_was_done(fake: FakeAws, ecr: Any) -> None:
    fake.inject("CreateRepository", "ServerException", times=1, after=True)
    refusal = refusal_of(ecr.create_repository, repositoryName="app")
    assert (refusal.code, refusal.status) == ("ServerException", 500)
    assert names(fake) == ["app"]
    assert code_of(ecr.create_repository, repositoryName="app") == "RepositoryAlreadyExistsException"
    assert [(one["error"], one["lost"]) for one in fake.writes()] == [
        (None, "ServerException"),
        ("RepositoryAlreadyExistsException", None),
    ]
    assert fake.refusals()["CreateRepository"]["ServerException"] == 1


def test_botocores_own_retry_meets_what_was_done(fake: FakeAws) -> None:
    client = fake.session().client("ecr", config=Config(retries={"total_max_attempts": 2}))
    fake.inject("CreateRepository", "ServerException", times=1, after=True)
    assert code_of(client.create_repository, repositoryName="app") == "RepositoryAlreadyExistsException"
    client.close()


def test_the_answer_of_a_call_that_was_refused_is_lost_too(fake: FakeAws, ecr: Any) -> None:
    fake.inject("DeleteRepository", "ServerException", times=1, after=True)
    assert code_of(ecr.delete_repository, repositoryName="none") == "ServerException"
    assert [(one["error"], one["lost"]) for one in fake.writes()] == [
        ("RepositoryNotFoundException", "ServerException")
    ]


def test_after_goes_with_prefix_account_and_times(fake: FakeAws, ecr: Any) -> None:
    fake.inject("*", "ServerException", prefix="a/", times=1, after=True, account="111111111111")
    assert code_of(ecr.create_repository, repositoryName="b/app") is None
    assert code_of(fake.client("ecr", "222222222222").create_repository, repositoryName="a/app") is None
    assert code_of(ecr.create_repository, repositoryName="a/app") == "ServerException"
    assert code_of(ecr.create_repository, repositoryName="a/two") is None
    assert sorted(names(fake)) == ["a/app", "a/two", "b/app"]


def test_a_role_is_assumed_and_nobody_learns_of_it(fake: FakeAws) -> None:
    fake.inject("AssumeRole", "InternalFailure", status=500, times=1, after=True)
    asked = {"RoleArn": "arn:aws:iam::222222222222:role/x", "RoleSessionName": "session"}
    assert refusal_of(fake.client("sts").assume_role, **asked).status == 500
    assert code_of(fake.client("sts").assume_role, **asked) is None


@pytest.mark.parametrize(("cut", "done"), [("before", []), ("after", ["app"])])
def test_a_connection_is_cut(fake: FakeAws, ecr: Any, cut: str, done: list[str]) -> None:
    fake.inject("CreateRepository", cut=cut, times=1)
    with pytest.raises(ConnectionClosedError):
        ecr.create_repository(repositoryName="app")
    assert names(fake) == done
    assert ecr.describe_registry()["registryId"] == "111111111111"
    assert fake.refusals() == {"CreateRepository": {"Severed": 1}}
    written = fake.writes()[0]
    assert (written["error"], written["lost"]) == ((None, "Severed") if done else ("Severed", None))


def test_half_an_answer_arrives_and_botocore_takes_it_for_an_empty_one(fake: FakeAws, ecr: Any) -> None:
    fake.inject("CreateRepository", cut="partial", times=1)
    answer = ecr.create_repository(repositoryName="app")
    assert set(answer) == {"ResponseMetadata"}
    assert names(fake) == ["app"]
    assert fake.refusals() == {"CreateRepository": {"CutShort": 1}}
    assert [(one["error"], one["lost"]) for one in fake.writes()] == [(None, "CutShort")]


def test_half_an_answer_is_seen_by_who_compares_its_length(fake: FakeAws) -> None:
    fake.inject("GetCallerIdentity", cut="partial", times=1)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(fake.url).netloc, timeout=5)
    scope = "AKIA111111111111TEST/20260101/eu-west-1/sts/aws4_request"
    connection.request(
        "POST",
        "/",
        "Action=GetCallerIdentity&Version=2011-06-15",
        {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


def test_botocore_retries_a_cut_connection(fake: FakeAws) -> None:
    client = fake.session().client("ecr", config=Config(retries={"total_max_attempts": 3}))
    fake.inject("DescribeRegistry", cut="before", times=2)
    client.describe_registry()
    assert fake.calls() == {"DescribeRegistry": 3}
    client.close()


@pytest.mark.parametrize("after", [False, True])
def test_a_call_that_hangs_times_out_and_has_taken_effect_or_never_will(
    fake: FakeAws, hasty: Any, after: bool
) -> None:
    fake.inject("CreateRepository", hang=1, times=1, after=after)
    with pytest.raises(ReadTimeoutError):
        hasty.create_repository(repositoryName="app")
    assert names(fake) == (["app"] if after else [])
    time.sleep(0.7)
    assert names(fake) == (["app"] if after else [])


def test_silence_may_end_in_an_error(fake: FakeAws, ecr: Any) -> None:
    fake.inject("CreateRepository", "ServerException", hang=0.3, times=1)
    began = time.monotonic()
    assert code_of(ecr.create_repository, repositoryName="app") == "ServerException"
    assert time.monotonic() - began >= 0.3
    assert names(fake) == []


@pytest.mark.parametrize("by_id", [False, True])
def test_clearing_a_fault_lets_go_who_hangs_on_it(fake: FakeAws, ecr: Any, by_id: bool) -> None:
    rule = fake.inject("DescribeRegistry", hang=60, times=1)
    ended: list[float] = []

    def ask() -> None:
        with pytest.raises(HTTPClientError):
            ecr.describe_registry()
        ended.append(time.monotonic())

    began = time.monotonic()
    thread = threading.Thread(target=ask)
    thread.start()
    while not fake.calls():
        time.sleep(0.02)
    time.sleep(0.1)
    fake.clear(rule if by_id else None)
    thread.join(10)
    assert ended
    assert ended[0] - began < 10


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "a fault is a code, a cut or a hang"),
        ({"cut": "sometimes"}, "cut is one of before, after, partial"),
        ({"code": "ServerException", "cut": "after"}, "not both"),
        ({"cut": "before", "after": True}, "not after it"),
        ({"hang": 0}, "a hang is at most"),
        ({"hang": 3600}, "a hang is at most"),
    ],
)
def test_a_fault_that_contradicts_itself_is_an_error(fake: FakeAws, rule: dict[str, Any], words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        fake.inject("*", **rule)
