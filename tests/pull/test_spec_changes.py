"""What a user changes while the operator runs: other registries, a pause, new credentials now."""

import pytest

from ecr_operator.api.names import RECONCILE_ANNOTATION
from tests.fake_aws.client import FakeAws
from tests.pull.seen import dates, is_said, text_of, wait_warning, whole, writes
from tests.pull_secrets import HOST, PullSecrets
from tests.repositories import condition

pytestmark = pytest.mark.usefixtures("operator")

OTHER = HOST.replace("111111111111", "222222222222")


def test_other_registries_are_written_everywhere(pulls: PullSecrets) -> None:
    names = [pulls.namespace(name) for name in ("a", "b")]
    pulls.create()
    pulls.ready()
    before = whole(pulls.cluster, *names)
    token = pulls.auths(names[0])[HOST]

    pulls.patch(registries=[{"accounts": ["222222222222"]}, {}])
    obj = pulls.ready()
    after = whole(pulls.cluster, *names)
    assert [pulls.auths(name) for name in names] == [{HOST: token, OTHER: token}] * 2
    assert [one["metadata"]["uid"] for one in after] == [one["metadata"]["uid"] for one in before]
    assert [entry["host"] for entry in obj["status"]["registries"]] == [HOST, OTHER]
    # One token opens them all.
    assert pulls.mints() == 1


def test_a_change_that_cannot_be_had_and_is_taken_back(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    aws.create_role(account, "another")
    name = pulls.namespace("a")
    aws.set_token_life(16)
    pulls.create()
    first = pulls.ready()
    aws.set_token_life(None)
    before = whole(pulls.cluster, name)
    pulls.patch(auth={"roleArn": f"arn:aws:iam::{account}:role/pull-images"})
    obj = pulls.stalled("AssumeRoleDenied")
    assert dates(obj) == dates(first)
    # It speaks of the credentials that are handed out.
    assert is_said(obj, "LeastPrivilege", "OperatorIdentityUsed")
    assert whole(pulls.cluster, name) == before

    pulls.patch(auth=None)
    obj = pulls.ready()
    assert condition(obj, "Stalled") is None
    assert dates(obj) == dates(first)
    # Their time goes on.
    pulls.wait_for(lambda now: dates(now)[0] != dates(first)[0], "refresh", timeout=30)
    assert aws.tokens(account) == []


def test_a_namespace_that_comes_before_the_new_role_gets_nothing_of_the_former_identity(
    pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    aws.create_role(account, "another")
    name = pulls.namespace("a")
    pulls.create()
    pulls.ready()
    before = whole(pulls.cluster, name)
    pulls.patch(auth={"roleArn": f"arn:aws:iam::{account}:role/pull-images"})
    pulls.stalled("AssumeRoleDenied")
    late = pulls.namespace("late")
    counts = {"matched": 2, "ready": 1, "failed": 0}
    pulls.wait_for(lambda now: now["status"]["namespaces"] == counts, str(counts), timeout=30)
    assert pulls.secret(late) is None
    # Those who hold it keep it, and what they do to it is mended.
    pulls.cluster.merge_patch("Secret", name, "ecr", {"data": {".dockerconfigjson": "e30="}})
    pulls.wait_secret(name, lambda secret: secret["data"] == before[0]["data"])

    pulls.patch(auth=None)
    assert pulls.wait_secret(late)["data"] == before[0]["data"]
    pulls.healed()


def test_suspended_nothing_is_refreshed_and_the_end_is_told(pulls: PullSecrets, aws: FakeAws) -> None:
    aws.set_token_life(14)
    name = pulls.namespace("a")
    pulls.create()
    first = pulls.ready()
    before = whole(pulls.cluster, name)
    pulls.patch(suspend=True)
    suspended = pulls.wait("pull", "Ready", "True", "Suspended")
    late = pulls.namespace("late")

    obj = pulls.wait_for(lambda now: is_said(now, "ExpiringSoon", "NotRefreshed"), "warning", timeout=30)
    assert wait_warning(pulls, obj, "NotRefreshed") == text_of(obj, "ExpiringSoon")
    obj = pulls.wait_for(lambda now: is_said(now, "ExpiringSoon", "Expired"), "expiry", timeout=30)
    assert wait_warning(pulls, obj, "Expired") == text_of(obj, "ExpiringSoon")
    assert is_said(obj, "Ready", "Suspended")
    assert dates(obj) == dates(first)
    assert len(writes(pulls, suspended)) == 2
    assert whole(pulls.cluster, name) == before
    assert pulls.secret(late) is None
    assert pulls.mints() == 1

    aws.set_token_life(None)
    pulls.patch(suspend=None)
    pulls.wait_for(lambda now: condition(now, "ExpiringSoon") is None, "healing")
    pulls.ready()
    assert pulls.auths(late) == pulls.auths(name)
    assert aws.token(pulls.auths(name)[HOST])["valid"]
    assert pulls.secret(name)["metadata"]["uid"] == before[0]["metadata"]["uid"]  # type: ignore[index]
    assert pulls.mints() == 2


def test_the_annotation_asks_for_new_credentials_once(pulls: PullSecrets, aws: FakeAws) -> None:
    names = [pulls.namespace(name) for name in ("a", "b")]
    pulls.create()
    old = pulls.ready()
    for value in ("first", "second"):
        pulls.aws.reset_calls()
        pulls.annotate("pull", RECONCILE_ANNOTATION, value)
        new = pulls.wait_for(lambda now, old=old: dates(now)[0] != dates(old)[0], "new credentials")  # type: ignore[misc]
        new = pulls.ready()
        assert new["status"]["lastHandledReconcileAt"] == value
        assert pulls.auths(names[0]) == pulls.auths(names[1])
        # What has been answered is not asked for again at the next look.
        pulls.wait_secret(pulls.namespace(f"late-{value}"))
        pulls.ready()
        assert pulls.mints() == 1
        assert dates(pulls.get()) == dates(new)
        old = new


def test_credentials_that_were_asked_for_and_denied_come_later(pulls: PullSecrets, aws: FakeAws) -> None:
    name = pulls.namespace("a")
    pulls.create()
    first = pulls.ready()
    before = whole(pulls.cluster, name)
    aws.inject("GetAuthorizationToken", "AccessDeniedException")
    pulls.annotate("pull", RECONCILE_ANNOTATION, "leaked")
    obj = pulls.stalled("AccessDenied")
    assert obj["status"]["lastHandledReconcileAt"] == "leaked"
    assert whole(pulls.cluster, name) == before
    aws.clear()
    pulls.wait_for(lambda now: dates(now)[0] != dates(first)[0], "new credentials", timeout=30)
    pulls.ready()
