"""What is believed of EcrLifecyclePolicies and of images in use, and is not so, changes nothing in AWS."""

import threading

import pytest

from ecr_operator.controllers import lifecycle_proof
from tests.cluster import Cluster
from tests.crashes.stale import Older, deafness, show_old_lists
from tests.fake_aws.client import FakeAws
from tests.faults.gateway import Gateway, Request
from tests.lifecycle import KIND, LifecyclePolicies, keep
from tests.repositories import message
from tests.running import RunningOperator
from tests.waiting import until

OLD, NEW = {"rules": [keep(30)]}, {"rules": [keep(2)]}


def test_a_policy_is_held_as_long_as_a_list_of_workloads_fails(
    gateway: Gateway, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories

    def lists_pods(request: Request) -> bool:
        return request.method == "GET" and request.path.endswith("/pods")

    with RunningOperator(gateway.kubeconfig(), watch_namespaces=(policies.namespace,)):
        repositories.created("web", lifecyclePolicy=OLD)
        policies.images("web", "v1", "v2", "v3")
        failing = gateway.answer(lists_pods, 503)
        repositories.patch("web", lifecyclePolicy=NEW)
        obj = repositories.stalled("web", "UsageUnknown")
        assert "pods" in message(obj)
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        gateway.lift(failing)
        repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == NEW


def test_what_nobody_told_of_policies_is_read_before_one_is_put_on_a_repository(
    policies: LifecyclePolicies, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else one read is good for the repositories of the next seconds.
    monkeypatch.setattr(lifecycle_proof, "PROOF_SECONDS", 0.0)
    repositories = policies.repositories
    with deafness() as deaf, policies.operator():
        for name in ("ghost", "changed"):
            policies.create(f"by-{name}", keep(30), repositorySelector={"matchLabels": {"by": name}})
            policies.repository(f"before-{name}", {"by": name})
            policies.in_state(f"before-{name}", "Applied", source=f"by-{name}")
            deaf.add(f"by-{name}")
        policies.delete("by-ghost")
        policies.patch("by-changed", rules=[keep(7)])

        for name in ("ghost", "changed"):
            policies.repository(name, {"by": name})
        assert aws.lifecycle_policy(repositories.name("ghost")) is None
        assert "lifecyclePolicy" not in repositories.get("ghost")["status"]
        assert aws.lifecycle_policy(repositories.name("changed")) == {"rules": [keep(7)]}
        # What the read has shown, holds for the others too.
        policies.in_state("before-ghost", None)
        assert aws.lifecycle_policy(repositories.name("before-ghost")) is None
    puts = [one for one in aws.writes(prefix=policies.namespace) if one["operation"] == "PutLifecyclePolicy"]
    assert repositories.name("ghost") not in [one["repository"] for one in puts]


def test_a_policy_that_an_old_list_does_not_show_is_not_taken_off(
    policies: LifecyclePolicies, cluster: Cluster, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with policies.operator() as running:
        policies.create("keep", keep(30), repositorySelector={})
        policies.repository("web")
        policies.in_state("web", "Applied")
        old = Older(KIND, policies.namespace, "keep", None)
        store, shown = running._operator._store, threading.Event()
        assert store is not None

        def show() -> None:
            show_old_lists(store, [old])
            assert store.get("ecrlifecyclepolicies", policies.namespace, "keep") is None
            shown.set()

        running._loop.call_soon_threadsafe(show)
        assert shown.wait(10)
        repositories.reconcile_now("web", "1")
        policies.in_state("web", "Applied", source="keep")
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        assert "DeleteLifecyclePolicy" not in repositories.writes()
        # It is known again.
        policies.patch("keep", rules=[keep(7)])
        changed = {"rules": [keep(7)]}
        until(cluster, lambda: aws.lifecycle_policy(repositories.name("web")) == changed, "new rules")
