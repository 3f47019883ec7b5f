"""The work on the keys of one kind: a queue, its workers, and what metrics and log say of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from ecr_operator.aws.errors import AwsError
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.engine.workers import Workers
from ecr_operator.kube.errors import KubeError
from ecr_operator.metrics import Metrics

log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)


class Work(Generic[K]):
    """`reconcile` is called for each key of `queue`, by `workers` at once; none before `resume`.

    Built while the event loop runs; the work begins at once.
    """

    def __init__(
        self,
        kind: str,
        queue: WorkQueue[K],
        reconcile: Callable[[K], Awaitable[float | None]],
        workers: int,
        metrics: Metrics,
    ) -> None:
        self._kind = kind
        self._queue = queue
        self._reconcile = reconcile
        self._metrics = metrics
        queue.pause()
        self._workers = Workers(queue, self._timed, workers, self._on_error)
        self.task = asyncio.create_task(self._workers.run(), name=f"workers-{kind}")
        """Ends with `drain`, or with what ended a worker."""

    def resume(self) -> None:
        """Hand out keys: the store holds all objects."""
        self._queue.resume()

    def pause(self) -> None:
        """Hand out no keys: absence in the store is no fact any more."""
        self._queue.pause()

    def measure(self) -> None:
        """Bring the metrics of the queue up to date."""
        self._metrics.depth.labels(self._kind).set(len(self._queue))

    async def drain(self, timeout: float) -> int:
        """Let the running reconciles end within `timeout` seconds; how many were cut short."""
        cut = await self._workers.drain(timeout)
        await asyncio.gather(self.task, return_exceptions=True)
        return cut

    async def _timed(self, key: K) -> float | None:
        with self._metrics.reconcile_seconds.labels(self._kind).time():
            after = await self._reconcile(key)
        self._metrics.reconciles.labels(self._kind, "success").inc()
        return after

    def _on_error(self, key: K, error: Exception, delay: float) -> None:
        self._metrics.reconciles.labels(self._kind, "error").inc()
        reason = error.reason if isinstance(error, AwsError) else type(error).__name__
        self._metrics.reconcile_errors.labels(self._kind, reason).inc()
        expected = isinstance(error, AwsError | KubeError)
        name = "/".join(key) if isinstance(key, tuple) else key
        log.warning(
            "Failed to reconcile %s %s, again in %.1f s: %s",
            self._kind,
            name,
            delay,
            error,
            # A stack is of use only where nobody foresaw the error.
            exc_info=None if expected else error,
        )
