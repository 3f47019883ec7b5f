"""What a start, a sweep and a changed spec make of scans that are known."""

from typing import Any

import pytest

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.lifecycle import UNPULLED
from tests.repositories import Repositories, condition
from tests.running import RunningOperator
from tests.scans import NONE_CRITICAL, looked, scanning_operator, shown, verdict
from tests.waiting import until

FINDINGS = "DescribeImageScanFindings"
CONFIGURATION = "BatchGetRepositoryScanningConfiguration"
PULLED = {"rules": [UNPULLED]}


@pytest.fixture
def operator(cluster: Cluster, repositories: Repositories) -> Any:
    """Operators for the test's namespace alone."""

    def make(**settings: Any) -> RunningOperator:
        return scanning_operator(cluster, watch_namespaces=(repositories.namespace,), **settings)

    return make


def test_a_start_asks_nothing_at_once_and_writes_nothing(
    operator: Any, repositories: Repositories, aws: FakeAws, cluster: Cluster
) -> None:
    filters = [{"filter": repositories.namespace, "filterType": "WILDCARD"}]
    rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}]
    aws.set_registry_scanning({"scanType": "BASIC", "rules": rules})
    names = ("web", "index", "missing")
    for name in names:
        scan_on_push = {"imageScanningConfiguration": {"scanOnPush": False}}
        repositories.by_hand(name, owner=repositories.owner(name))
        policy = {"lifecyclePolicy": PULLED} if name == "index" else {}
        repositories.create(name, vulnerabilityPolicy=NONE_CRITICAL, **scan_on_push, **policy)
    aws.put_image(repositories.name("web"), ["1"])
    aws.set_scan(repositories.name("web"), "1", {"CRITICAL": 1})
    aws.put_image(repositories.name("index"), ["1"], children=[])
    aws.put_image(repositories.name("missing"), ["1"], age=86_400.0)
    aws.set_scan(repositories.name("missing"), "1", status=None)
    with operator(scan_poll_seconds=30.0):
        verdict(repositories, "web", "False", "VulnerabilitiesFound")
        assert "register-pull-time" in verdict(repositories, "index", "Unknown", "PullTimesCount")
        verdict(repositories, "missing", "Unknown", "NotScanned")
        for name in names:
            repositories.wait(name, "ScanConfigManagedByRegistry", "True")
            repositories.ready(name)
    before = {name: repositories.get(name)["metadata"]["resourceVersion"] for name in names}
    aws.reset_calls()
    with operator(scan_poll_seconds=30.0, resync_seconds=0.5):
        looked(repositories, "web", 4)
        until(cluster, lambda: aws.calls().get("GetResources", 0) >= 2, "sweeps")
        assert {name: repositories.get(name)["metadata"]["resourceVersion"] for name in names} == before
        calls = repositories.calls()
        assert FINDINGS not in calls
        assert "BatchGetImage" not in calls
    aws.set_registry_scanning(None)


def test_a_policy_that_was_changed_while_nobody_watched_is_judged_by_what_is_known(
    operator: Any, repositories: Repositories, aws: FakeAws, cluster: Cluster
) -> None:
    name = repositories.name("web")
    repositories.by_hand("web", owner=repositories.owner("web"))
    repositories.create("web", vulnerabilityPolicy=NONE_CRITICAL)
    aws.put_image(name, ["1"])
    aws.set_scan(name, "1", {"CRITICAL": 1})
    with operator():
        verdict(repositories, "web", "False", "VulnerabilitiesFound")
        shown(repositories, "web", {"severityCounts": {"CRITICAL": 1}}, frequency="MANUAL")
    repositories.patch("web", vulnerabilityPolicy={"maxCritical": 1})
    aws.reset_calls()
    with operator(inventory_seconds=1e6):
        cluster.kubectl(
            "wait",
            "-n",
            repositories.namespace,
            "ecrrepository/web",
            "--for=condition=ScanPassed=true",
            "--timeout=20s",
        )
        obj = repositories.get("web")
        found = condition(obj, "ScanPassed")
        assert found is not None
        assert found["observedGeneration"] == obj["metadata"]["generation"]
        assert FINDINGS not in repositories.calls()
        # The same while it watches: kubectl sees no verdict of the policy before.
        repositories.patch("web", vulnerabilityPolicy={"maxCritical": 0})
        cluster.kubectl(
            "wait",
            "-n",
            repositories.namespace,
            "ecrrepository/web",
            "--for=condition=ScanPassed=false",
            "--timeout=20s",
        )


def test_neither_a_creation_nor_a_sweep_asks_about_scans(
    operator: Any, repositories: Repositories, aws: FakeAws, cluster: Cluster
) -> None:
    with operator(inventory_seconds=1e6, resync_seconds=0.5):
        aws.reset_calls()
        for one in range(5):
            repositories.created(f"web-{one}", vulnerabilityPolicy=NONE_CRITICAL)
        for one in range(5):
            aws.put_image(repositories.name(f"web-{one}"), ["1"])
        sweeps = aws.calls().get("GetResources", 0)
        until(cluster, lambda: aws.calls().get("GetResources", 0) >= sweeps + 3, "sweeps")
        calls = repositories.calls()
        assert CONFIGURATION not in calls
        assert FINDINGS not in calls
        assert "GetRegistryScanningConfiguration" not in aws.calls()


def test_an_object_that_is_being_deleted_is_left_alone(
    operator: Any, repositories: Repositories, aws: FakeAws
) -> None:
    name = repositories.name("web")
    with operator(scan_seconds=0.3):
        repositories.created("web", deletionPolicy="Delete")
        repositories.created("other")
        aws.put_image(name, ["1"])
        aws.scan_images([name], {"LOW": 1})
        shown(repositories, "web", {"status": "COMPLETE"})
        repositories.delete("web")
        repositories.reconciling("web", "RepositoryNotEmpty")
        looked(repositories, "other")
        aws.reset_calls()
        looked(repositories, "other", 4)
        calls = aws.calls(prefix=name)
        assert FINDINGS not in calls
        assert CONFIGURATION not in calls
        aws.delete_images(name)
        repositories.wait_gone("web")
