"""What end-to-end tests of scans wait for, and operators that look at scans all the time."""

from typing import Any

from tests.cluster import Cluster, Object
from tests.fake_aws.client import ACCOUNT
from tests.repositories import KIND, Repositories, condition, message
from tests.running import Identity, RunningOperator
from tests.waiting import until

INTERVAL = 0.4
NONE_CRITICAL = {"maxCritical": 0}


def scanning_operator(cluster: Cluster, account: str = ACCOUNT, **settings: Any) -> RunningOperator:
    """An operator that looks at images all the time, and at their scans when these are due."""
    fast: dict[str, Any] = {
        "inventory_seconds": INTERVAL,
        "inventory_calls_per_minute": 60_000,
        "scan_poll_seconds": 0.2,
        "adoption": "Everywhere",
    }
    return RunningOperator(cluster.operator_kubeconfig, Identity(account), **fast | settings)


def shown(repositories: Repositories, name: str, *images: dict[str, Any], **scan: Any) -> Object:
    """Wait until the status lists these images in this order; each has at least these members."""

    def holds(obj: Object) -> bool:
        all = obj.get("status", {}).get("scan", {})
        found = all.get("images", [])
        return len(found) == len(images) and scan.items() <= all.items() and all_hold(images, found)

    return repositories.cluster.wait_for(KIND, repositories.namespace, name, holds, what=f"{images} {scan}")


def all_hold(wanted: tuple[dict[str, Any], ...], found: list[dict[str, Any]]) -> bool:
    """Whether each has at least the members that are wanted of it."""
    return all(want.items() <= have.items() for want, have in zip(wanted, found, strict=True))


def verdict(repositories: Repositories, name: str, status: str, reason: str) -> str:
    """Wait for the verdict at the present generation; returns its message."""
    return message(repositories.wait(name, "ScanPassed", status, reason), "ScanPassed")


def looked(repositories: Repositories, name: str, times: int = 3) -> None:
    """Wait until the images were looked at so many times from now."""

    def looks() -> int:
        found: int = repositories.aws.calls(prefix=repositories.name(name)).get("DescribeImages", 0)
        return found

    before = looks()
    until(repositories.cluster, lambda: looks() >= before + times, "looks")


def is_ready(obj: Object) -> bool:
    """Whether the object is Ready."""
    ready = condition(obj, "Ready")
    return ready is not None and ready["status"] == "True"
