"""An EcrLifecyclePolicy goes, or leaves a repository: what AWS holds then; nothing else is written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster import ApiError, Cluster
from tests.fake_aws.client import FakeAws
from tests.lifecycle import KIND, LifecyclePolicies, keep
from tests.repositories import message
from tests.running import RunningOperator
from tests.waiting import until

TEAM = {"matchLabels": {"team": "a"}}
A = {"team": "a"}
OLD = {"rules": [keep(30)]}
POLICY_WRITES = ("PutLifecyclePolicy", "DeleteLifecyclePolicy")


def policy_writes(policies: LifecyclePolicies) -> list[str]:
    return [write for write in policies.repositories.writes() if write in POLICY_WRITES]


def test_to_rename_a_policy_changes_nothing_in_aws(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.create("before", keep(30), repositorySelector=TEAM)
        policies.repository("web", A)
        policies.in_state("web", "Applied", source="before")
        policies.images("web", "v1")
        policies.create("after", keep(30), repositorySelector=TEAM)
        policies.stalled("after", "Conflict", conflicting=1)
        policies.delete("before")
        policies.in_state("web", "Applied", source="after")
        assert policy_writes(policies) == ["PutLifecyclePolicy"]
        assert "StartLifecyclePolicyPreview" not in policies.repositories.calls()


def test_a_selector_that_selects_less_takes_off_after_deletion_policy(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("delete", keep(30), repositorySelector={"matchLabels": {"by": "delete"}})
        policies.create(
            "retain", keep(30), repositorySelector={"matchLabels": {"by": "retain"}}, deletionPolicy="Retain"
        )
        for by in ("delete", "retain"):
            policies.repository(by, {"by": by})
            policies.repository(f"{by}-unlabelled", {"by": by})
        for by in ("delete", "retain"):
            policies.in_state(by, "Applied", source=by)
            policies.in_state(f"{by}-unlabelled", "Applied", source=by)
        # Has the same rules, and never got them from there.
        repositories.by_hand("found", owner=repositories.owner("found"))
        aws.put_lifecycle_policy(repositories.name("found"), '{"rules": []}')
        repositories.created("found")
        for by in ("delete", "retain"):
            policies.label(f"{by}-unlabelled", by=None)
            policies.patch(by, repositorySelector={"matchLabels": {"by": None, "team": "none"}})
        for name in ("delete", "delete-unlabelled"):
            policies.in_state(name, None)
            assert aws.lifecycle_policy(repositories.name(name)) is None
        for name in ("retain", "retain-unlabelled"):
            obj = policies.in_state(name, "Unmanaged", source="retain")
            assert aws.lifecycle_policy(repositories.name(name)) == OLD
            assert obj["status"]["managed"] == ["repository"]
        assert aws.lifecycle_policy(repositories.name("found")) == {"rules": []}
        assert policy_writes(policies) == ["PutLifecyclePolicy"] * 4 + ["DeleteLifecyclePolicy"] * 2


def test_a_policy_of_the_same_name_is_a_change_like_any_other(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("keep", keep(30))
        repositories.created("web", lifecyclePolicyRef={"name": "keep"})
        policies.images("web", "v1", "v2", "v3")
        policies.pod("old", "web", ":v1")
        policies.delete("keep")
        repositories.reconciling("web", "LifecyclePolicyNotFound")
        policies.create("keep", keep(2))
        policies.in_state("web", "Held", source="keep")
        repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        # From the reference to nothing at all: what it had from there goes.
        repositories.patch("web", lifecyclePolicyRef=None)
        policies.in_state("web", None)
        assert aws.lifecycle_policy(repositories.name("web")) is None


def test_a_reference_to_nothing_leaves_what_aws_holds(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        repositories.created("web", lifecyclePolicy=OLD)
        repositories.patch("web", lifecyclePolicy=None, lifecyclePolicyRef={"name": "nothing"})
        obj = repositories.reconciling("web", "LifecyclePolicyNotFound")
        assert "nothing" in message(obj)
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        assert policy_writes(policies) == ["PutLifecyclePolicy"]


def test_a_suspended_policy_changes_nothing_and_neither_does_its_end(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("keep", keep(30), repositorySelector=TEAM)
        policies.repository("web", A)
        policies.in_state("web", "Applied")
        policies.patch("keep", suspend=True, rules=[keep(7)])
        policies.repository("late", A)
        policies.cluster.wait_for(
            KIND,
            policies.namespace,
            "keep",
            lambda obj: obj["status"]["observedGeneration"] == obj["metadata"]["generation"],
        )
        repositories.reconcile_now("web", "1")
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        assert aws.lifecycle_policy(repositories.name("late")) is None

        policies.delete("keep")
        policies.in_state("web", "Unmanaged")
        repositories.reconcile_now("late", "1")
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        assert policy_writes(policies) == ["PutLifecyclePolicy"]


@contextmanager
def undeletable(cluster: Cluster, namespace: str, probe: str) -> Iterator[None]:
    """EcrRepositories of the namespace cannot be deleted, as while their turn has not come yet.

    `probe` is one of them, by which it is seen that it has begun.
    """
    group, kind, name = "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", f"keep-{namespace}"
    rule = {
        "apiGroups": ["ecr-operator.dev"],
        "apiVersions": ["*"],
        "operations": ["DELETE"],
        "resources": ["ecrrepositories"],
    }
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    spec = {
        "matchConstraints": {"resourceRules": [rule], "namespaceSelector": selector},
        "validations": [{"expression": "false", "message": "not yet"}],
    }
    cluster.create({"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec})
    binding = {"policyName": name, "validationActions": ["Deny"]}
    cluster.create(
        {"apiVersion": group, "kind": f"{kind}Binding", "metadata": {"name": name}, "spec": binding}
    )

    def refused() -> bool:
        path = f"/apis/ecr-operator.dev/v1alpha1/namespaces/{namespace}/ecrrepositories/{probe}"
        try:
            cluster.request("DELETE", path, query={"dryRun": "All"})
        except ApiError as error:
            return "not yet" in str(error)
        return False

    try:
        until(cluster, refused, "refusal")
        yield
    finally:
        cluster.delete(f"{kind}Binding", None, name)
        cluster.delete(kind, None, name)


@pytest.mark.parametrize("scope", ["all namespaces", "this one"])
def test_a_namespace_that_is_being_deleted_keeps_its_policies_in_aws(
    policies: LifecyclePolicies, cluster: Cluster, aws: FakeAws, scope: str
) -> None:
    repositories = policies.repositories
    watched = {} if scope == "all namespaces" else {"watch_namespaces": (policies.namespace,)}
    # Of one that looks after some namespaces the Namespaces are not watched.
    with RunningOperator(cluster.operator_kubeconfig, **watched):
        policies.create("keep", keep(30), repositorySelector={})
        policies.create("named", keep(30))
        policies.repository("selected")
        policies.repository("names", lifecyclePolicyRef={"name": "named"})
        for name in ("selected", "names"):
            policies.in_state(name, "Applied")
        with undeletable(cluster, policies.namespace, "selected"):
            cluster.delete("Namespace", None, policies.namespace)
            for name in ("keep", "named"):
                cluster.wait_gone(KIND, policies.namespace, name)
            for name in ("selected", "names"):
                assert repositories.reconcile_now(name, "1")["metadata"].get("deletionTimestamp") is None
                assert aws.lifecycle_policy(repositories.name(name)) == OLD
    assert policy_writes(policies) == ["PutLifecyclePolicy"] * 2


def test_what_was_edited_while_nobody_looked_is_done_after_the_start_and_nothing_else(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with policies.operator():
        for name in ("edited", "deleted", "left", "equal"):
            more = {"deletionPolicy": "Retain"} if name == "left" else {}
            policies.create(name, keep(30), repositorySelector={"matchLabels": {"by": name}}, **more)
            policies.repository(name, {"by": name})
        policies.repository("still", {"by": "edited"})
        policies.repository("own", lifecyclePolicy=OLD)
        for name in ("edited", "deleted", "left", "equal", "still"):
            policies.in_state(name, "Applied")
            policies.images(name, "v1", "v2", "v3")
    policies.patch("edited", rules=[keep(2)])
    policies.patch("equal", rules=[keep(30, description="The same, in other words")])
    for name in ("deleted", "left"):
        policies.delete(name)
    # Somebody has done by hand what the new rules say.
    aws.put_lifecycle_policy(repositories.name("still"), json.dumps({"rules": [keep(2)]}))
    other = json.dumps({"rules": [keep(30, description="The same, in other words")]})
    aws.put_lifecycle_policy(repositories.name("equal"), other)
    aws.reset_calls()
    with policies.operator():
        policies.in_state("edited", "Applied", preview={"expiringImages": 1, "archivingImages": 0})
        policies.in_state("deleted", None)
        policies.in_state("left", "Unmanaged")
        policies.ready("edited", matched=2, applied=2)
        policies.ready("equal", matched=1, applied=1)
        assert aws.lifecycle_policy(repositories.name("edited")) == {"rules": [keep(2)]}
        assert aws.lifecycle_policy(repositories.name("deleted")) is None
        assert aws.lifecycle_policy(repositories.name("left")) == OLD
        assert sorted(repositories.writes()) == [
            "DeleteLifecyclePolicy",
            "PutLifecyclePolicy",
            "StartLifecyclePolicyPreview",
        ]
        # In sync by its own status.
        assert aws.calls(prefix=repositories.name("own")) == {}
    aws.reset_calls()
    with policies.operator():
        policies.create("later", keep(30))
        policies.ready("later", matched=0)
        assert repositories.calls() == {}


def test_from_one_source_to_another_a_repository_is_never_without_a_policy(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("all", keep(30), repositorySelector={})
        policies.create("named", keep(20))
        policies.repository("web")
        policies.in_state("web", "Applied", source="all")
        policies.images("web", "v1", "v2", "v3")
        policies.pod("old", "web", ":v1")
        # One that is held leaves the one before, whose source does not apply any more.
        repositories.patch("web", lifecyclePolicy={"rules": [keep(2)]})
        repositories.stalled("web", "ImagesInUse")
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        repositories.patch("web", lifecyclePolicy=None, lifecyclePolicyRef={"name": "named"})
        policies.in_state("web", "Applied", source="named")
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(20)]}
        repositories.patch("web", lifecyclePolicyRef=None)
        policies.in_state("web", "Applied", source="all")
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        assert policy_writes(policies) == ["PutLifecyclePolicy"] * 3
