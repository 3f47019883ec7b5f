"""A webhook that hangs holds up the namespaces that it is asked for, and no new one."""

import functools

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.process.pull_secrets import REFRESHED_AT_ONCE
from tests.cluster import Cluster
from tests.controlplane.audit import AuditLog
from tests.pull.hanging import Hanging
from tests.pull.webhooks import REFUSED, wait_asked, webhook
from tests.pull_secrets import PullSecrets
from tests.running import RunningOperator

HANG_SECONDS = 25.0
"""How long the operator waits for an answer: time enough to serve others on the slowest machine."""


def test_one_that_hangs_delays_no_new_namespace(
    cluster: Cluster, pulls: PullSecrets, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many namespaces hang as are refreshed at once, and more wait; workers are left for users."""
    monkeypatch.setattr(KubeClient, "connect", functools.partial(KubeClient.connect, timeout=HANG_SECONDS))
    bad = [
        pulls.namespace(f"bad{number}", **{REFUSED: pulls.prefix}) for number in range(REFRESHED_AT_ONCE + 10)
    ]
    with RunningOperator(cluster.operator_kubeconfig):
        with Hanging() as hanging, webhook(pulls, hanging):
            wait_asked(pulls, bad[0], hanging)
            began = hanging.count()
            pulls.create()
            for _ in cluster.polls(20):
                if hanging.count() >= began + REFRESHED_AT_ONCE:
                    break
            assert hanging.count() >= began + REFRESHED_AT_ONCE
            late = [pulls.namespace(f"late{number}") for number in range(3)]
            for name in late:
                pulls.wait_secret(name)
            # A request is audited when it ends: all of those hang still.
            ended = {one.namespace for one in audit.requests() if one.verb == "create"} & set(bad)
            assert ended == set()
        pulls.healed(timeout=90)
