"""Which images count as in use, who is told of it, and that not knowing it counts as all of them."""

from typing import Any

from tests.cluster import Cluster, Object
from tests.deploy.test_some_namespaces import RBAC
from tests.fake_aws.client import REGION, FakeAws
from tests.lifecycle import DAY, LifecyclePolicies, keep, older_than
from tests.repositories import message
from tests.running import RunningOperator

OLD, NEW = {"rules": [keep(30)]}, {"rules": [keep(2)]}


def template(image: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [{"name": "main", "image": image}], "restartPolicy": "Always"},
    }


def at_rest(policies: LifecyclePolicies) -> dict[str, tuple[str, Object]]:
    """What runs nothing now and may run its image again, by the repository that it uses: plural, object."""
    named = {name: policies.reference(name, ":v1") for name in ("deployment", "old", "cron")}
    selector = {"matchLabels": {"app": "x"}}
    job = template(named["cron"])
    job["spec"]["restartPolicy"] = "Never"
    cron = {"schedule": "0 0 29 2 *", "suspend": True, "jobTemplate": {"spec": {"template": job}}}
    return {
        "deployment": (
            "deployments",
            {"spec": {"replicas": 0, "selector": selector, "template": template(named["deployment"])}},
        ),
        "old": (
            "replicasets",
            {"spec": {"replicas": 0, "selector": selector, "template": template(named["old"])}},
        ),
        "cron": ("cronjobs", {"spec": cron}),
    }


def test_what_may_run_an_image_again_holds_it(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        workloads = at_rest(policies)
        for name, (plural, body) in workloads.items():
            group = "batch/v1" if plural == "cronjobs" else "apps/v1"
            path = f"/apis/{group}/namespaces/{policies.namespace}/{plural}"
            policies.cluster.request("POST", path, {"metadata": {"name": f"w-{name}"}, **body})
            repositories.create(name, lifecyclePolicy=OLD)
        for name in workloads:
            repositories.ready(name)
            policies.images(name, "v1", "v2", "v3")
            repositories.patch(name, lifecyclePolicy=NEW)
        for name in workloads:
            assert "v1" in message(repositories.stalled(name, "ImagesInUse"))
            assert aws.lifecycle_policy(repositories.name(name)) == OLD
        # Who uses it, is told.
        repositories.reconcile_now("cron", "1")
        status = repositories.get("cron")["status"]
        assert status["inUse"] == {"images": 1, "workloads": ["CronJob/w-cron"]}


def test_an_image_stays_that_its_tag_has_left(policies: LifecyclePolicies, aws: FakeAws) -> None:
    """Both at the change and in force: the rule for untagged images would take it."""
    repositories = policies.repositories
    rules = [older_than(10, "untagged")]
    with policies.operator(inventory_seconds=1.0):
        repositories.created("change")
        repositories.created("force", lifecyclePolicy={"rules": rules})
        for name in ("change", "force"):
            old = aws.put_image(repositories.name(name), ["prod"], age=8 * DAY)["imageDigest"]
            policies.pod(name, name, ":prod", image_id=old)
            moved = aws.put_image(repositories.name(name), ["prod"], age=DAY)["imageDigest"]
            assert moved != old
        aws.age_images(3 * DAY, repositories.name("change"))
        repositories.patch("change", lifecyclePolicy={"rules": rules})

        obj = repositories.stalled("change", "ImagesInUse")
        assert obj["status"]["lifecyclePolicy"]["state"] == "Held"
        aws.age_images(1.5 * DAY, repositories.name("force"))
        policies.in_state("force", "Withdrawn")
        for name in ("change", "force"):
            assert aws.lifecycle_policy(repositories.name(name)) is None
        assert aws.run_lifecycle_policies(repositories.name("force")) == {}


def test_a_child_of_an_index_in_use_is_safe_and_holds_nothing(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    name = repositories.name("web")
    with own_operator:
        repositories.created("web")
        children = [aws.put_image(name, age=20 * DAY)["imageDigest"] for _ in range(2)]
        index = aws.put_image(name, ["v1"], age=20 * DAY, children=children)["imageDigest"]
        aws.put_image(name, age=30 * DAY)
        # A node may report the image of its own platform.
        policies.pod("multi", "web", f"@{index}", image_id=children[0])
        repositories.patch("web", lifecyclePolicy={"rules": [older_than(14, "untagged")]})
        policies.in_state("web", "Applied")
        # AWS lists both, and would not take them.
        assert repositories.get("web")["status"]["lifecyclePolicy"]["preview"]["expiringImages"] == 3
        gone = aws.run_lifecycle_policies(name)[name]
        assert index not in str(gone)
        assert children[0] not in str(gone)
        # It is judged in force, and is no risk there either.
        repositories.reconcile_now("web", "1")
        policies.in_state("web", "Applied")


def test_a_copy_in_another_region_is_told_of_and_holds_nothing(
    own_operator: RunningOperator, policies: LifecyclePolicies, aws: FakeAws
) -> None:
    repositories = policies.repositories
    with own_operator:
        repositories.created("web", lifecyclePolicy=OLD)
        policies.images("web", "v1", "v2", "v3")
        elsewhere = policies.reference("web", ":v1").replace(REGION, "us-east-1")
        spec = {"containers": [{"name": "main", "image": elsewhere}]}
        metadata = {"name": "far", "namespace": policies.namespace}
        policies.cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        repositories.patch("web", lifecyclePolicy=NEW)
        obj = repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == NEW
        repositories.reconcile_now("web", "1")
        assert "us-east-1" in repositories.event(obj, "ReplicasInUse")["note"]


def test_workloads_of_other_namespaces_are_numbers(
    policies: LifecyclePolicies, cluster: Cluster, aws: FakeAws
) -> None:
    repositories = policies.repositories
    other = f"secret-tenant-{policies.namespace[-8:]}"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    # All namespaces are seen, and this one's objects alone are looked at.
    with RunningOperator(cluster.operator_kubeconfig):
        policies.create("keep", keep(30), repositorySelector={})
        policies.repository("web")
        policies.images("web", "v1", "v2", "v3")
        spec = {"containers": [{"name": "main", "image": policies.reference("web", ":v1")}]}
        for name in ("hidden-one", "hidden-two"):
            metadata = {"name": name, "namespace": other}
            cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        policies.pod("mine", "web", ":v1")
        policies.patch("keep", rules=[keep(2)])
        policies.in_state("web", "Held")
        policy = policies.stalled("keep", "ImagesInUse", held=1)
        obj = repositories.reconcile_now("web", "1")
        assert obj["status"]["inUse"] == {"images": 1, "workloads": ["Pod/mine"]}
        event = repositories.event(obj, "ImagesInUse")
        shown = [obj, policy, event, *cluster.events(obj), *cluster.events(policy)]
        shown += policies.cluster.list("Event", policies.namespace)
        for word in (other, "hidden"):
            assert word not in str(shown)
    cluster.delete("Namespace", None, other)


def test_while_nobody_looks_who_uses_what_a_policy_is_held(policies: LifecyclePolicies, aws: FakeAws) -> None:
    repositories = policies.repositories
    with policies.operator(images_in_use=False):
        for name in ("web", "warned", "harmless"):
            repositories.created(name, lifecyclePolicy=OLD)
            policies.images(name, "v1", "v2", "v3")
        repositories.patch("web", lifecyclePolicy=NEW)
        repositories.patch("warned", lifecyclePolicy=NEW | {"protection": {"imagesInUse": "Warn"}})
        repositories.patch("harmless", lifecyclePolicy={"rules": [keep(29)]})
        obj = repositories.stalled("web", "UsageUnknown")
        assert "ECR_OPERATOR_IMAGES_IN_USE" in message(obj)
        assert aws.lifecycle_policy(repositories.name("web")) == OLD
        # Where nothing would go it does not matter who uses what.
        repositories.ready("harmless")
        obj = repositories.ready("warned")
        assert "not known" in message(obj, "LifecyclePolicyApplied")
        assert aws.lifecycle_policy(repositories.name("warned")) == NEW
    with policies.operator():
        repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == NEW


def test_without_the_right_to_list_one_kind_a_policy_is_held(
    policies: LifecyclePolicies, cluster: Cluster, aws: FakeAws
) -> None:
    repositories, namespace = policies.repositories, policies.namespace
    metadata = {"name": "operator", "namespace": namespace}
    kinds = {
        "": ["pods", "replicationcontrollers"],
        "apps": ["deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"],
        "batch": ["jobs"],
    }
    rules: list[dict[str, Any]] = [
        {"apiGroups": ["ecr-operator.dev"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["*"]},
        *({"apiGroups": [group], "resources": names, "verbs": ["list"]} for group, names in kinds.items()),
    ]
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    role = {"apiVersion": RBAC, "kind": "Role", "metadata": metadata, "rules": rules}
    cluster.create(role)
    cluster.create(
        {
            "apiVersion": RBAC,
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "operator"},
            "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": namespace}],
        }
    )
    with RunningOperator(cluster.kubeconfig_of(namespace, "operator"), watch_namespaces=(namespace,)):
        repositories.created("web", lifecyclePolicy=OLD)
        policies.images("web", "v1", "v2", "v3")
        repositories.patch("web", lifecyclePolicy=NEW)
        obj = repositories.stalled("web", "UsageUnknown")
        assert "cronjobs" in message(obj)
        assert aws.lifecycle_policy(repositories.name("web")) == OLD

        granted = {"apiGroups": ["batch"], "resources": ["cronjobs"], "verbs": ["list"]}
        cluster.apply({**role, "rules": [*rules, granted]}, force=True)
        repositories.ready("web")
        assert aws.lifecycle_policy(repositories.name("web")) == NEW


def test_delete_with_images_is_held_while_nobody_knows_who_uses_them(
    policies: LifecyclePolicies,
) -> None:
    repositories = policies.repositories
    with policies.operator(images_in_use=False):
        repositories.created("full", deletionPolicy="DeleteWithImages")
        policies.images("full", "v1")
        repositories.delete("full")
        obj = repositories.reconciling("full", "DeletionHeld")
        assert "ECR_OPERATOR_IMAGES_IN_USE" in message(obj)
        repositories.annotate("full", "ecr-operator.dev/confirm-delete", repositories.name("full"))
        repositories.wait_gone("full")
