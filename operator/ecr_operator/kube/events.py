"""Events on objects (events.k8s.io/v1): what a user sees under ``kubectl describe``."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ecr_operator.api.names import REPORTING_COMPONENT
from ecr_operator.kube.client import Json, KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.paths import resource_path

log = logging.getLogger(__name__)

_API_VERSION = "events.k8s.io/v1"
_LONGEST_NOTE = 1024
_LONGEST_NAME = 253
# What is remembered to mute repetitions; beyond it the oldest is forgotten first.
_MUTED = 20_000
# Failures are logged as a warning once in this many seconds, the others at debug: an outage fails them all.
_WARNING_SECONDS = 60.0
_FORBIDDEN = 403
_NOT_FOUND = 404


class EventRecorder:
    """Posts events in the background; nobody waits for them and nothing depends on them.

    The same reason and note on the same object (uid) is said once in ``mute`` seconds. At most ``limit``
    events wait to be posted; more are dropped. ``instance`` names this process (default: $POD_NAME, else the
    host name).
    """

    def __init__(
        self, client: KubeClient, instance: str | None = None, mute: float = 3600.0, limit: int = 1000
    ) -> None:
        self._client = client
        self._instance = (instance or os.environ.get("POD_NAME") or socket.gethostname())[:128]
        self._mute = mute
        self._waiting: asyncio.Queue[tuple[int, Json]] = asyncio.Queue(limit)
        self._said: OrderedDict[int, float] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self._posting = False
        self._dropping = False
        self._warned = -_WARNING_SECONDS

    def start(self) -> None:
        """Start the background task, if it does not run. ``record`` does it too: kopf, when it ends, cancels
        every task that was born after it started.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._post_all(), name="events")

    def record(
        self,
        obj: Mapping[str, Any],
        reason: str,
        note: str,
        warning: bool = False,
        action: str = "Reconcile",
        repeat: bool = False,
    ) -> None:
        """Say ``note`` (at most 1024 bytes are kept) about ``obj``, with the reason of its condition.

        `repeat` says it again even if it was said within the hour: for what has happened again.
        Returns at once and never raises. The event is in the object's namespace, or in ``default`` for a
        cluster-scoped one.
        """
        now = asyncio.get_running_loop().time()
        said = hash((obj["metadata"]["uid"], reason, note))
        if not repeat and self._said.get(said, now) > now:
            return
        if self._waiting.full():
            if not self._dropping:
                log.warning("Dropped events: %d wait to be posted already", self._waiting.qsize())
            self._dropping = True
            return
        self._dropping = False
        self._said[said] = now + self._mute
        self._said.move_to_end(said)
        if len(self._said) > _MUTED:
            self._said.popitem(last=False)
        self._waiting.put_nowait((said, self._event(obj, reason, note, warning, action)))
        self.start()

    async def flush(self, timeout: float) -> int:
        """Wait until all recorded events are posted, at most ``timeout`` seconds; how many are left unposted.

        The background task ends then: this is for the shutdown.
        """
        if not self._waiting.empty():
            self.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._waiting.join()
        left = self._waiting.qsize() + self._posting
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        return left

    def _event(self, obj: Mapping[str, Any], reason: str, note: str, warning: bool, action: str) -> Json:
        metadata = obj["metadata"]
        regarding = {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        }
        if metadata.get("namespace"):
            regarding["namespace"] = metadata["namespace"]
        suffix = f".{secrets.token_hex(8)}"
        return {
            "apiVersion": _API_VERSION,
            "kind": "Event",
            "metadata": {
                # An event's name is its only identity, and a random one is never taken.
                "name": metadata["name"][: _LONGEST_NAME - len(suffix)].rstrip("-.") + suffix,
                "namespace": metadata.get("namespace") or "default",
            },
            "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": REPORTING_COMPONENT,
            "reportingInstance": self._instance,
            "action": action,
            "reason": reason,
            "type": "Warning" if warning else "Normal",
            "note": _shortened(note),
            "regarding": regarding,
        }

    async def _post_all(self) -> None:
        while True:
            said, event = await self._waiting.get()
            self._posting = True
            try:
                await self._client.post(
                    resource_path(_API_VERSION, "events", event["metadata"]["namespace"]), event
                )
            except KubeError as error:
                self._said.pop(said, None)  # never said: the next one is no repetition
                self._log(event, error)
            except Exception:
                log.exception("An event could not be posted")
            finally:
                self._posting = False
                self._waiting.task_done()

    def _log(self, event: Json, error: KubeError) -> None:
        now = asyncio.get_running_loop().time()
        level = logging.DEBUG
        if not _is_unread(error) and now - self._warned >= _WARNING_SECONDS:
            self._warned = now
            level = logging.WARNING
        regarding = event["regarding"]
        name = f"{regarding['kind']} {regarding.get('namespace', '')}/{regarding['name']}"
        log.log(level, "Failed to post event %s on %s: %s", event["reason"], name, error)


def _is_unread(error: KubeError) -> bool:
    """Whether the namespace is being deleted, or is gone: nobody would read the event."""
    terminating = error.status == _FORBIDDEN and "being terminated" in error.message
    return terminating or error.status == _NOT_FOUND


def _shortened(note: str) -> str:
    """``note`` within the limit, which the server counts in bytes."""
    encoded = note.encode()
    if len(encoded) <= _LONGEST_NOTE:
        return note
    return encoded[: _LONGEST_NOTE - len("…".encode())].decode(errors="ignore") + "…"
