"""Every manifest of `deploy/samples/` is accepted by the API server, and each repository becomes Ready."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecr_operator.api.lifecycle_policy import EcrLifecyclePolicySpec, LifecycleProtection
from ecr_operator.api.meta import ApiModel
from ecr_operator.api.pull_secret import EcrPullSecretSpec
from ecr_operator.api.repository import EcrRepositorySpec
from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.repositories import KIND, condition
from tests.running import Identity, RunningOperator

ACCOUNT = "424242424242"
"""Of its own: the samples' repositories have names that other tests may use."""

SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
FILES = {path.name: path.read_text() for path in sorted(SAMPLES.glob("*.yaml"))}
OBJECTS = [document for text in FILES.values() for document in yaml.safe_load_all(text)]
REPOSITORIES: list[dict[str, Any]] = [obj for obj in OBJECTS if obj["kind"] == KIND]
LIFECYCLE = "EcrLifecyclePolicy"
POLICIES: list[dict[str, Any]] = [obj for obj in OBJECTS if obj["kind"] == LIFECYCLE]
NAMESPACE = next(obj for obj in OBJECTS if obj["kind"] == "Namespace")["metadata"]["name"]


@pytest.fixture(scope="module")
def applied(cluster: Cluster, aws: FakeAws) -> Iterator[FakeAws]:
    """All samples applied as a user does, with the repositories in AWS that they expect."""
    aws.create_repositories(["platform/base", "legacy/payments"], account=ACCOUNT)
    # Objects that other tests have left behind may claim the same names.
    with RunningOperator(cluster.operator_kubeconfig, Identity(ACCOUNT), watch_namespaces=(NAMESPACE,)):
        cluster.kubectl("apply", "-k", str(SAMPLES))
        yield aws
        cluster.kubectl("delete", "-k", str(SAMPLES), "--wait=false")
        for obj in (*REPOSITORIES, *POLICIES):
            cluster.wait_gone(obj["kind"], NAMESPACE, obj["metadata"]["name"])


@pytest.mark.parametrize("name", [obj["metadata"]["name"] for obj in REPOSITORIES])
def test_a_sample_becomes_ready(cluster: Cluster, applied: FakeAws, name: str) -> None:
    ready = condition(ready_sample(cluster, name), "Ready")
    assert ready is not None
    assert ready["reason"] == ("Observed" if name == "base" else "InSync")


def ready_sample(cluster: Cluster, name: str) -> dict[str, Any]:
    """The object, once it is Ready."""
    return cluster.wait_for(
        KIND, NAMESPACE, name, lambda obj: (condition(obj, "Ready") or {})["status"] == "True", what="Ready"
    )


def test_the_observed_repository_is_left_alone(cluster: Cluster, applied: FakeAws) -> None:
    cluster.wait_for(KIND, NAMESPACE, "base", lambda obj: obj["status"]["repositoryUri"])
    assert applied.writes(prefix="platform/base", account=ACCOUNT) == []


@pytest.mark.parametrize("name", ["api", "guarded", "shared", "worker"])
def test_the_policies_of_a_sample_are_in_aws(cluster: Cluster, applied: FakeAws, name: str) -> None:
    spec = next(obj["spec"] for obj in REPOSITORIES if obj["metadata"]["name"] == name)
    managed = ready_sample(cluster, name)["status"]["managed"]
    rules = applied.lifecycle_policy(spec["repositoryName"], account=ACCOUNT)
    policy = applied.policy(spec["repositoryName"], account=ACCOUNT) or {"Statement": []}

    assert (rules or {}).get("rules") == spec.get("lifecyclePolicy", {}).get("rules")
    sids = sorted(f"statements/{statement['Sid']}" for statement in policy["Statement"])
    assert sids == [part for part in managed if part.startswith("statements/")]
    assert bool(sids) == bool({"access", "repositoryPolicy"} & spec.keys())


@pytest.mark.parametrize(
    ("name", "repository"), [("keep-newest", "team-a/frontend"), ("keep-releases", "team-a/checkout")]
)
def test_a_lifecycle_policy_is_on_the_repository_that_it_is_for(
    cluster: Cluster, applied: FakeAws, name: str, repository: str
) -> None:
    obj = cluster.wait_for(
        LIFECYCLE,
        NAMESPACE,
        name,
        lambda obj: obj["status"]["repositories"]["applied"] == 1 and condition(obj, "Ready"),
        what="applied",
    )
    ready = condition(obj, "Ready")
    assert ready is not None
    assert (ready["status"], ready["reason"]) == ("True", "InSync")
    assert obj["status"]["repositories"]["matched"] == 1
    assert obj["status"]["ruleCount"] == len(obj["spec"]["rules"])
    assert "warnings" not in obj["status"]
    rules = applied.lifecycle_policy(repository, account=ACCOUNT)
    assert rules == {"rules": obj["spec"]["rules"]}


def test_the_kustomization_holds_every_file() -> None:
    listed = yaml.safe_load(FILES["kustomization.yaml"])["resources"]
    assert sorted([*listed, "kustomization.yaml"]) == sorted(FILES)


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("complete.yaml", EcrRepositorySpec),
        ("ecrlifecyclepolicy-complete.yaml", EcrLifecyclePolicySpec),
        ("ecrlifecyclepolicy-complete.yaml", LifecycleProtection),
        ("ecrpullsecret-complete.yaml", EcrPullSecretSpec),
    ],
)
def test_the_complete_sample_shows_every_field(name: str, spec: type[ApiModel]) -> None:
    missing = [field.alias for field in spec.model_fields.values() if f" {field.alias}:" not in FILES[name]]
    assert missing == []


def test_every_file_begins_with_what_it_is_for() -> None:
    assert [name for name, text in FILES.items() if not text.startswith("# ")] == []
