"""A machine with a wrong clock: what expires, expires by AWS's."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.pull.seen import dates, seconds, text_of, wait_warning, whole, writes
from tests.pull_secrets import HOST, PullSecrets
from tests.running import RunningOperator

WRONG = [timedelta(days=-30), timedelta(hours=-5), timedelta(days=30)]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_clock_neither_delays_a_refresh_nor_asks_for_one(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws, wrong: timedelta
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig, now=lambda: datetime.now(UTC) + wrong):
        aws.set_token_life(14)
        pulls.create()
        first = pulls.ready()
        aws.set_token_life(None)
        token = aws.token(pulls.auths(name)[HOST])
        assert abs(seconds(first["status"]["expiresAt"]) - seconds(token["expires_at"])) <= 1
        pulls.wait_for(lambda obj: dates(obj)[0] != dates(first)[0], "refresh", timeout=30)
        second = pulls.ready()
    assert pulls.mints() == 2
    assert aws.token(pulls.auths(name)[HOST])["valid"]

    # After a start the API server tells the time.
    before = whole(cluster, name)
    with RunningOperator(cluster.operator_kubeconfig, now=lambda: datetime.now(UTC) + wrong):
        late = pulls.namespace("late")
        pulls.wait_secret(late)
        pulls.wait_for(lambda obj: obj["status"]["namespaces"]["ready"] == 2, "both")
        assert {dates(state) for state in writes(pulls, second)} == {dates(second)}
    assert whole(cluster, name) == before
    assert pulls.mints() == 2


@pytest.mark.parametrize("offset", [4 * 3600.0, -4 * 3600.0], ids=["behind", "ahead"])
def test_where_aws_refuses_the_signature_for_it_that_is_said(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws, offset: float
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.create()
        first = pulls.ready()
        before = whole(cluster, name)
        aws.set_clock(offset)
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        obj = pulls.stalled("ClockSkew")
        assert "clock of the operator's node" in text_of(obj)
        assert f"last until {first['status']['expiresAt']}" in text_of(obj)
        wait_warning(pulls, obj, "ClockSkew")
        assert whole(cluster, name) == before
        assert dates(obj) == dates(first)
        aws.set_clock(0.0)
        pulls.wait_for(lambda obj: dates(obj)[0] != dates(first)[0], "healing", timeout=30)
        pulls.ready()
