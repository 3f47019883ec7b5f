"""Which EcrLifecyclePolicy a repository gets, by selector and by reference, and what is taken off again."""

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.lifecycle import KIND, LifecyclePolicies, keep
from tests.running import RunningOperator
from tests.waiting import until

TEAM = {"matchLabels": {"team": "a"}}
A = {"team": "a"}


def test_a_policy_reaches_what_it_selects(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.create("keep", keep(30), repositorySelector=TEAM)
        policies.ready("keep", matched=0)
        policies.repository("web", A)
        policies.repository("other", {"team": "b"})
        policies.in_state("web", "Applied", source="keep", onRemoval="Delete")
        obj = policies.ready("keep", matched=1, applied=1, held=0, pending=0, conflicting=0)
        assert obj["status"]["ruleCount"] == 1
        assert aws.lifecycle_policy(policies.repositories.name("web")) == {"rules": [keep(30)]}
        assert aws.lifecycle_policy(policies.repositories.name("other")) is None
        # What the repository got in its creation needs no preview.
        assert "StartLifecyclePolicyPreview" not in aws.calls(prefix=policies.namespace)

        policies.label("other", team="a")
        policies.in_state("other", "Applied", source="keep")
        policies.ready("keep", matched=2, applied=2)
        # An empty repository needs none either.
        assert "StartLifecyclePolicyPreview" not in aws.calls(prefix=policies.namespace)

        policies.label("web", team=None)
        policies.in_state("web", None)
        policies.ready("keep", matched=1, applied=1)
        assert aws.lifecycle_policy(policies.repositories.name("web")) is None
        assert policies.repositories.get("web")["status"]["managed"] == ["repository"]


def test_a_change_of_rules_reaches_all_by_one_preview_each(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.create("keep", keep(30), repositorySelector={})
        for name in ("one", "two"):
            policies.repository(name)
            policies.images(name, "v1", "v2", "v3")
        policies.ready("keep", matched=2, applied=2)
        aws.reset_calls()
        policies.patch("keep", rules=[keep(2)])
        for name in ("one", "two"):
            policies.in_state(name, "Applied", preview={"expiringImages": 1, "archivingImages": 0})
            assert aws.lifecycle_policy(policies.repositories.name(name)) == {"rules": [keep(2)]}
        policies.ready("keep", matched=2, applied=2)
        calls = aws.calls(prefix=policies.namespace)
        for operation in ("ListImages", "StartLifecyclePolicyPreview", "PutLifecyclePolicy"):
            assert calls[operation] == 2, calls
        assert "DescribeImages" not in calls


def test_an_explicit_reference_wins_and_what_it_names_may_come_later(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.create("all", keep(30), repositorySelector={})
        manifest = policies.repositories.manifest("web", lifecyclePolicyRef={"name": "special"})
        policies.cluster.create(manifest)
        obj = policies.repositories.reconciling("web", "LifecyclePolicyNotFound")
        assert policies.repositories.in_aws("web") is not None
        assert aws.lifecycle_policy(policies.repositories.name("web")) is None
        assert "special" in str(obj["status"]["conditions"])
        policies.ready("all", matched=0)

        policies.create("special", keep(7))
        policies.repositories.ready("web")
        policies.ready("special", matched=1, applied=1)
        assert aws.lifecycle_policy(policies.repositories.name("web")) == {"rules": [keep(7)]}

        # It goes, and is still named: nothing changes in AWS.
        policies.delete("special")
        policies.repositories.reconciling("web", "LifecyclePolicyNotFound")
        assert aws.lifecycle_policy(policies.repositories.name("web")) == {"rules": [keep(7)]}
        policies.create("special", keep(7))
        policies.repositories.ready("web")
        assert policies.repositories.writes().count("PutLifecyclePolicy") == 1


def test_a_deleted_policy_is_taken_off_where_its_selector_had_brought_it(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.create("keep", keep(30), repositorySelector=TEAM)
        policies.create(
            "left", keep(40), repositorySelector={"matchLabels": {"team": "b"}}, deletionPolicy="Retain"
        )
        policies.repository("web", A)
        policies.repository("other", {"team": "b"})
        policies.repository("own", A, lifecyclePolicy={"rules": [keep(5)]})
        policies.in_state("web", "Applied", source="keep")
        policies.in_state("other", "Applied", source="left", onRemoval="Retain")
        policies.delete("keep")
        policies.delete("left")
        policies.in_state("web", None)
        policies.in_state("other", "Unmanaged", source="left")
        assert aws.lifecycle_policy(policies.repositories.name("web")) is None
        assert aws.lifecycle_policy(policies.repositories.name("other")) == {"rules": [keep(40)]}
        assert aws.lifecycle_policy(policies.repositories.name("own")) == {"rules": [keep(5)]}
        assert policies.repositories.get("other")["status"]["managed"] == ["repository"]


def test_of_two_policies_the_one_that_is_there_stays(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.create("b", keep(30), repositorySelector={})
        policies.repository("web")
        policies.in_state("web", "Applied", source="b")
        policies.create("a", keep(10), repositorySelector={})
        obj = policies.stalled("a", "Conflict", matched=1, conflicting=1)
        assert "'b'" in obj["status"]["details"][0]["message"]
        policies.ready("b", matched=1, applied=1)
        writes = policies.repositories.writes()
        policies.repositories.reconcile_now("web", "1")
        assert policies.repositories.writes() == writes
        policies.delete("b")
        policies.in_state("web", "Applied", source="a")
        policies.ready("a", matched=1, applied=1, conflicting=0)
        assert aws.lifecycle_policy(policies.repositories.name("web")) == {"rules": [keep(10)]}
        # From one policy to the other it was never without one.
        assert "DeleteLifecyclePolicy" not in policies.repositories.writes()


def test_two_policies_that_fight_write_nothing_more_whatever_wakes_them(
    policies: LifecyclePolicies, aws: FakeAws, cluster: Cluster
) -> None:
    repositories = policies.repositories
    # Of the same second, perhaps, and then the first by name.
    first = policies.create("older", keep(30), repositorySelector=TEAM)
    second = policies.create("newer", keep(10), repositorySelector=TEAM)
    made = sorted((one["metadata"]["creationTimestamp"], one["metadata"]["name"]) for one in (first, second))
    winner, loser = (name for _, name in made)
    with policies.operator(resync_seconds=1.0):
        for name in ("one", "two"):
            # How a registry scans is shown once somebody asks.
            policies.repository(name, A, images={"scanFindings": False})
            policies.in_state(name, "Applied", source=winner)
        policies.ready(winner, matched=2, applied=2)
        policies.stalled(loser, "Conflict", matched=2, conflicting=2)
        before = {kind: cluster.list(kind, policies.namespace) for kind in ("EcrRepository", KIND)}
        writes, sweeps = repositories.writes(), aws.calls().get("GetResources", 0)
        for round in ("1", "2", "3"):
            for name in ("one", "two"):
                repositories.reconcile_now(name, round)
        for _ in range(2):
            policies.patch(loser, rules=[keep(11)])
            policies.patch(loser, rules=[keep(10)])
        until(cluster, lambda: aws.calls().get("GetResources", 0) >= sweeps + 3, "sweeps")
        assert repositories.writes() == writes
        assert writes.count("PutLifecyclePolicy") == 2
        # And nothing is told anew of those that are in order.
        for kind, objects in before.items():
            for obj in objects:
                name = obj["metadata"]["name"]
                if name != loser:
                    now = cluster.get(kind, policies.namespace, name)["status"]
                    assert now | {"lastHandledReconcileAt": ""} == obj["status"] | {
                        "lastHandledReconcileAt": ""
                    }
