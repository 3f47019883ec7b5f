"""What end-to-end tests share."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories
from tests.running import RunningOperator


@pytest.fixture
def own_operator(cluster: Cluster, repositories: Repositories, aws: FakeAws) -> RunningOperator:
    """An operator for the test's namespace alone, which may adopt; not started yet."""
    del aws
    return RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), adoption="Everywhere"
    )
