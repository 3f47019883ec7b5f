"""Several tokens in one Secret: AWS refuses some, and what it gives is handed out all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import ACCOUNT, FakeAws
from tests.pull.seen import text_of
from tests.pull_secrets import HOST, PullSecrets, auths
from tests.running import RunningOperator
from tests.waiting import until

PRIVATE, PUBLIC = {"accounts": [ACCOUNT]}, {"public": True}
PUBLIC_HOST = "public.ecr.aws"
ONLY_PRIVATE, ONLY_PUBLIC = ["ecr:*"], ["ecr-public:*", "sts:*"]


@pytest.fixture(autouse=True)
def allowed(aws: FakeAws) -> Iterator[None]:
    yield
    aws.allow_only(ACCOUNT, None)


def changed(pulls: PullSecrets, namespace: str, host: str, before: str) -> None:
    """Wait until the Secret holds another token for the host."""
    pulls.wait_secret(namespace, lambda found: auths(found)[host] != before, timeout=40)


def test_the_own_account_is_known_from_the_secrets(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    """No answer tells it, where the private part is refused."""
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.create(registries=[{}, PUBLIC])
        pulls.ready()
        before = pulls.auths(name)
        aws.allow_only(ACCOUNT, ONLY_PUBLIC)
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        changed(pulls, name, PUBLIC_HOST, before[PUBLIC_HOST])
        assert "ecr:GetAuthorizationToken" in text_of(pulls.stalled("AccessDenied"))
        assert pulls.auths(name)[HOST] == before[HOST]


def test_a_registry_that_is_added_and_refused_ends_none_that_was_there(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        aws.set_token_life(16)
        pulls.create(registries=[PRIVATE])
        pulls.ready()
        before = pulls.auths(name)
        aws.allow_only(ACCOUNT, ONLY_PRIVATE)
        pulls.patch(registries=[PRIVATE, PUBLIC])
        pulls.stalled("AccessDenied")
        changed(pulls, name, HOST, before[HOST])
        assert pulls.auths(name).keys() == {HOST}
        assert aws.token(pulls.auths(name)[HOST])["valid"]

        aws.allow_only(ACCOUNT, None)
        pulls.wait_secret(name, lambda found: PUBLIC_HOST in auths(found))
        pulls.ready()


def test_what_is_refreshed_goes_on_after_a_restart_that_finds_another_part_expired(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        aws.set_token_life(14)
        pulls.create(registries=[PRIVATE, PUBLIC])
        pulls.ready()
        public = pulls.auths(name)[PUBLIC_HOST]
        aws.allow_only(ACCOUNT, ONLY_PRIVATE)
        until(cluster, lambda: not aws.token(public)["valid"], "end of the public token")
        assert aws.token(pulls.auths(name)[HOST])["valid"]
    private = pulls.auths(name)[HOST]
    with RunningOperator(cluster.operator_kubeconfig):
        changed(pulls, name, HOST, private)
        assert aws.token(pulls.auths(name)[HOST])["valid"]
        assert pulls.auths(name)[PUBLIC_HOST] == public


def test_the_status_tells_the_end_of_what_is_there_and_not_of_what_was(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    """The part that ended first is fresh, and the one that is refused lasts."""
    name, other = pulls.namespace("a"), pulls.namespace("b")
    with RunningOperator(cluster.operator_kubeconfig):
        aws.set_token_life(600)
        pulls.create("short", registries=[PRIVATE], namespaces={"include": [other]})
        pulls.ready("short")
        aws.set_token_life(None)
        # Shares the private token of `short`.
        pulls.create(registries=[PRIVATE, PUBLIC], namespaces={"include": [name]})
        soon = datetime.now(UTC) + timedelta(hours=1)
        assert datetime.fromisoformat(pulls.ready()["status"]["expiresAt"]) < soon
        aws.allow_only(ACCOUNT, ONLY_PRIVATE)
        pulls.annotate("pull", "ecr-operator.dev/reconcile", "1")
        obj = pulls.stalled("AccessDenied")
        assert datetime.fromisoformat(obj["status"]["expiresAt"]) > soon
