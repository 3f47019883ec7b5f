"""Policies that are there already, that others write in between, and that take time to spread."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.fake_aws.client import FakeAws
from tests.fake_aws.refusal import code_of

THEIRS = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}]}'
OURS = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["ecr:PutImage"]}]}'
NOT_FOUND = "RepositoryPolicyNotFoundException"


@pytest.fixture(autouse=True)
def repository(fake: FakeAws) -> None:
    fake.create_repositories(["app", "other"])


def seen(ecr: Any, repository: str = "app") -> str | None:
    """What a read answers: the text, or None for no policy."""
    try:
        return str(ecr.get_repository_policy(repositoryName=repository)["policyText"])
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        return None


def put(ecr: Any, text: str = OURS) -> str:
    return str(ecr.set_repository_policy(repositoryName="app", policyText=text)["policyText"])


@pytest.mark.parametrize(
    "text", [THEIRS, "no json", "{}", '{"Statement": "x"}', '{"Statement": [{"Sid": "a"}, {"Sid": "a"}]}']
)
def test_a_text_can_be_put_in_place_as_it_is(fake: FakeAws, ecr: Any, text: str) -> None:
    fake.put_policy("app", text)
    assert seen(ecr) == text
    assert fake.policy("app") == (text if text == "no json" else json.loads(text))
    assert fake.writes("app") == []
    fake.put_policy("app", None)
    assert seen(ecr) is None
    assert fake.policy("app") is None


def test_repositories_can_be_created_with_a_policy(fake: FakeAws, ecr: Any) -> None:
    fake.create_repositories(["seeded"], policy=THEIRS)
    assert seen(ecr, "seeded") == THEIRS


def test_looking_at_a_policy_is_no_call(fake: FakeAws) -> None:
    fake.policy("app")
    assert fake.calls() == {}


def test_another_writer_comes_right_after_the_nth_read(fake: FakeAws, ecr: Any) -> None:
    fake.intercept_policy("app", THEIRS, nth=2)
    assert [seen(ecr), seen(ecr), seen(ecr)] == [None, None, THEIRS]
    ours = put(ecr)
    assert [seen(ecr), seen(ecr)] == [ours, ours]
    assert [write["operation"] for write in fake.writes("app")] == ["SetRepositoryPolicy"]


def test_another_writer_comes_right_after_a_set_or_a_delete(fake: FakeAws, ecr: Any) -> None:
    fake.intercept_policy("app", THEIRS, after="SetRepositoryPolicy")
    fake.intercept_policy("app", OURS, after="DeleteRepositoryPolicy")
    answer = put(ecr)
    assert json.loads(answer)["Statement"][0]["Action"] == "ecr:PutImage"
    assert seen(ecr) == THEIRS
    assert ecr.delete_repository_policy(repositoryName="app")["policyText"] == THEIRS
    assert seen(ecr) == OURS


def test_another_writer_may_delete_and_may_come_every_time(fake: FakeAws, ecr: Any) -> None:
    fake.intercept_policy("app", None, after="SetRepositoryPolicy", nth=None)
    for _ in range(3):
        put(ecr)
        assert seen(ecr) is None
    fake.clear_intercepts()
    put(ecr)
    assert seen(ecr) is not None


def test_only_done_calls_of_the_repository_count_and_never_unseen_ones(fake: FakeAws, ecr: Any) -> None:
    fake.intercept_policy("app", THEIRS, after="SetRepositoryPolicy")
    fake.intercept_policy("app", THEIRS)
    seen(ecr, "other")
    seen(fake.client(unseen=True))
    call = {"repositoryName": "app", "policyText": "{}"}
    assert code_of(ecr.set_repository_policy, **call) == "InvalidParameterException"
    assert fake.policy("app") is None
    seen(ecr)
    assert fake.policy("app") is not None


def test_a_wrong_interception_is_an_error_and_reset_ends_all(fake: FakeAws, ecr: Any) -> None:
    with pytest.raises(RuntimeError, match="after is one of"):
        fake.intercept_policy("app", THEIRS, after="PutImage")
    with pytest.raises(RuntimeError, match="nth is at least 1"):
        fake.intercept_policy("app", THEIRS, nth=0)
    fake.intercept_policy("app", THEIRS)
    fake.reset()
    fake.create_repositories(["app"])
    assert [seen(ecr), seen(ecr)] == [None, None]


def test_reads_answer_what_was_before_until_a_write_has_spread(fake: FakeAws, ecr: Any) -> None:
    fake.put_policy("app", THEIRS)
    fake.set_policy_propagation(0.3)
    before = time.monotonic()
    ours = put(ecr)
    assert seen(ecr) == THEIRS
    assert fake.policy("app") == json.loads(ours)
    while seen(ecr) == THEIRS:
        time.sleep(0.02)
    assert time.monotonic() - before >= 0.3
    assert seen(ecr) == ours
    ecr.delete_repository_policy(repositoryName="app")
    assert seen(ecr) == ours
    assert code_of(ecr.delete_repository_policy, repositoryName="app") == NOT_FOUND
    time.sleep(0.35)
    assert seen(ecr) is None


def test_another_writers_text_is_seen_at_once(fake: FakeAws, ecr: Any) -> None:
    fake.set_policy_propagation(60)
    put(ecr)
    assert seen(ecr) is None
    fake.put_policy("app", THEIRS)
    assert seen(ecr) == THEIRS
