"""A lifecycle policy that is held, while it is judged anew."""

from tests.fake_aws.client import FakeAws
from tests.lifecycle import KIND, LifecyclePolicies, keep
from tests.repositories import condition
from tests.running import RunningOperator
from tests.waiting import until


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
