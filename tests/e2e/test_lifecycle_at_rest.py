"""What a policy that changes nothing, and a repository that gets none, say of it."""

from tests.fake_aws.client import FakeAws
from tests.lifecycle import LifecyclePolicies, keep
from tests.repositories import condition
from tests.running import RunningOperator

TEAM = {"matchLabels": {"team": "a"}}
A = {"team": "a"}


def test_a_policy_at_rest_says_why_and_is_told_of_no_more_when_it_selects_no_more(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    with own_operator:
        policies.repository("web", A)
        policies.create("rest", keep(30), repositorySelector=TEAM, suspend=True)
        policies.in_state("web", "Pending", source="rest")
        policies.label("web", team=None)
        obj = policies.in_state("web", None)
        assert condition(obj, "LifecyclePolicyApplied") is None

        policies.repositories.create("named", lifecyclePolicyRef={"name": "late"})
        policies.repositories.reconciling("named", "LifecyclePolicyNotFound")
        policies.create("late", keep(30), suspend=True)
        obj = policies.repositories.ready("named")
        applied = condition(obj, "LifecyclePolicyApplied")
        assert applied is not None
        assert (applied["status"], applied["reason"]) == ("False", "Suspended")
        assert aws.lifecycle_policy(policies.repositories.name("named")) is None


def test_a_repository_whose_deletion_is_held_is_none_of_the_policys_any_more(
    own_operator: RunningOperator, policies: LifecyclePolicies
) -> None:
    with own_operator:
        policies.create("keep", keep(30), repositorySelector=TEAM)
        policies.repository("web", A, deletionPolicy="DeleteWithImages")
        policies.repository("other", A)
        policies.images("web", "v1")
        policies.pod("old", "web", ":v1")
        policies.ready("keep", matched=2, applied=2)
        policies.repositories.delete("web")
        policies.repositories.reconciling("web", "DeletionHeld")
        policies.ready("keep", matched=1, applied=1)


def test_what_is_left_in_aws_is_told_of_though_the_rules_after_it_were_held(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        selector = {"matchLabels": {"app": "web"}}
        policies.create("keep", keep(30), repositorySelector=selector, deletionPolicy="Retain")
        policies.repository("web", labels={"app": "web"})
        policies.in_state("web", "Applied")
        policies.images("web", "v1", "v2", "v3")
        policies.pod("old", "web", ":v1")
        policies.patch("keep", rules=[keep(2)])
        policies.in_state("web", "Held", onRemoval="Retain")
        policies.label("web", app=None)
        obj = policies.in_state("web", "Unmanaged")
        assert obj["status"]["managed"] == ["repository"]
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(30)]}
