"""What the operator's own region and settings mean for credentials."""

from tests.cluster import Cluster
from tests.fake_aws.client import ACCOUNT, REGION, FakeAws
from tests.pull.seen import text_of, whole
from tests.pull_secrets import HOST, PullSecrets
from tests.running import Identity, RunningOperator


def test_the_operators_region_is_where_none_is_named(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig, Identity(region="us-west-2")):
        pulls.create(registries=[{"hosts": ["Fips"]}])
        pulls.ready()
        host = f"{ACCOUNT}.dkr.ecr-fips.us-west-2.amazonaws.com"
        assert list(pulls.auths(name)) == [host]
        assert aws.token(pulls.auths(name)[host])["region"] == "us-west-2"
    before = whole(cluster, name)
    aws.reset_calls()

    # In another region these hosts do not exist; what is there stays.
    with RunningOperator(cluster.operator_kubeconfig):
        obj = pulls.stalled("UnsupportedSpec")
        assert f"no FIPS registry host in {REGION}" in text_of(obj)
        assert pulls.mints() == 0
        assert whole(cluster, name) == before
        pulls.patch(registries=[{}])
        pulls.ready()
        assert list(pulls.auths(name)) == [HOST]


def test_where_the_operator_keeps_its_identity_a_role_is_asked_for(
    cluster: Cluster, pulls: PullSecrets, aws: FakeAws, account: str
) -> None:
    name = pulls.namespace("a")
    with RunningOperator(cluster.operator_kubeconfig, own_identity_tokens=False):
        pulls.create()
        obj = pulls.stalled("OperatorIdentityRefused")
        assert "auth.roleArn" in text_of(obj)
        assert "ECR_OPERATOR_OWN_IDENTITY_TOKENS" in text_of(obj)
        assert pulls.mints() == 0
        assert pulls.secret(name) is None
        pulls.patch(auth={"roleArn": aws.create_role(account, "pull-images")})
        pulls.ready()
        assert list(pulls.auths(name)) == [f"{account}.dkr.ecr.{REGION}.amazonaws.com"]
