"""Credentials that come to their end: a warning in time, a Secret that stays, and what is said after it."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.pull.seen import dates, is_said, text_of, wait_warning, whole, writes
from tests.pull_secrets import HOST, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")


def test_the_end_is_warned_of_and_told_and_the_secret_stays(pulls: PullSecrets, aws: FakeAws) -> None:
    aws.set_token_life(14)
    name = pulls.namespace("a")
    pulls.create()
    first = pulls.ready()
    end = first["status"]["expiresAt"]
    before = whole(pulls.cluster, name)
    assert condition(first, "ExpiringSoon") is None
    aws.inject("GetAuthorizationToken", "AccessDeniedException")

    obj = pulls.wait_for(lambda now: is_said(now, "ExpiringSoon", "NotRefreshed"), "warning", timeout=30)
    assert wait_warning(pulls, obj, "NotRefreshed") == text_of(obj, "ExpiringSoon")
    assert f"expire at {end}" in text_of(obj, "ExpiringSoon")
    assert aws.token(pulls.auths(name)[HOST])["valid"]

    obj = pulls.wait_for(lambda now: is_said(now, "ExpiringSoon", "Expired"), "expiry", timeout=30)
    assert wait_warning(pulls, obj, "Expired") == text_of(obj, "ExpiringSoon")
    assert f"expired at {end}" in text_of(obj, "ExpiringSoon")
    pulls.wait_for(
        lambda now: f"the present credentials expired at {end}" in text_of(now), "Ready", timeout=30
    )
    assert dates(obj) == dates(first)
    assert whole(pulls.cluster, name) == before
    # The failure, the warning, the end, and that Ready says so.
    assert len(writes(pulls, first)) <= 4
    reasons = [event["reason"] for event in pulls.cluster.events(obj)]
    assert sorted(reasons) == ["AccessDenied", "Expired", "NotRefreshed"]

    aws.clear()
    aws.set_token_life(None)
    pulls.wait_for(lambda now: condition(now, "ExpiringSoon") is None, "healing", timeout=30)
    pulls.ready()
    assert aws.token(pulls.auths(name)[HOST])["valid"]
    assert whole(pulls.cluster, name)[0]["metadata"]["uid"] == before[0]["metadata"]["uid"]
