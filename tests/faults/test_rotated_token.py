"""The token of the service account is exchanged, and the old one refused."""

from pathlib import Path

import yaml

from tests.cluster import Cluster
from tests.faults.gateway import Gateway
from tests.installation import NAMESPACE, SERVICE_ACCOUNT
from tests.repositories import Repositories
from tests.running import RunningOperator

NEVER = 1e6


def test_the_new_token_is_taken_by_requests_and_watch_without_a_restart(
    cluster: Cluster, repositories: Repositories, tmp_path: Path
) -> None:
    old = token(cluster.operator_kubeconfig)
    new = token(cluster.kubeconfig_of(NAMESPACE, SERVICE_ACCOUNT))
    assert new != old

    with Gateway(cluster.operator_kubeconfig, tmp_path) as gateway:
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
