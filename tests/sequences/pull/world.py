"""Where sequences for EcrPullSecrets run: one operator for all of them, which may be started anew."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.cluster import Cluster
from tests.fake_aws.client import FakeAws
from tests.running import RunningOperator
from tests.sequences.world import QUICK


class PullWorld:
    """A cluster and AWS; names begin with a prefix of the world's own."""

    def __init__(self, cluster: Cluster, aws: FakeAws, prefix: str) -> None:
        self.cluster = cluster
        self.aws = aws
        self._prefix = prefix
        self._lock = threading.Lock()
        self._names = 0
        self._running: RunningOperator | None = None
        self._settings: dict[str, Any] = {}

    @contextmanager
    def running(self, **settings: Any) -> Iterator[RunningOperator]:
        """The operator at work."""
        self._settings = settings
        self._running = self.operator(**settings)
        try:
            yield self._running.__enter__()
        finally:
            self._running.stop()

    def operator(self, **settings: Any) -> RunningOperator:
        """An operator, not started yet."""
        return RunningOperator(self.cluster.operator_kubeconfig, **{**QUICK, **settings})

    def restart(self) -> None:
        """End the operator at work, and start another one."""
        with self._lock:
            assert self._running is not None
            self._running.stop()
            self._running = self.operator(**self._settings)
            self._running.__enter__()

    def new_name(self) -> str:
        """A name for an object that was never used; those of its namespaces begin with it."""
        with self._lock:
            self._names += 1
            return f"{self._prefix}-{self._names:05}"

    def new_role(self) -> str:
        """A role of an account that nobody else uses."""
        return self.aws.create_role(str(random.randrange(3 * 10**11, 9 * 10**11)), "pull-images")
