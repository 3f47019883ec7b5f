"""Without valid credentials the process stays up, says so, and heals without a restart."""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, message
from tests.running import Identity, RunningOperator


def test_no_credentials_at_the_start(cluster: Cluster, repositories: Repositories) -> None:
    identity = Identity(account=None)
    with RunningOperator(cluster.operator_kubeconfig, identity, watch_namespaces=(repositories.namespace,)):
        repositories.create("early")
        obj = repositories.stalled("early", "CredentialsMissing")
        assert "service account" in message(obj)

        identity.account = "111111111111"

        repositories.ready("early")


def test_an_expired_session_is_renewed_at_once(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        repositories.created("before")
        # Each call that meets the end of the session asks for a new one and is sent again.
        aws.inject("*", "ExpiredTokenException", times=1, prefix=repositories.name("before"))

        repositories.patch("before", tags={"a": "1"})
        obj = repositories.ready("before")

        assert obj["status"]["conditions"][0]["reason"] == "InSync"


def test_a_session_that_stays_expired_is_said_and_heals(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
        repositories.created("before")
        rule = aws.inject("*", "ExpiredTokenException", prefix=f"{repositories.namespace}/")

        repositories.patch("before", tags={"a": "1"})
        repositories.create("after")
        repositories.stalled("before", "CredentialsMissing")
        repositories.stalled("after", "CredentialsMissing")

        aws.clear(rule)
        repositories.ready("before")
        repositories.ready("after")
