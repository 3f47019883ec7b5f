"""Waiting for what is no object: see `Cluster.wait_for` for those."""

from collections.abc import Callable

from tests.cluster import Cluster


def until(
    cluster: Cluster, holds: Callable[[], object], what: str, timeout: float = 60, interval: float = 0.05
) -> None:
    """Wait until `holds()`; `AssertionError` after `timeout` seconds."""
    for _ in cluster.polls(timeout, interval):
        if holds():
            return
    raise AssertionError(f"no {what} within {timeout} s")
