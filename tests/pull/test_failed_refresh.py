"""AWS fails at the refresh: Secrets stay to the last byte, the status says why, and it heals by itself."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import botocore.session

from tests.cluster import Cluster, Object
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.pull.seen import is_said, text_of, wait_warning, whole, writes
from tests.pull_secrets import PullSecrets
from tests.repositories import condition
from tests.running import Identity, RunningOperator

LIFE = 20.0
RETRY = 5.0
"""AWS is asked for one token no more often than once in so many seconds."""
RESENT = 1.5
"""What is cut off, or throttled, is sent again at once: that counts as the same try."""
NONE_YET = 0.0


class Fault(NamedTuple):
    begin: Callable[[FakeAws, str], object]
    reason: str
    says: str
    end: Callable[[FakeAws, str], object] = lambda aws, account: None


def _fails(code: str, **arguments: Any) -> Callable[[FakeAws, str], object]:
    return lambda aws, account: aws.inject("GetAuthorizationToken", code, account=account, **arguments)


def _role_goes(aws: FakeAws, account: str) -> None:
    aws.delete_role(f"arn:aws:iam::{account}:role/pull-images")
    aws.end_sessions(account)


FAULTS = {
    "throttled": Fault(_fails("ThrottlingException"), "Throttled", "Rate exceeded"),
    "denied": Fault(_fails("AccessDeniedException"), "AccessDenied", "not authorized"),
    "an error of the server": Fault(
        lambda aws, account: aws.set_outage("500", account=account), "AWSUnavailable", ""
    ),
    "cut off": Fault(lambda aws, account: aws.set_outage("refused", account=account), "AWSUnavailable", ""),
    "half an answer": Fault(
        lambda aws, account: aws.inject("GetAuthorizationToken", account=account, cut="partial"),
        "AWSUnavailable",
        "did not arrive whole",
    ),
    "a role that is gone, and its session ended": Fault(
        _role_goes,
        "AssumeRoleDenied",
        "check that the role exists",
        lambda aws, account: aws.create_role(account, "pull-images"),
    ),
}


def test_secrets_stay_and_heal_whatever_aws_answers(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    accounts = {name: f"7000000000{number:02}" for number, name in enumerate(FAULTS, 10)}
    shorts = {name: f"o{number}" for number, name in enumerate(FAULTS)}
    with RunningOperator(cluster.operator_kubeconfig):
        aws.set_token_life(LIFE)
        before, firsts = {}, {}
        for name, account in accounts.items():
            role = aws.create_role(account, "pull-images")
            namespace = pulls.namespace(shorts[name])
            pulls.create(shorts[name], auth={"roleArn": role}, namespaces={"include": [namespace]})
        for name in FAULTS:
            firsts[name] = pulls.ready(shorts[name])
            before[name] = whole(cluster, pulls.name(shorts[name]))
        aws.reset_calls()
        for name, fault in FAULTS.items():
            fault.begin(aws, accounts[name])

        failed = {}
        for name, fault in FAULTS.items():
            obj = failed[name] = pulls.wait(shorts[name], "Ready", "False", fault.reason, timeout=LIFE)
            expires = obj["status"]["expiresAt"]
            assert fault.says in text_of(obj), name
            assert f"the present credentials last until {expires}" in text_of(obj), name
            assert wait_warning(pulls, obj, fault.reason) == text_of(obj)
            stalled = condition(obj, "Stalled") is not None
            assert stalled is (fault.reason in ("AccessDenied", "AssumeRoleDenied")), name
        for name in FAULTS:
            obj = pulls.wait_for(
                lambda obj: is_said(obj, "ExpiringSoon", "NotRefreshed"), "warning", shorts[name]
            )
            assert obj["status"]["expiresAt"] in wait_warning(pulls, obj, "NotRefreshed")
            assert whole(cluster, pulls.name(shorts[name])) == before[name], name
            # The failure, and the warning.
            assert len(writes(pulls, firsts[name])) <= 2, name
            starts = _tries(aws, accounts[name])
            assert all(later - earlier >= RETRY for earlier, later in pairwise(starts)), name

        aws.set_token_life(None)
        aws.clear()
        aws.set_outage(None)
        for name, fault in FAULTS.items():
            fault.end(aws, accounts[name])
        for name in FAULTS:
            old = firsts[name]["status"]["contentHash"]
            pulls.wait_for(
                lambda obj, old=old: (
                    obj["status"]["contentHash"] != old and not condition(obj, "ExpiringSoon")
                ),  # type: ignore[misc]
                f"healing of {name}",
                shorts[name],
            )
            obj = pulls.ready(shorts[name])
            assert condition(obj, "Stalled") is None
            after = whole(cluster, pulls.name(shorts[name]))[0]
            assert after["metadata"]["uid"] == before[name][0]["metadata"]["uid"]
            assert after["data"] != before[name][0]["data"]


def _is_warned(obj: Object) -> bool:
    return is_said(obj, "ExpiringSoon", "NotRefreshed")


def _is_newer_than(first: Object) -> Callable[[Object], bool]:
    def holds(obj: Object) -> bool:
        same = obj["status"]["contentHash"] == first["status"]["contentHash"]
        return not same and condition(obj, "ExpiringSoon") is None

    return holds


def _tries(aws: FakeAws, account: str) -> list[float]:
    """When tries began, of which each may have sent a call more than once."""
    moments = aws.attempts(account=account, operation="GetAuthorizationToken")
    return [moment for earlier, moment in pairwise([float("-inf"), *moments]) if moment - earlier > RESENT]


def test_an_outage_of_all_of_aws_costs_one_call_in_five_seconds_for_many_objects(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    with RunningOperator(cluster.operator_kubeconfig):
        aws.set_token_life(14)
        for short in ("a", "b", "c", "d"):
            pulls.create(short, namespaces={"include": [pulls.namespace(short)]})
            pulls.ready(short)
        aws.inject("GetAuthorizationToken", "AccessDeniedException")
        aws.reset_calls()
        for short in ("a", "b", "c", "d"):
            pulls.wait(short, "Ready", "False", "AccessDenied", timeout=30)
        for short in ("a", "b", "c", "d"):
            pulls.wait_for(lambda obj: is_said(obj, "ExpiringSoon", "Expired"), "expiry", short, timeout=30)
        moments = aws.attempts(operation="GetAuthorizationToken")
        assert moments
        assert all(later - earlier >= RETRY for earlier, later in pairwise(moments))


def test_a_silent_aws_keeps_no_new_namespace_waiting(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    with RunningOperator(cluster.operator_kubeconfig):
        name = pulls.namespace("a")
        pulls.create()
        first = pulls.ready()
        before = whole(cluster, name)
        aws.set_outage("hang")
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        waiting = cluster.polls(20)
        while not aws.attempts(operation="GetAuthorizationToken", refused=None)[1:]:
            next(waiting)

        late = pulls.namespace("late")
        assert pulls.wait_secret(late)["data"] == before[0]["data"]
        # While the call is out nothing is known of its end.
        obj = pulls.wait("pull", "Ready", "False", "AWSUnavailable", timeout=60)
        assert f"last until {first['status']['expiresAt']}" in text_of(obj)
        assert "lastHandledReconcileAt" not in obj["status"]
        assert whole(cluster, name) == before

        aws.set_outage(None)
        pulls.wait_for(
            lambda obj: (
                obj["status"]["contentHash"] != first["status"]["contentHash"]
                and obj["status"]["lastHandledReconcileAt"] == "1"
            ),
            "healing",
            timeout=40,
        )
        pulls.ready()


def test_a_passing_failure_is_no_news_at_first(cluster: Cluster, aws: FakeAws, pulls: PullSecrets) -> None:
    with RunningOperator(cluster.operator_kubeconfig, transient_seconds=300):
        aws.set_token_life(14)
        name = pulls.namespace("a")
        pulls.create()
        first = pulls.ready()
        before = whole(cluster, name)
        aws.inject("GetAuthorizationToken", "ThrottlingException")
        obj = pulls.wait_for(lambda obj: is_said(obj, "ExpiringSoon", "NotRefreshed"), "warning", timeout=30)
        assert is_said(obj, "Ready", "InSync")
        assert aws.refusals()["GetAuthorizationToken"]
        assert whole(cluster, name) == before
        assert [is_said(state, "Ready", "InSync") for state in writes(pulls, first)] == [True]
        aws.clear()
        aws.set_token_life(None)
        pulls.wait_for(lambda obj: not condition(obj, "ExpiringSoon"), "healing")


class _Session(Identity):
    """The operator's own identity as EKS gives it: a session that ends, until somebody renews it."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__()
        self._aws = aws
        self.renew()

    def renew(self) -> None:
        self._keys = self._aws.session_key(ACCOUNT, 3600.0)

    def end(self) -> None:
        self._keys = self._aws.session_key(ACCOUNT, NONE_YET)

    def __call__(self) -> botocore.session.Session:
        session = super().__call__()
        session.set_credentials(
            self._keys["AccessKeyId"], self._keys["SecretAccessKey"], self._keys["SessionToken"]
        )
        return session


def test_an_expired_pod_identity_is_named_and_heals_without_a_restart(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    identity = _Session(aws)
    with RunningOperator(cluster.operator_kubeconfig, identity=identity):
        name = pulls.namespace("a")
        pulls.create()
        first = pulls.ready()
        before = whole(cluster, name)

        identity.end()
        fault = aws.inject("GetAuthorizationToken", "ExpiredTokenException")
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        obj = pulls.stalled("CredentialsMissing")
        assert "last until" in text_of(obj)
        wait_warning(pulls, obj, "CredentialsMissing")
        assert whole(cluster, name) == before
        # From here on it is the session itself that has ended.
        aws.clear(fault)
        cluster_beats = cluster.polls(20)
        seen = len(aws.attempts(operation="GetAuthorizationToken"))
        while len(aws.attempts(operation="GetAuthorizationToken")) == seen:
            next(cluster_beats)
        assert pulls.get()["status"]["contentHash"] == first["status"]["contentHash"]

        identity.renew()
        pulls.wait_for(
            lambda obj: obj["status"]["contentHash"] != first["status"]["contentHash"], "healing", timeout=40
        )
        pulls.ready()
