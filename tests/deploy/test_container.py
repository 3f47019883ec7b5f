"""What is different in a container, as far as that shows without one."""

import getpass

import pytest

from tests.cluster import Cluster
from tests.repositories import Repositories
from tests.running import RunningOperator


def test_the_watch_runs_as_a_user_without_a_name(
    cluster: Cluster,
    repositories: Repositories,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The image's user is a number that /etc/passwd does not know."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 65532")

    monkeypatch.setattr(getpass, "getuser", unknown)
    # Only the watch shows what is created after the start.
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), list_seconds=600.0
    ):
        repositories.created("seen")

    assert [record.message for record in caplog.records if "The watch ended" in record.message] == []
