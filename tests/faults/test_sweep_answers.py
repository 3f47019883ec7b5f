"""The lists that the sweep compares fail in any way: the next one heals, and nothing is taken for absent."""

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.faults.test_answers import KINDS
from tests.repositories import Repositories
from tests.running import Identity, RunningOperator
from tests.waiting import until

ACCOUNT = "720000000001"
LISTS = {"GetResources", "DescribeRepositories"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_may_fail_once(cluster: Cluster, aws: FakeAws, repositories: Repositories, kind: str) -> None:
    ecr, arn = aws.client("ecr", ACCOUNT, unseen=True), repositories.arn("web", ACCOUNT)

    def team() -> str:
        tags = ecr.list_tags_for_resource(resourceArn=arn)["tags"]
        return next(tag["Value"] for tag in tags if tag["Key"] == "team")

    def struck() -> set[str]:
        return set(aws.refusals(account=ACCOUNT))

    scope = {"watch_namespaces": (repositories.namespace,), "resync_seconds": 1.0}
    with RunningOperator(cluster.operator_kubeconfig, Identity(ACCOUNT), **scope):
        repositories.created("web", tags={"team": "a"})
        aws.reset_calls()
        for operation in LISTS:
            aws.inject(operation, times=1, account=ACCOUNT, **KINDS[kind])
        until(cluster, lambda: struck() == LISTS, "fault")
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": "team", "Value": "b"}])
        until(cluster, lambda: team() == "a", "healing")
        assert repositories.writes() == ["TagResource"]
        repositories.ready("web")
