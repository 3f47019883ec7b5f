"""The largest lifecycle policy and the largest statuses are within what the API server allows."""

import time
from typing import Any

import pytest

from tests.api import test_label_selector
from tests.api.lifecycle_examples import more_than, rule
from tests.api.lifecycle_policies import lifecycle_policy
from tests.api.repositories import repository
from tests.api.test_lifecycle_policy_admission import PROTECTIONS
from tests.cluster import Cluster


def largest(field: str) -> dict[str, Any]:
    """All that there can be: 50 rules with 25 entries of 128 characters, descriptions, selector, tags."""
    texts = [[f"{n:02}-{entry:02}-{'x' * 118}****" for entry in range(25)] for n in range(50)]
    rules = [
        rule(n + 1, more_than(1, "tagged", **{field: texts[n]}), description="d" * 1024) for n in range(50)
    ]
    selector = test_label_selector.ACCEPTED["as much as there can be"]
    return {"rules": rules, "repositorySelector": selector, **PROTECTIONS["50 long tags"]}


@pytest.mark.parametrize("field", ["tagPatternList", "tagPrefixList"])
def test_the_largest_policy_is_within_the_cost_that_the_api_server_allows(
    cluster: Cluster, namespace: str, field: str
) -> None:
    cluster.create(lifecycle_policy("web", largest(field), namespace))
    start = time.monotonic()
    cluster.status_patch("EcrLifecyclePolicy", namespace, "web", {"ruleCount": 50})
    assert time.monotonic() - start < 5


def test_the_largest_status_is_taken(cluster: Cluster, namespace: str) -> None:
    cluster.create(lifecycle_policy("web", {}, namespace))
    counts = dict.fromkeys(("matched", "applied", "held", "withdrawn", "pending", "conflicting"), 10**6)
    detail = {"name": "r" * 253, "state": "Conflict", "expiringImages": 10**5, "message": "m" * 512}
    warning = {"rulePriority": 2**31 - 1, "reason": "NothingKept", "message": "m" * 512}
    status = {"repositories": counts, "details": [detail] * 50, "warnings": [warning] * 20}
    kept = cluster.status_patch("EcrLifecyclePolicy", namespace, "web", status)
    assert kept["status"] == {"observedGeneration": -1} | status


def test_the_largest_status_of_a_repository_is_taken(cluster: Cluster, namespace: str) -> None:
    cluster.create(repository("web", {}, namespace))
    image = {"tag": "t" * 300, "digest": f"sha512:{'0' * 128}", "rulePriority": 2**31 - 1}
    preview = {"expiringImages": 10**6, "archivingImages": 10**6, "inUseImages": [image] * 10}
    policy = {"source": "p" * 253, "state": "Unmanaged", "hash": "h" * 128, "onRemoval": "Retain"}
    moment = "2026-11-24T12:00:00Z"
    status = {
        "lifecyclePolicy": policy | {"preview": preview},
        "images": {
            "count": 10**6,
            "taggedCount": 10**6,
            "sizeBytes": 10**15,
            "latest": {"tag": "t" * 300, "digest": image["digest"], "pushedAt": moment},
            "lastPulledAt": "2026-11-23",
            "observedAt": moment,
        },
        "inUse": {"images": 10**6, "workloads": [f"ReplicationController/{n:0253}" for n in range(10)]},
        "estimatedMonthlyCostUSD": "100000.00",
    }
    kept = cluster.status_patch("EcrRepository", namespace, "web", status)
    assert kept["status"] == {"observedGeneration": -1} | status
