"""Statuses that another version of the operator has written."""

from typing import Any

import pytest

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.api.scan_status import SEVERITIES_MAX, SEVERITY_MAX, ScanType
from ecr_operator.api.vulnerability_policy import REPORT_MAX
from tests.api.repositories import repository
from tests.cluster import ApiError, Cluster


def test_a_state_that_is_not_known_is_looked_at_anew() -> None:
    for said, read in {"Held": LifecyclePolicyState.HELD, "Frozen": LifecyclePolicyState.PENDING}.items():
        entry = {"source": "keep", "state": said, "onRemoval": "Retain"}
        status = EcrRepositoryStatus.from_json({"lifecyclePolicy": entry})
        assert status.lifecycle_policy
        assert status.lifecycle_policy.state == read
        assert status.to_json()["lifecyclePolicy"] == entry | {"state": str(read)}


@pytest.mark.parametrize(
    ("said", "read"),
    [("BASIC", ScanType.BASIC), ("ENHANCED", ScanType.ENHANCED), ("DEEP", None), (None, None)],
)
def test_a_kind_of_scanning_that_is_not_known_is_left_out(said: Any, read: ScanType | None) -> None:
    status = EcrRepositoryStatus.from_json({"scan": {"type": said, "frequency": "MANUAL"}})
    assert status.scan
    assert status.scan.type == read
    assert status.to_json()["scan"] == ({"type": said} if read else {}) | {"frequency": "MANUAL"}


IMAGE = {
    "tag": "t" * 300,
    "digest": f"sha256:{'0' * 64}",
    "status": "S" * SEVERITY_MAX,
    "severityCounts": {f"{n:0{SEVERITY_MAX}}": n for n in range(SEVERITIES_MAX)},
    "fixableCritical": 0,
    "completedAt": "2026-11-28T11:00:00Z",
    "passed": "Unknown",
}
LARGEST_SCAN = {
    "type": "ENHANCED",
    "frequency": "F" * SEVERITY_MAX,
    "images": [IMAGE] * REPORT_MAX,
    "worst": IMAGE["severityCounts"],
}


def test_the_largest_scan_is_taken_as_it_is(cluster: Cluster, namespace: str) -> None:
    cluster.create(repository("web", namespace=namespace))
    taken = cluster.status_patch("EcrRepository", namespace, "web", {"scan": LARGEST_SCAN})
    assert taken["status"]["scan"] == LARGEST_SCAN
    assert EcrRepositoryStatus.from_json(taken["status"]).to_json()["scan"] == LARGEST_SCAN


TOO_LARGE: dict[str, tuple[dict[str, Any], str]] = {
    "an image too many": ({"images": [IMAGE] * (REPORT_MAX + 1)}, "status.scan.images: Too many"),
    "a severity too many": (
        {"worst": {f"S{n}": 1 for n in range(SEVERITIES_MAX + 1)}},
        "status.scan.worst: Too many",
    ),
    "a severity's name that is too long": (
        {"worst": {"S" * (SEVERITY_MAX + 1): 1}},
        "a key of `severityCounts` must have 1 to 64 characters",
    ),
    "fewer than no findings": ({"worst": {"CRITICAL": -1}}, "should be greater than or equal to 0"),
    "a verdict that is none": ({"images": [IMAGE | {"passed": "Maybe"}]}, "Unsupported value"),
    "a kind that is none": ({"type": "DEEP"}, "Unsupported value"),
}


@pytest.mark.parametrize(("scan", "words"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_what_a_status_cannot_say(cluster: Cluster, namespace: str, scan: dict[str, Any], words: str) -> None:
    cluster.create(repository("web", namespace=namespace))
    with pytest.raises(ApiError) as error:
        cluster.status_patch("EcrRepository", namespace, "web", {"scan": scan})
    assert words in error.value.message
