"""GitOps tools apply the same manifest again and again, and shrink it: nothing may differ or get stuck."""

import json
from typing import Any

import pytest

from tests.api.lifecycle_examples import EXAMPLES
from tests.api.lifecycle_policies import lifecycle_policy
from tests.api.repositories import repository
from tests.cluster import ApiError, Cluster, Object

FILTERS = "imageTagMutabilityExclusionFilters"
FULL: dict[str, Any] = {
    "suspend": False,
    "deletionPolicy": "Delete",
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    FILTERS: [{"filterType": "WILDCARD", "filter": "dev-*"}, {"filterType": "WILDCARD", "filter": "latest"}],
    "encryptionConfiguration": {"encryptionType": "KMS"},
    "imageScanningConfiguration": {"scanOnPush": True},
    "tags": {"team": "a", "cost-centre": "42"},
    "lifecyclePolicy": {"rules": EXAMPLES["combining archive and expire rules"]},
    "access": {
        "pull": {"accounts": ["123456789012"], "organizations": ["o-a1b2c3d4e5"]},
        "lambda": {"accounts": ["123456789012"]},
    },
    "repositoryPolicy": {
        "statements": [
            {"Sid": "A", "Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Unknown": {"a": 1}},
            {"Sid": "B", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["ecr:*"]},
        ]
    },
    "foreignStatements": "Remove",
}


def test_an_untouched_object_has_been_observed_by_nobody(cluster: Cluster, namespace: str) -> None:
    created = cluster.create(repository("web", namespace=namespace))
    assert created["status"] == {"observedGeneration": -1}
    assert cluster.get("EcrRepository", namespace, "web")["status"] == {"observedGeneration": -1}


def without_spec(namespace: str) -> Object:
    manifest = repository("web", namespace=namespace)
    del manifest["spec"]
    return manifest


@pytest.mark.parametrize("spec", [FULL, {}, None], ids=["everything", "nothing", "no spec"])
def test_applying_again_changes_nothing(
    cluster: Cluster, namespace: str, spec: dict[str, Any] | None
) -> None:
    manifest = without_spec(namespace) if spec is None else repository("web", spec, namespace)
    first = cluster.apply(manifest)
    assert first["spec"] == (spec or {})
    second = cluster.apply(manifest)
    assert (second["spec"], second["metadata"]["generation"]) == (first["spec"], 1)
    # The second apply stores the default of `status`; from then on nothing is written at all.
    assert cluster.apply(manifest) == second


@pytest.mark.parametrize("spec", [FULL, {}], ids=["everything", "nothing"])
def test_kubectl_sees_no_difference(cluster: Cluster, namespace: str, spec: dict[str, Any]) -> None:
    manifest = json.dumps(repository("web", spec, namespace))
    cluster.kubectl("apply", "--server-side", "-f", "-", input=manifest)
    assert cluster.kubectl("diff", "--server-side", "-f", "-", input=manifest).stdout == ""


SHRUNK: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the last field of spec": ({"deletionPolicy": "Delete"}, {}),
    "the last tag": ({"tags": {"team": "a"}}, {"tags": {}}),
    "the last field of an object": (
        {"imageScanningConfiguration": {"scanOnPush": True}},
        {"imageScanningConfiguration": {}},
    ),
    "a filter": (FULL, FULL | {FILTERS: FULL[FILTERS][:1]}),
    "a tag": (FULL, FULL | {"tags": {"team": "a"}}),
    "a lifecycle rule": (FULL, FULL | {"lifecyclePolicy": {"rules": EXAMPLES["filtering on image age"]}}),
    "the lifecycle policy": (FULL, {key: FULL[key] for key in FULL if key != "lifecyclePolicy"}),
    "a grant": (FULL, FULL | {"access": {"lambda": FULL["access"]["lambda"]}}),
    "the last grant": ({"access": {"pull": {"accounts": ["123456789012"]}}}, {"access": {}}),
    "a statement": (
        FULL,
        FULL | {"repositoryPolicy": {"statements": FULL["repositoryPolicy"]["statements"][1:]}},
    ),
}


@pytest.mark.parametrize(("before", "after"), SHRUNK.values(), ids=SHRUNK.keys())
def test_what_is_taken_out_of_the_manifest_goes(
    cluster: Cluster, namespace: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    cluster.apply(repository("web", before, namespace))
    assert cluster.apply(repository("web", after, namespace))["spec"] == after


@pytest.mark.parametrize("field", ["tags", FILTERS, "lifecyclePolicy", "access"])
def test_a_second_manager_cannot_add_an_entry_unseen(cluster: Cluster, namespace: str, field: str) -> None:
    cluster.apply(repository("web", FULL, namespace))
    added: dict[str, dict[str, Any]] = {
        "tags": {"tags": {"smuggled": "in"}},
        FILTERS: {FILTERS: [{"filterType": "WILDCARD", "filter": "*"}]},
        "lifecyclePolicy": {"lifecyclePolicy": {"rules": EXAMPLES["filtering on image count"]}},
        "access": {"access": {"push": {"accounts": ["000000000000"]}}},
    }
    with pytest.raises(ApiError) as error:
        cluster.apply(repository("web", added[field], namespace), field_manager="second")
    assert error.value.status == 409
    assert f".spec.{field}" in error.value.message


POLICY: dict[str, Any] = {
    "rules": EXAMPLES["combining archive and expire rules"],
    "repositorySelector": {"matchLabels": {"team": "a"}},
    "protection": {"maxExpiringImages": 5, "protectedTags": ["prod-*"]},
    "deletionPolicy": "Retain",
}


def test_applying_a_lifecycle_policy_again_changes_nothing(cluster: Cluster, namespace: str) -> None:
    manifest = lifecycle_policy("web", POLICY, namespace)
    assert cluster.apply(manifest)["spec"] == POLICY
    second = cluster.apply(manifest)
    assert (second["spec"], second["metadata"]["generation"]) == (POLICY, 1)
    assert cluster.apply(manifest) == second


@pytest.mark.parametrize(
    "smaller",
    [
        {"rules": POLICY["rules"][:1]},
        {"repositorySelector": {}},
        {"repositorySelector": {"matchLabels": {}}},
        {"protection": {}},
        {"protection": {"protectedTags": []}},
    ],
    ids=str,
)
def test_what_is_taken_out_of_a_lifecycle_policy_goes(
    cluster: Cluster, namespace: str, smaller: dict[str, Any]
) -> None:
    cluster.apply(lifecycle_policy("web", POLICY, namespace))
    applied = cluster.apply(lifecycle_policy("web", POLICY | smaller, namespace))
    assert applied["spec"] == POLICY | smaller


ADDED_TO_A_POLICY: dict[str, dict[str, Any]] = {
    "rules": {"rules": EXAMPLES["filtering on image count"]},
    "repositorySelector": {"repositorySelector": {"matchLabels": {"tier": "b"}}},
    "protection": {"protection": {"imagesInUse": "Ignore"}},
}


@pytest.mark.parametrize("field", ADDED_TO_A_POLICY)
def test_a_second_manager_cannot_add_to_a_lifecycle_policy_unseen(
    cluster: Cluster, namespace: str, field: str
) -> None:
    cluster.apply(lifecycle_policy("web", POLICY, namespace))
    second = lifecycle_policy("web", {}, namespace) | {"spec": ADDED_TO_A_POLICY[field]}
    with pytest.raises(ApiError) as error:
        cluster.apply(second, field_manager="second")
    assert error.value.status == 409
    assert f".spec.{field}" in error.value.message


def test_suspending_by_hand_outlives_the_next_apply(cluster: Cluster, namespace: str) -> None:
    cluster.apply(repository("web", {"deletionPolicy": "Delete"}, namespace))
    cluster.merge_patch("EcrRepository", namespace, "web", {"spec": {"suspend": True}})
    applied = cluster.apply(repository("web", {"deletionPolicy": "Retain"}, namespace))
    assert applied["spec"] == {"deletionPolicy": "Retain", "suspend": True}
