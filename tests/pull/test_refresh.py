"""At half of their life credentials are replaced, everywhere and with one call; else nothing is written."""

import pytest

from tests.fake_aws.client import FakeAws
from tests.pull.seen import dates, seconds, whole, writes
from tests.pull_secrets import HOST, LABEL, PullSecrets

pytestmark = pytest.mark.usefixtures("operator")


def test_a_refresh_replaces_the_bytes_everywhere_with_one_call(pulls: PullSecrets, aws: FakeAws) -> None:
    aws.set_token_life(16)
    names = [pulls.namespace(name) for name in ("a", "b", "c")]
    pulls.create()
    first = pulls.ready()
    before = whole(pulls.cluster, *names)
    assert pulls.mints() == 1

    aws.set_token_life(None)
    pulls.wait_for(lambda obj: obj["status"]["contentHash"] != first["status"]["contentHash"], "new bytes")
    second = pulls.ready()
    after = whole(pulls.cluster, *names)

    assert [one["metadata"]["uid"] for one in after] == [one["metadata"]["uid"] for one in before]
    assert len({one["data"][".dockerconfigjson"] for one in after}) == 1
    assert after[0]["data"] != before[0]["data"]
    assert pulls.mints() == 2
    token = aws.token(pulls.auths(names[0])[HOST])
    assert token["valid"]
    assert seconds(token["issued"]) >= seconds(first["status"]["nextRefreshAt"]) - 1

    states = writes(pulls, first)
    assert len(states) <= 2
    assert {dates(state) for state in states} == {dates(second)}
    assert all(old != new for old, new in zip(dates(first), dates(second), strict=True))


def test_the_refresh_is_at_half_of_the_life_give_or_take_a_tenth(pulls: PullSecrets, aws: FakeAws) -> None:
    name = pulls.namespace("a")
    pulls.create()
    status = pulls.ready()["status"]
    token = aws.token(pulls.auths(name)[HOST])
    begin, end = seconds(token["issued"]), seconds(token["expires_at"])
    assert abs(seconds(status["expiresAt"]) - end) <= 1
    share = (seconds(status["nextRefreshAt"]) - begin) / (end - begin)
    assert 0.449 <= share <= 0.551


def test_a_change_that_concerns_nobody_writes_and_calls_nothing(pulls: PullSecrets) -> None:
    name = pulls.namespace("a")
    other = pulls.namespace("other", **{LABEL: "none"})
    pulls.create()
    obj = pulls.ready()
    secrets = whole(pulls.cluster, name)
    cluster = pulls.cluster

    cluster.merge_patch("Namespace", None, other, {"metadata": {"labels": {"colour": "red"}}})
    cluster.merge_patch("Namespace", None, name, {"metadata": {"annotations": {"colour": "red"}}})
    for where in (name, other):
        kind = {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "b"}}
        cluster.create({**kind, "metadata": {"name": "theirs", "namespace": where}})
        account = {"apiVersion": "v1", "kind": "ServiceAccount"}
        cluster.create({**account, "metadata": {"name": "theirs", "namespace": where}})
    # What comes after all that has been seen.
    barrier = pulls.namespace("barrier", **{LABEL: "none"})
    pulls.create("later", namespaces={"include": [barrier]})
    pulls.ready("later")

    assert whole(cluster, name) == secrets
    assert writes(pulls, obj) == []
    assert pulls.mints() == 1
    assert pulls.auths(barrier) == pulls.auths(name)


def test_objects_of_one_identity_are_refreshed_with_one_call(pulls: PullSecrets, aws: FakeAws) -> None:
    aws.set_token_life(16)
    names = [pulls.namespace(name) for name in ("a", "b", "c")]
    first = {}
    for name in names:
        short = name.rpartition("-")[2]
        pulls.create(short, namespaces={"include": [name]})
        first[short] = pulls.ready(short)
    assert pulls.mints() == 1
    assert len({dates(obj) for obj in first.values()}) == 1

    aws.set_token_life(None)
    for short, obj in first.items():
        old = obj["status"]["contentHash"]
        pulls.wait_for(lambda now, old=old: now["status"]["contentHash"] != old, "new bytes", short)  # type: ignore[misc]
        pulls.ready(short)
    assert len({one["data"][".dockerconfigjson"] for one in whole(pulls.cluster, *names)}) == 1
    assert pulls.mints() == 2
