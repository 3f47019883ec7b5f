"""A start finds what was handed out in the Secrets themselves, and asks AWS for nothing that is there."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ecr_operator.api.names import RECONCILE_ANNOTATION
from tests.cluster import Cluster, Object
from tests.fake_aws.client import FakeAws
from tests.pull.seen import dates, is_said, text_of, wait_until, whole, writes
from tests.pull_secrets import HOST, KIND, PullSecrets
from tests.repositories import condition
from tests.running import RunningOperator
from tests.waiting import until


def _handed_out(cluster: Cluster, pulls: PullSecrets, *names: str, **spec: Any) -> tuple[list[str], Object]:
    """By an operator that has ended since."""
    namespaces = [pulls.namespace(name) for name in names]
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.create(**spec)
        obj = pulls.ready()
    pulls.aws.reset_calls()
    return namespaces, obj


def _seen_all(pulls: PullSecrets, cluster: Cluster) -> None:
    """Wait until what the start has brought up has been worked on: a new namespace comes last."""
    late = pulls.namespace("late")
    pulls.wait_secret(late)
    pulls.wait_for(lambda obj: obj["status"]["namespaces"]["matched"] > 1, "the new namespace counted")
    pulls.ready()
    assert cluster.get("Secret", late, "ecr")


def test_with_valid_secrets_everywhere_nothing_is_called_and_nothing_written(
    cluster: Cluster, pulls: PullSecrets
) -> None:
    names, obj = _handed_out(cluster, pulls, "a", "b", "c")
    before = whole(cluster, *names)
    with RunningOperator(cluster.operator_kubeconfig):
        _seen_all(pulls, cluster)
        assert whole(cluster, *names) == before
        # The new namespace was counted; nothing else was news.
        states = writes(pulls, obj)
        assert {dates(state) for state in states} == {dates(obj)}
        assert all(state["status"]["namespaces"]["matched"] == 4 for state in states)
        assert all(is_said(state, "Ready", "InSync") for state in states)
    assert pulls.mints() == 0
    assert len(cluster.events(obj)) == len(cluster.events(pulls.get()))


def test_damaged_secrets_are_restored_from_a_good_one_without_a_call(
    cluster: Cluster, pulls: PullSecrets
) -> None:
    names, obj = _handed_out(cluster, pulls, "a", "b", "c")
    good = whole(cluster, *names)
    cluster.merge_patch("Secret", names[0], "ecr", {"data": {".dockerconfigjson": "e30="}})
    cluster.delete("Secret", names[1], "ecr")
    with RunningOperator(cluster.operator_kubeconfig):
        edited = pulls.wait_secret(names[0], lambda secret: secret["data"] == good[0]["data"])
        assert edited["metadata"]["uid"] == good[0]["metadata"]["uid"]
        assert pulls.wait_secret(names[1])["data"] == good[0]["data"]
        assert pulls.secret(names[2]) == good[2]
        _seen_all(pulls, cluster)
        assert dates(pulls.get()) == dates(obj)
    assert pulls.mints() == 0


def test_with_all_damaged_one_call_brings_new_ones(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    names, obj = _handed_out(cluster, pulls, "a", "b")
    for name in names:
        cluster.merge_patch("Secret", name, "ecr", {"data": {".dockerconfigjson": "e30="}})
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.wait_for(lambda now: dates(now)[0] != dates(obj)[0], "new credentials")
        pulls.ready()
        assert all(aws.token(pulls.auths(name)[HOST])["valid"] for name in names)
    assert pulls.mints() == 1


def test_a_refresh_that_came_due_meanwhile_is_made_up_for(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    aws.set_token_life(12)
    names, obj = _handed_out(cluster, pulls, "a", "b")
    aws.set_token_life(None)
    wait_until(cluster, obj["status"]["nextRefreshAt"])
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.wait_for(lambda now: dates(now)[0] != dates(obj)[0], "new credentials")
        pulls.ready()
        assert all(aws.token(pulls.auths(name)[HOST])["valid"] for name in names)
    assert pulls.mints() == 1


def test_where_aws_refuses_after_a_start_new_namespaces_get_what_is_still_good(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    aws.set_token_life(60)
    names, obj = _handed_out(cluster, pulls, "a")
    aws.inject("GetAuthorizationToken", "AccessDeniedException")
    good = whole(cluster, *names)
    with RunningOperator(cluster.operator_kubeconfig):
        # The operator that was refused has ended too: what it wrote has to serve the next.
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        pulls.stalled("AccessDenied")
    # And the next finds the refresh due.
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.status_patch(KIND, None, pulls.name("pull"), {"nextRefreshAt": now})
    aws.reset_calls()
    with RunningOperator(cluster.operator_kubeconfig):
        late = pulls.namespace("late")
        assert pulls.wait_secret(late)["data"] == good[0]["data"]
        until(cluster, lambda: aws.refusals().get("GetAuthorizationToken"), "call")
        assert dates(pulls.get())[:2] == dates(obj)[:2]
    assert whole(cluster, *names) == good


def test_a_status_that_somebody_has_edited_is_not_believed(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    names, obj = _handed_out(cluster, pulls, "a")
    edits = (
        {"contentHash": "0" * 64},
        {"expiresAt": "2099-01-01T00:00:00Z", "nextRefreshAt": "2098-01-01T00:00:00Z"},
        {"nextRefreshAt": obj["status"]["expiresAt"]},
        {"appliedHash": "0" * 64},
        {"expiresAt": None},
    )
    for number, edit in enumerate(edits, 1):
        old = whole(cluster, names[0])[0]
        cluster.status_patch(KIND, None, pulls.name("pull"), edit)
        aws.reset_calls()
        with RunningOperator(cluster.operator_kubeconfig):
            secret = pulls.wait_secret(names[0], lambda now, old=old: now["data"] != old["data"])  # type: ignore[misc]
            assert secret["metadata"]["uid"] == old["metadata"]["uid"]
            token = aws.token(pulls.auths(names[0])[HOST])
            pulls.wait_for(_is_mended(edit), "a status of its own")
            pulls.ready()
        assert token["valid"], number
        assert pulls.mints() == 1, edit


def _is_mended(edit: dict[str, str | None]) -> Callable[[Object], bool]:
    return lambda obj: all(obj["status"].get(field) != value for field, value in edit.items())


def test_a_spec_that_changed_meanwhile_is_followed(cluster: Cluster, pulls: PullSecrets) -> None:
    names, obj = _handed_out(cluster, pulls, "a", "b")
    before = whole(cluster, *names)
    pulls.patch(namespaces={"include": [names[0]], "selector": None})
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.wait_no_secret(names[1])
        pulls.ready()
        assert whole(cluster, names[0]) == before[:1]
        assert dates(pulls.get()) == dates(obj)
    assert pulls.mints() == 0

    pulls.patch(registries=[{"accounts": ["222222222222"]}])
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.wait_for(lambda now: now["status"]["registries"][0]["host"].startswith("2222"), "another host")
        pulls.ready()
        assert list(pulls.auths(names[0])) == [HOST.replace("111111111111", "222222222222")]
    assert pulls.mints() == 1


def test_a_suspended_object_tells_of_the_end_after_a_start_too(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    aws.set_token_life(14)
    names, obj = _handed_out(cluster, pulls, "a")
    before = whole(cluster, *names)
    pulls.patch(suspend=True)
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.wait_for(lambda now: is_said(now, "ExpiringSoon", "NotRefreshed"), "warning", timeout=30)
        now = pulls.wait_for(lambda now: is_said(now, "ExpiringSoon", "Expired"), "expiry", timeout=30)
        assert is_said(now, "Ready", "Suspended")
        assert obj["status"]["expiresAt"] in text_of(now, "ExpiringSoon")
        assert dates(now) == dates(obj)
        assert pulls.mints() == 0
        assert whole(cluster, *names) == before
        aws.set_token_life(None)
        pulls.patch(suspend=None)
        pulls.wait_for(lambda now: condition(now, "ExpiringSoon") is None, "healing")
        pulls.ready()
        assert aws.token(pulls.auths(names[0])[HOST])["valid"]


def test_credentials_that_were_asked_for_and_refused_come_after_a_restart(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.create()
        first = pulls.ready()
        aws.inject("GetAuthorizationToken", "AccessDeniedException")
        pulls.annotate("pull", RECONCILE_ANNOTATION, "leaked")
        pulls.stalled("AccessDenied")
    aws.clear()
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.wait_for(lambda now: dates(now)[0] != dates(first)[0], "new credentials")
        pulls.ready()
