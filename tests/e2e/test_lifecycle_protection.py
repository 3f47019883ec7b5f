"""Images in use keep a lifecycle policy from being applied, and from staying in force."""

from typing import Any

from tests.fake_aws.client import FakeAws
from tests.lifecycle import DAY, LifecyclePolicies, keep, older_than
from tests.repositories import KIND as REPOSITORY
from tests.repositories import condition, message
from tests.running import RunningOperator


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


def test_a_preview_that_failed_is_tried_again_by_itself(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        policies.create("keep", keep(30), repositorySelector={})
        policies.repository("web")
        policies.images("web", "v1", "v2", "v3")
        aws.set_previews(outcome="FAILED", prefix=repositories.name("web"))
        policies.patch("keep", rules=[keep(2)])
        policies.in_state("web", "Held")
        policies.stalled("keep", "PreviewFailed", held=1)
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(30)]}
        aws.set_previews(prefix=repositories.name("web"))
        policies.in_state("web", "Applied")
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(2)]}


def test_each_limit_of_a_protection_holds_until_it_is_raised(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    all_go, one_goes = {"rules": [older_than(1)]}, {"rules": [keep(2)]}
    cases: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "empty": ("WouldEmptyRepository", all_go, {"imagesInUse": "Ignore"}),
        "warned": (
            "WouldEmptyRepository",
            all_go | {"protection": {"imagesInUse": "Warn"}},
            {"imagesInUse": "Ignore"},
        ),
        "many": (
            "TooManyImagesExpiring",
            one_goes | {"protection": {"maxExpiringImages": 0}},
            {"maxExpiringImages": 1},
        ),
        "ignored": (
            "TooManyImagesExpiring",
            one_goes | {"protection": {"imagesInUse": "Ignore", "maxExpiringImages": 0}},
            {"maxExpiringImages": None},
        ),
        "tags": (
            "ImagesInUse",
            one_goes | {"protection": {"protectedTags": ["v?"]}},
            {"protectedTags": ["x*"]},
        ),
    }
    with own_operator:
        for name in cases:
            repositories.create(name)
        for name, (_, policy, _) in cases.items():
            repositories.ready(name)
            policies.images(name, "v1", "v2", "v3")
            repositories.patch(name, lifecyclePolicy=policy)
        for name, (reason, _, _) in cases.items():
            obj = repositories.stalled(name, reason)
            assert obj["status"]["lifecyclePolicy"]["state"] == "Held"
            assert aws.lifecycle_policy(repositories.name(name)) is None
        for name, (_, _, protection) in cases.items():
            repositories.patch(name, lifecyclePolicy={"protection": protection})
        for name, (_, policy, _) in cases.items():
            repositories.ready(name)
            assert aws.lifecycle_policy(repositories.name(name)) == {"rules": policy["rules"]}


def test_what_is_only_to_warn_of_is_applied_and_stays(policies: LifecyclePolicies, aws: FakeAws) -> None:
    repositories = policies.repositories
    with policies.operator(inventory_seconds=1.0):
        for name, setting in (("warn", "Warn"), ("ignore", "Ignore")):
            repositories.created(name)
            policies.images(name, "v1", "v2", "v3")
            policies.pod(name, name, ":v1")
            policy = {"rules": [keep(2)], "protection": {"imagesInUse": setting}}
            repositories.patch(name, lifecyclePolicy=policy)
        obj = repositories.ready("warn")
        assert "v1" in message(obj, "LifecyclePolicyApplied")
        assert "(`protection.imagesInUse: Warn`)" in message(obj, "LifecyclePolicyApplied")
        obj = policies.cluster.wait_for(
            REPOSITORY,
            policies.namespace,
            "warn",
            lambda obj: condition(obj, "ImagesAtRisk"),
            what="ImagesAtRisk",
        )
        assert "v1" in message(obj, "ImagesAtRisk")
        for name in ("warn", "ignore"):
            obj = repositories.reconcile_now(name, "1")
            assert obj["status"]["lifecyclePolicy"]["state"] == "Applied"
            assert condition(obj, "Ready")["status"] == "True"
            assert aws.lifecycle_policy(repositories.name(name)) == {"rules": [keep(2)]}
            assert "DeleteLifecyclePolicy" not in aws.calls(prefix=repositories.name(name))
        # What is ignored is not looked at.
        assert condition(repositories.get("ignore"), "ImagesAtRisk") is None
        assert "StartLifecyclePolicyPreview" not in aws.calls(prefix=repositories.name("ignore"))


def test_pushes_and_protected_tags_withdraw_a_policy_in_force_before_it_takes_anything(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with policies.operator(inventory_seconds=1.0):
        policies.create("keep", keep(6), repositorySelector={"matchLabels": {"by": "keep"}})
        policies.create(
            "tags",
            older_than(40),
            repositorySelector={"matchLabels": {"by": "tags"}},
            protection={"protectedTags": ["prod-*"]},
        )
        for name in ("keep", "tags"):
            policies.repository(name, {"by": name})
            policies.in_state(name, "Applied")
        policies.images("keep", "v1", "v2", "v3", every=10 * DAY)
        policies.images("tags", "prod-1", "v2", "v3", every=12 * DAY)
        policies.pod("old", "keep", ":v1")
        for name in ("keep", "tags"):
            repositories.reconcile_now(name, "calm")
            policies.in_state(name, "Applied")

        # As many again would be one too many.
        for tag in ("v4", "v5"):
            aws.put_image(repositories.name("keep"), [tag])
        aws.age_images(3 * DAY, repositories.name("tags"))
        for name, word in (("keep", "v1"), ("tags", "prod-1")):
            obj = policies.in_state(name, "Withdrawn")
            assert word in message(obj, "ImagesAtRisk")
            # Its rules are another object's.
            repositories.ready(name)
            policies.stalled(name, "ImagesInUse", matched=1, withdrawn=1)
            assert aws.lifecycle_policy(repositories.name(name)) is None
            assert aws.run_lifecycle_policies(repositories.name(name)) == {}


def test_a_withdrawn_policy_is_put_back_only_when_it_has_been_harmless_for_a_while(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    settings = {"inventory_seconds": 0.5, "put_back_seconds": 1e6}
    with policies.operator(**settings):
        repositories.created("web", lifecyclePolicy={"rules": [keep(3)]})
        policies.images("web", "v1", "v2", "v3")
        policies.pod("old", "web", ":v1")
        policies.in_state("web", "Withdrawn")
        policies.remove_pod("old")
        policies.cluster.wait_for(
            REPOSITORY,
            policies.namespace,
            "web",
            lambda obj: condition(obj, "ImagesAtRisk") is None,
            what="end of the risk",
        )
        repositories.reconcile_now("web", "1")
        policies.in_state("web", "Withdrawn")
        assert aws.lifecycle_policy(repositories.name("web")) is None
    # A start knows of it by the status.
    aws.reset_calls()
    with policies.operator(**settings | {"put_back_seconds": 0.0}):
        repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == {"rules": [keep(3)]}
        assert repositories.calls()["StartLifecyclePolicyPreview"] == 1


def test_a_preview_that_a_restart_has_forgotten_is_asked_for_anew(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    name = repositories.name("web")
    with policies.operator():
        repositories.created("web", lifecyclePolicy={"rules": [keep(30)]})
        policies.images("web", "v1", "v2", "v3")
        policies.pod("old", "web", ":v1")
        aws.set_previews(seconds=None, prefix=name)
        repositories.patch("web", lifecyclePolicy={"rules": [keep(2)]})
        policies.in_state("web", "Pending")
    aws.set_previews(prefix=name)
    with policies.operator():
        repositories.stalled("web", "ImagesInUse")
        assert aws.lifecycle_policy(name) == {"rules": [keep(30)]}


def test_a_policy_in_force_is_judged_when_asked_for_and_after_a_start(
    policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with policies.operator():
        for name in ("asked", "started"):
            repositories.created(name, lifecyclePolicy={"rules": [older_than(10)]})
            # The status shows nothing of their age, which alone changes later.
            for tag in ("v1", "v2"):
                chart = "application/vnd.cncf.helm.config.v1+json"
                aws.put_image(repositories.name(name), [tag], age=2 * DAY, artifact_media_type=chart)
            policies.pod(name, name, ":v1")
            repositories.reconcile_now(name, "calm")
            assert "latest" not in policies.in_state(name, "Applied")["status"]["images"]
        aws.age_images(7.5 * DAY, repositories.name("asked"))
        repositories.reconcile_now("asked", "now")
        policies.in_state("asked", "Withdrawn")
    aws.age_images(7.5 * DAY, repositories.name("started"))
    with policies.operator(inventory_seconds=0.5):
        policies.in_state("started", "Withdrawn")
    for name in ("asked", "started"):
        assert aws.lifecycle_policy(repositories.name(name)) is None
