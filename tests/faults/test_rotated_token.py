"""The token of the service account is exchanged, and the old one refused."""

from pathlib import Path

import pytest
import yaml

from tests.cluster import Cluster
from tests.faults.gateway import Gateway
from tests.repositories import Repositories
from tests.running import RunningOperator

NEVER = 1e6


@pytest.fixture
def account(cluster: Cluster, namespace: str) -> str:
    """A service account with all rights in the test's namespace."""
    metadata = {"name": "operator", "namespace": namespace}
    rbac = "rbac.authorization.k8s.io"
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    cluster.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [{"kind": "ServiceAccount", **metadata}],
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
        }
    )
    return "operator"


def test_the_new_token_is_taken_by_requests_and_watch_without_a_restart(
    cluster: Cluster, repositories: Repositories, account: str, tmp_path: Path
) -> None:
    old = token(cluster.kubeconfig_of(repositories.namespace, account))
    upstream = cluster.kubeconfig_of(repositories.namespace, account)
    new = token(upstream)
    assert new != old

    with Gateway(upstream, tmp_path) as gateway:
        scope = {"watch_namespaces": (repositories.namespace,)}
        with RunningOperator(gateway.kubeconfig(old), list_seconds=NEVER, **scope) as running:
            repositories.create("web", deletionPolicy="Delete")
            repositories.create("old", deletionPolicy="Delete")
            for name in ("web", "old"):
                repositories.ready(name)

            # The old one ends before the new one has come.
            requests = gateway.answer(lambda request: request.token == old and not request.is_watch(), 401)
            watch = gateway.answer(lambda request: request.token == old and request.is_watch(), 401)
            repositories.patch("web", tags={"team": "a"})
            assert requests.caught.wait(60)
            gateway.cut()
            gateway.mend()
            assert watch.caught.wait(60)
            repositories.delete("old")
            gateway.kubeconfig(new)

            repositories.ready("web", timeout=60)
            repositories.wait_gone("old", timeout=60)
            running.wait_ready()
            assert gateway.count(lambda request: request.is_watch() and request.token == new) >= 1
            repositories.delete("web")
            repositories.wait_gone("web", timeout=60)

    assert repositories.in_aws("web") is None
    assert repositories.in_aws("old") is None


def token(kubeconfig: Path) -> str:
    found: str = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    return found
