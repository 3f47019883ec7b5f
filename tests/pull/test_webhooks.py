"""Admission webhooks that choose the status of their refusal, that repeat what they were sent, that hang."""

import json
import logging

import pytest

from tests.pull.answering import Answering
from tests.pull.hanging import Hanging
from tests.pull.webhooks import REFUSED, wait_asked, webhook
from tests.pull_secrets import PullSecrets, auths

pytestmark = pytest.mark.usefixtures("operator")


@pytest.mark.parametrize("status", [400, 404, 409, 429, 503])
def test_a_refusal_is_reported_whatever_its_status(pulls: PullSecrets, status: int) -> None:
    good, bad = pulls.namespace("good"), pulls.namespace("bad", **{REFUSED: pulls.prefix})
    with (
        Answering(status, lambda _: "not in this house") as answering,
        webhook(pulls, answering, answering.authority),
    ):
        wait_asked(pulls, bad, answering)
        pulls.create()
        assert "not in this house" in pulls.failing(bad, "WriteRefused")
        pulls.counted(matched=2, ready=1, failed=1)
    pulls.healed()
    assert pulls.auths(bad) == pulls.auths(good)


@pytest.mark.parametrize("status", [400, 429])
def test_a_token_that_a_message_repeats_is_not_shown(
    pulls: PullSecrets, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG, logger="ecr_operator")
    bad = pulls.namespace("bad", **{REFUSED: pulls.prefix})
    good = pulls.namespace("good")
    with (
        Answering(status, lambda obj: f"not with {json.dumps(obj.get('data'))}") as answering,
        webhook(pulls, answering, answering.authority),
    ):
        wait_asked(pulls, bad, answering)
        pulls.create()
        secret = pulls.wait_secret(good)
        message = pulls.failing(bad, "WriteRefused")
        pulls.counted(matched=2, ready=1, failed=1)
        events = pulls.cluster.list("Event", "default")
    assert "not with" in message
    seen = "".join((json.dumps(pulls.get()), json.dumps(events), caplog.text))
    for credential in (*secret["data"].values(), *auths(secret).values()):
        assert credential[:20] not in seen


def test_one_that_hangs_is_said(pulls: PullSecrets) -> None:
    bad = pulls.namespace("bad", **{REFUSED: pulls.prefix})
    with Hanging() as hanging, webhook(pulls, hanging):
        wait_asked(pulls, bad, hanging)
        pulls.create()
        assert "webhook" in pulls.failing(bad, "WriteRefused", timeout=60)
    pulls.healed(timeout=60)
