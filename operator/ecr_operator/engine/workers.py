"""The workers: each takes a key, reconciles it, and says when to look again."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from ecr_operator.engine.queue import Closed, WorkQueue

K = TypeVar("K", bound=Hashable)

# What a cancelled reconcile gets to end in before it is left behind, in seconds.
_CANCELLATION_SECONDS = 1.0


class Parked(Exception):
    """The reconcile cannot go on until ``WorkQueue.unpark``, or until ``seconds`` have passed."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__("waits to be unparked")
        self.seconds = seconds


class Interrupted(Exception):
    """Something that the reconcile awaited was cancelled, but not the worker (a shared task, a future)."""


class WorkerEndedError(RuntimeError):
    """A worker was cancelled by somebody else than ``drain``; its key would never be looked at again."""


class Workers(Generic[K]):
    """``count`` tasks that work off ``queue``.

    ``reconcile(key)`` returns the seconds until it wants to look again, or None. ``Parked`` parks the key.
    Any other exception is transient: the key is retried with back-off, ``on_error(key, exception, delay)``
    is told (delay in seconds; 0.0: the key was added meanwhile and runs at once). An exception from
    ``on_error`` itself is a bug and ends ``run``.
    """

    def __init__(
        self,
        queue: WorkQueue[K],
        reconcile: Callable[[K], Awaitable[float | None]],
        count: int,
        on_error: Callable[[K, Exception, float], None],
    ) -> None:
        self._queue = queue
        self._reconcile = reconcile
        self._count = count
        self._on_error = on_error
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False

    async def run(self) -> None:
        """Work until the queue is closed (``drain`` does that). Raises what ended a worker, if anything did.

        Cancelling it cancels the workers.
        """
        self._tasks = [
            asyncio.create_task(self._work(), name=f"worker-{number}") for number in range(self._count)
        ]
        pending: set[asyncio.Task[None]] = set(self._tasks)
        try:
            while pending:
                ended, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    if not task.cancelled():
                        task.result()
                    elif not self._draining:
                        raise WorkerEndedError(f"{task.get_name()} was cancelled")
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def drain(self, timeout: float) -> int:
        """Hand out no more keys and let the running reconciles end within ``timeout`` seconds.

        Those that do not are cancelled; returns how many. ``run`` returns then.
        """
        self._draining = True
        self._queue.close()
        if not self._tasks:
            return 0
        _, pending = await asyncio.wait(self._tasks, timeout=timeout)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=_CANCELLATION_SECONDS)
        return len(pending)

    async def _work(self) -> None:
        while True:
            try:
                key = await self._queue.get()
            except Closed:
                return
            try:
                after = await self._reconcile(key)
            except asyncio.CancelledError as error:
                if _is_cancelled():
                    raise
                self._failed(key, Interrupted(str(error) or "something awaited was cancelled"))
            except Parked as parked:
                self._queue.park(key, parked.seconds)
            except Exception as error:
                self._failed(key, error)
            else:
                self._queue.done(key, after)
            # A queue with ready keys never suspends, nor need a reconcile of an object in sync. Without
            # this a restart with 10,000 keys would hold up the watch, the Lease and the probes.
            await asyncio.sleep(0)

    def _failed(self, key: K, error: Exception) -> None:
        self._on_error(key, error, self._queue.retry(key))


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
