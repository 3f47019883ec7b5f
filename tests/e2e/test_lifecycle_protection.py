"""Images in use keep a lifecycle policy from being applied, and from staying in force."""

from typing import Any

from tests.fake_aws.client import FakeAws
from tests.lifecycle import DAY, KIND, LifecyclePolicies, keep, older_than
from tests.repositories import condition
from tests.running import RunningOperator
from tests.waiting import until


def test_a_policy_that_would_take_a_running_image_is_held_until_it_runs_no_more(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        repositories.created("web")
        digests = policies.images("web", "v1", "v2", "v3")
        policies.pod("old", "web", ":v1")
        repositories.patch("web", lifecyclePolicy={"rules": [keep(2)]})
        obj = repositories.stalled("web", "ImagesInUse")
        assert aws.lifecycle_policy(repositories.name("web")) is None
        assert obj["status"]["managed"] == ["repository"]
        assert obj["status"]["lifecyclePolicy"]["preview"] == {
            "expiringImages": 1,
            "archivingImages": 0,
            "inUseImages": [{"tag": "v1", "digest": digests["v1"], "rulePriority": 1}],
        }
        applied = condition(obj, "LifecyclePolicyApplied")
        assert applied is not None
        assert (applied["status"], applied["reason"]) == ("False", "ImagesInUse")
        repositories.event(obj, "ImagesInUse")

        policies.remove_pod("old")
        obj = repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(2)]}
        assert obj["status"]["lifecyclePolicy"]["state"] == "Applied"
        assert obj["status"]["managed"] == ["lifecyclePolicy", "repository"]


def test_one_that_got_its_policy_from_elsewhere_stays_ready_while_it_is_held(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("keep", keep(30), repositorySelector={})
        policies.repository("web")
        policies.in_state("web", "Applied")
        digests = policies.images("web", "v1", "v2", "v3")
        # The tag has moved on, and the Pod still runs what it named.
        policies.pod("old", "web", ":latest", image_id=digests["v1"])
        policies.patch("keep", rules=[keep(2)])
        obj = policies.stalled("keep", "ImagesInUse", matched=1, held=1)
        (detail,) = obj["status"]["details"]
        assert (detail["name"], detail["state"], detail["inUseImages"]) == ("web", "Held", 1)
        assert repositories.ready("web")["status"]["lifecyclePolicy"]["state"] == "Held"
        # The policy before stays.
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(30)]}


def test_a_policy_in_force_is_withdrawn_before_it_reaches_a_running_image(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with policies.operator(inventory_seconds=1.0, put_back_seconds=2.0):
        repositories.created("web", lifecyclePolicy={"rules": [older_than(10)]})
        policies.images("web", "v1", "v2")
        policies.pod("old", "web", ":v1")
        policies.in_state("web", "Applied")
        aws.age_images(7.5 * DAY, repositories.name("web"))
        obj = repositories.stalled("web", "ImagesInUse")
        assert aws.lifecycle_policy(repositories.name("web")) is None
        assert obj["status"]["lifecyclePolicy"]["state"] == "Withdrawn"
        risk = condition(obj, "ImagesAtRisk")
        assert risk is not None
        assert "v1" in risk["message"]
        repositories.event(obj, "LifecyclePolicyWithdrawn")

        policies.remove_pod("old")
        obj = repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [older_than(10)]}
        assert condition(obj, "ImagesAtRisk") is None


def test_a_policy_that_is_judged_anew_stays_held_meanwhile(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("keep", keep(2), repositorySelector={})
        policies.repository("web")
        repositories.created("own", lifecyclePolicy={"rules": [keep(30)]})
        for name in ("web", "own"):
            policies.images(name, "v1", "v2", "v3")
            policies.pod(f"old-{name}", name, ":v1")
        policies.patch("keep", rules=[keep(1)])
        repositories.patch("own", lifecyclePolicy={"rules": [keep(1)]})
        policies.in_state("web", "Held")
        held = policies.stalled("keep", "ImagesInUse")
        stalled = repositories.stalled("own", "ImagesInUse")
        aws.reset_calls()

        def previews() -> int:
            return aws.calls(prefix=policies.namespace).get("GetLifecyclePolicyPreview", 0)

        until(policies.cluster, lambda: previews() >= 8, "second judgement")
        versions = policies.cluster.history(
            KIND, policies.namespace, "keep", held["metadata"]["resourceVersion"]
        )
        assert [condition(obj, "Ready") for obj in versions if condition(obj, "Stalled") is None] == []
        since = stalled["metadata"]["resourceVersion"]
        versions = policies.cluster.history("EcrRepository", policies.namespace, "own", since)
        assert [condition(obj, "Ready") for obj in versions if condition(obj, "Stalled") is None] == []
