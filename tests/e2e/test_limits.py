"""Settings that bound what objects may ask for, and specs that are newer than the operator."""

from tests.cluster import Cluster, install_crds
from tests.conftest import CRDS
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories, condition, message
from tests.running import RunningOperator
from tests.waiting import until


def test_the_setting_caps_the_deletion_policy_and_says_so(
    cluster: Cluster, repositories: Repositories, aws: FakeAws
) -> None:
    with RunningOperator(
        cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,), max_deletion_policy="Delete"
    ):
        obj = repositories.created("capped", deletionPolicy="DeleteWithImages")
        assert "`deletionPolicy` counts as Delete" in message(obj)
        aws.put_image(repositories.name("capped"), ["v1"])

        repositories.delete("capped")

        repositories.reconciling("capped", "RepositoryNotEmpty")


def test_a_value_that_this_version_does_not_know_is_said(
    cluster: Cluster, repositories: Repositories
) -> None:
    """A CRD of a newer version allows what this operator has never heard of."""
    name = "ecrrepositories.ecr-operator.dev"
    crd = cluster.get("CustomResourceDefinition", None, name)
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    policy = schema["properties"]["spec"]["properties"]["deletionPolicy"]
    policy["enum"].append("Archive")
    cluster.replace(crd)
    try:
        with RunningOperator(cluster.operator_kubeconfig, watch_namespaces=(repositories.namespace,)):
            explain = ("explain", "ecrrepository.spec.deletionPolicy")
            until(cluster, lambda: "Archive" in cluster.kubectl(*explain).stdout, "new schema")
            repositories.create("newer", deletionPolicy="Archive")
            obj = repositories.stalled("newer", "UnsupportedSpec")
            assert "`spec.deletionPolicy`" in message(obj)
            assert condition(obj, "Stalled") is not None
            repositories.delete("newer")
            repositories.wait_gone("newer")
    finally:
        install_crds(cluster, CRDS)
