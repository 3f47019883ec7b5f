"""`ecr-operator plan` of lifecycle policies beside the objects of a real cluster.

The plans are made by a user who may list the two kinds in one namespace, and nothing else.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecr_operator.api.lifecycle import LifecycleRule
from ecr_operator.planning.lifecycle import lifecycle_text
from ecr_operator.planning.lifecycle_progress import text_hash
from tests.api.lifecycle_examples import days_since, rule
from tests.api.lifecycle_policies import MINIMAL, lifecycle_policy
from tests.cluster import ApiError, Cluster, Object
from tests.fake_aws.client import FakeAws
from tests.repositories import Repositories

Run = Callable[..., tuple[int, str, str]]
OURS = ("ecrlifecyclepolicies", "ecrrepositories")
CHOSEN = {"images": "releases"}
OTHER_RULES = [rule(1, days_since("Pushed", 30, "untagged"))]


def may_list(cluster: Cluster, namespace: str, name: str, *resources: str) -> Path:
    """The kubeconfig of a user who may list `resources` of ours in a namespace, and do nothing else."""
    group = "rbac.authorization.k8s.io"
    metadata = {"name": name, "namespace": namespace}
    role: Object = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata}
    binding = role | {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", **metadata}],
    }
    cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    rules = [{"apiGroups": ["ecr-operator.dev"], "resources": list(resources), "verbs": ["list"]}]
    cluster.create(role | {"rules": rules})
    cluster.create(binding)
    found = cluster.kubeconfig_of(namespace, name)
    with Cluster(found) as user:
        # The authorizer learns of a binding a moment after it was written.
        for _ in cluster.polls(20):
            try:
                user.list("EcrLifecyclePolicy", namespace)
            except ApiError as error:
                if error.status != 403:
                    raise
            else:
                return found
    raise AssertionError(f"{name} was not granted its rights")


class Plans:
    """Plans of manifests in the test's namespace."""

    def __init__(self, run: Run, kubeconfig: Path, repositories: Repositories) -> None:
        self.run = run
        self.kubeconfig = kubeconfig
        self.repositories = repositories
        self.cluster = repositories.cluster
        self.namespace = repositories.namespace

    def text(self, *manifests: Object, options: tuple[str, ...] | None = None) -> tuple[int, str]:
        """Exit code, and what is printed."""
        Path("objects.yaml").write_text(yaml.safe_dump_all(manifests))
        given = ("--kubeconfig", str(self.kubeconfig)) if options is None else options
        code, output, errors = self.run("-f", "objects.yaml", "--cluster-name", "prod", *given)
        assert errors == ""
        return code, output

    def json(self, *manifests: Object) -> tuple[int, dict[str, Any]]:
        """Exit code, and the objects by name."""
        code, output = self.text(*manifests, options=("--kubeconfig", str(self.kubeconfig), "-o", "json"))
        return code, {entry["name"]: entry for entry in json.loads(output)["objects"]}

    def repository(self, name: str, labels: dict[str, str] | None = None, **spec: Any) -> Object:
        """A manifest."""
        found = self.repositories.manifest(name, **spec)
        found["metadata"]["labels"] = labels or {}
        return found

    def policy(self, name: str = "keep", labels: dict[str, str] | None = None, **spec: Any) -> Object:
        """A manifest; it selects the repositories with these labels."""
        selector = {} if labels is None else {"repositorySelector": {"matchLabels": labels}}
        return lifecycle_policy(name, selector | spec, self.namespace)

    def live(self, name: str, source: str, labels: dict[str, str] | None = None, **entry: Any) -> None:
        """Create a repository with the status of one that has its policy from `source`."""
        self.cluster.create(self.repository(name, labels))
        rules = [LifecycleRule.from_json(one) for one in MINIMAL["rules"]]
        applied = {"source": source, "state": "Applied", "onRemoval": "Delete"}
        applied |= {"hash": text_hash(lifecycle_text(rules))} | entry
        status = {"managed": ["lifecyclePolicy", "repository"], "lifecyclePolicy": applied}
        self.cluster.status_patch("EcrRepository", self.namespace, name, status)


@pytest.fixture
def plans(
    plan: Run, repositories: Repositories, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Plans]:
    """Nothing is written to AWS."""
    aws.reset()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    kubeconfig = may_list(repositories.cluster, repositories.namespace, "lists", *OURS)
    yield Plans(plan, kubeconfig, repositories)
    assert not aws.writes()


def effects(entry: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["effect"] for row in entry.get("repositories", [])}


class TestOfARepository:
    def test_policies_of_the_cluster_count(self, plans: Plans) -> None:
        plans.cluster.create(plans.policy("keep", CHOSEN))
        chosen = plans.repository("web", CHOSEN)
        named = plans.repository("api", lifecyclePolicyRef={"name": "keep"})
        code, found = plans.json(chosen, named, plans.repository("other"))
        assert code == 2
        assert found["web"]["lifecyclePolicySource"] == found["api"]["lifecyclePolicySource"] == "keep"
        assert found["web"]["changes"][1]["document"] == MINIMAL
        assert "lifecyclePolicySource" not in found["other"]
        assert "notes" not in found["web"]
        _, output = plans.text(chosen)
        assert "Note: EcrLifecyclePolicies are also those of the cluster at https://" in output
        assert "the namespaces are those" not in output

    def test_the_manifest_of_a_name_wins(self, plans: Plans) -> None:
        plans.cluster.create(plans.policy("keep", CHOSEN))
        objects = [plans.policy("keep", CHOSEN, rules=OTHER_RULES), plans.repository("web", CHOSEN)]
        _, found = plans.json(*objects)
        assert found["web"]["changes"][1]["document"]["rules"] == OTHER_RULES

    def test_the_age_is_that_of_the_cluster(self, plans: Plans) -> None:
        """An edit makes no policy younger than one that is new."""
        plans.cluster.create(plans.policy("z", {}))
        objects = [plans.policy("z", {}, rules=OTHER_RULES), plans.policy("a", {}), plans.repository("web")]
        _, found = plans.json(*objects)
        assert found["web"]["lifecyclePolicySource"] == "z"

    def test_the_one_that_the_cluster_says_is_applied_stays(self, plans: Plans) -> None:
        for name in ("a", "z"):
            plans.cluster.create(plans.policy(name, {}))
        plans.live("web", "z")
        _, found = plans.json(plans.repository("web"))
        assert found["web"]["lifecyclePolicySource"] == "z"

    def test_a_reference_to_nothing_is_told(self, plans: Plans) -> None:
        code, found = plans.json(plans.repository("web", lifecyclePolicyRef={"name": "nosuch"}))
        assert code == 2
        assert [one["type"] for one in found["web"]["changes"]] == ["CreateRepository"]
        [note] = found["web"]["notes"]
        assert note.startswith("there is no EcrLifecyclePolicy 'nosuch': what AWS holds stays as it is")


class TestOfAPolicy:
    def test_that_is_new(self, plans: Plans) -> None:
        plans.cluster.create(plans.repository("live", CHOSEN))
        plans.cluster.create(plans.repository("seen", CHOSEN, managementPolicy="Observe"))
        plans.cluster.create(plans.repository("other"))
        plans.live("taken", "old", CHOSEN)
        plans.cluster.create(plans.policy("old", CHOSEN))
        asked = plans.policy("keep", CHOSEN)
        code, output = plans.text(asked)
        assert code == 0
        assert "reaches no EcrRepository; with another policy: live (old), taken (old)\n" in output
        plans.cluster.delete("EcrLifecyclePolicy", plans.namespace, "old")
        plans.cluster.wait_gone("EcrLifecyclePolicy", plans.namespace, "old")
        code, output = plans.text(asked)
        assert code == 2
        assert "reaches 2 EcrRepositories: live, taken; to get it: live, taken" in output
        assert output.endswith("1 to change.\n")

    def test_that_is_there_as_it_is(self, plans: Plans) -> None:
        plans.cluster.create(plans.policy("keep", CHOSEN))
        plans.live("web", "keep", CHOSEN)
        plans.live("held", "keep", CHOSEN, state="Held")
        code, found = plans.json(plans.policy("keep", CHOSEN))
        assert code == 0
        assert effects(found["keep"]) == {"web": "keep", "held": "keep"}

    def test_whose_rules_or_protection_change(self, plans: Plans) -> None:
        plans.cluster.create(plans.policy("keep", CHOSEN))
        plans.live("web", "keep", CHOSEN)
        plans.live("held", "keep", CHOSEN, state="Held")
        code, found = plans.json(plans.policy("keep", CHOSEN, rules=OTHER_RULES))
        assert code == 2
        assert effects(found["keep"]) == {"web": "change", "held": "change"}
        code, found = plans.json(plans.policy("keep", CHOSEN, protection={"imagesInUse": "Warn"}))
        assert code == 2
        assert effects(found["keep"]) == {"web": "keep", "held": "change"}

    def test_that_selects_less(self, plans: Plans) -> None:
        plans.cluster.create(plans.policy("keep", CHOSEN))
        plans.live("web", "keep", CHOSEN)
        plans.live("left", "keep", CHOSEN, onRemoval="Retain")
        plans.live("long-left", "keep", CHOSEN, onRemoval="Retain", state="Unmanaged")
        asked = plans.policy("keep", {"images": "none"})
        code, output = plans.text(asked)
        assert code == 2
        assert "reaches no EcrRepository; to lose it: web; left with it in AWS: left\n" in output
        plans.cluster.delete("EcrRepository", plans.namespace, "web")
        assert plans.text(asked)[0] == 0

    def test_a_repository_that_is_given_is_told_by_its_own_plan(self, plans: Plans) -> None:
        plans.cluster.create(plans.policy("keep", CHOSEN))
        plans.live("web", "keep", CHOSEN)
        _, found = plans.json(plans.policy("keep", CHOSEN), plans.repository("web", CHOSEN))
        assert effects(found["keep"]) == {"web": "planned"}


class TestTheClusterCannotBeSeen:
    @pytest.mark.parametrize("resource", OURS)
    def test_a_right_that_is_missing_is_named(self, plans: Plans, resource: str) -> None:
        others = [one for one in OURS if one != resource]
        user = may_list(plans.cluster, plans.namespace, "less", "ecrlifecyclepolicies")
        if resource == "ecrlifecyclepolicies":
            where = ("Role", plans.namespace, "less")
            rules = [{"apiGroups": ["ecr-operator.dev"], "resources": others, "verbs": ["list"]}]
            plans.cluster.merge_patch(*where, {"rules": rules})
            with Cluster(user) as seen:
                for _ in plans.cluster.polls(20):
                    try:
                        seen.list("EcrLifecyclePolicy", plans.namespace)
                    except ApiError:
                        break
        inline = plans.repository("inline", lifecyclePolicy=MINIMAL)
        objects = [plans.policy(), plans.repository("web"), inline]
        code, output = plans.text(*objects, options=("--kubeconfig", str(user)))
        assert code == 1
        failed = [line for line in output.splitlines() if "error" in line]
        assert len(failed) == 2
        assert all(f"the right to `list` {resource} is missing" in line for line in failed)
        assert "set the lifecycle policy (1 rule)" in output

    def test_of_a_kubeconfig_that_was_only_found_it_is_a_note(
        self, plans: Plans, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = yaml.safe_load(plans.kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
        Path("config").write_text(yaml.safe_dump(config))
        asked = plans.repository("web", lifecyclePolicyRef={"name": "keep"})
        code, output = plans.text(asked, options=("--kubeconfig", "config"))
        assert code == 1
        assert "Unavailable: ecrlifecyclepolicies cannot be listed" in output
        monkeypatch.setenv("KUBECONFIG", "config")
        code, output = plans.text(asked, options=())
        assert code == 2
        assert "Note: of EcrLifecyclePolicies, those of the manifests alone count: ecrlifecyclepo" in output
        assert "is looked for in the cluster at run time" in output

    def test_nor_need_be_for_a_repository_that_says_all_itself(self, plans: Plans) -> None:
        Path("config").write_text("[]")
        asked = [
            plans.repository("inline", lifecyclePolicy=MINIMAL),
            plans.repository("off", suspend=True),
            plans.repository("seen", managementPolicy="Observe"),
        ]
        code, output = plans.text(*asked, options=("--kubeconfig", "config"))
        assert code == 2
        assert "Note" not in output
