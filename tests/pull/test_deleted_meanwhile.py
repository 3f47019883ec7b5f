"""An EcrPullSecret that is deleted while no operator runs; so no other test of this module may have one."""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.pull_secrets import PullSecrets
from tests.running import RunningOperator


def test_one_deleted_while_nobody_works_is_cleaned_up_after(
    cluster: Cluster, aws: FakeAws, pulls: PullSecrets
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig):
        pulls.create("plain", secretName="plain")
        pulls.create("entered", secretName="entered", serviceAccounts={"names": ["default"]})
        pulls.healed("plain")
        pulls.healed("entered")
        pulls.wait_entries(name, ["entered"])
    pulls.delete("plain")
    pulls.delete("entered", wait=False)
    # No finalizer, no operator needed.
    pulls.wait_no_secret(name, "plain")
    assert pulls.entries(name) == ["entered"]
    assert pulls.secret(name, "entered") is not None
    mints = pulls.mints()

    with RunningOperator(cluster.operator_kubeconfig):
        cluster.wait_gone("EcrPullSecret", None, pulls.name("entered"))
        pulls.wait_no_secret(name, "entered")
        assert pulls.entries(name) == []
    assert pulls.mints() == mints
