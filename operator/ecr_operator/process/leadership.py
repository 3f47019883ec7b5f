"""Whether this replica acts: it leads, and stops at once when it does not any more."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import NoReturn

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.lease import Lease, LeaseLost
from ecr_operator.settings import Settings, lease_identity, pod_namespace

log = logging.getLogger(__name__)

NAME = "ecr-operator"
WATCHDOG_SECONDS = 0.5
EXIT_CODE = 1


def exit_at_once() -> NoReturn:
    """End the process without draining: calls to AWS that are under way in threads cannot be cancelled."""
    logging.shutdown()
    os._exit(EXIT_CODE)


class Leadership:
    """Of one process. With `settings.leader_elect` false it always leads.

    `on_loss` is called when the Lease is lost, perhaps from another thread.
    """

    def __init__(
        self, settings: Settings, client: KubeClient, on_loss: Callable[[], None] = exit_at_once
    ) -> None:
        self._on_loss = on_loss
        self._lease: Lease | None = None
        self._keeping: asyncio.Task[NoReturn] | None = None
        self._ended = threading.Event()
        if settings.leader_elect:
            duration = settings.lease_seconds
            self._lease = Lease(
                client,
                pod_namespace(),
                NAME,
                lease_identity(),
                duration=duration,
                deadline=duration * 2 / 3,
                retry=min(1.0, duration / 5),
                request_timeout=min(3.0, duration / 5),
            )

    @property
    def holds(self) -> bool:
        """Whether this process may act, now. From any thread."""
        return self._lease is None or self._lease.holds

    @property
    def failure(self) -> str:
        """Why nothing is known of the Lease; empty where it is."""
        return "" if self._lease is None else self._lease.failure

    async def acquire(self) -> bool:
        """Wait until this process leads, and keep it so until `release`."""
        if self._lease is None:
            return True
        await self._lease.acquire()
        self._keeping = asyncio.create_task(self._lease.keep(), name="lease")
        self._keeping.add_done_callback(self._kept)
        threading.Thread(target=self._watch, name="lease", daemon=True).start()
        return True

    async def release(self) -> None:
        """Let another replica lead, also where this one only waited."""
        self._ended.set()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._lease is not None:
            await self._lease.release()

    def _kept(self, task: "asyncio.Task[NoReturn]") -> None:
        if not task.cancelled() and isinstance(task.exception(), LeaseLost):
            self._on_loss()

    def _watch(self) -> None:
        """In a thread of its own: an event loop that hangs renews nothing, and notices nothing."""
        while not self._ended.wait(WATCHDOG_SECONDS):
            if not self.holds:
                log.error("The Lease was not renewed in time")
                self._on_loss()
                return
