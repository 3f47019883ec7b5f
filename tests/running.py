"""The operator in this process, for tests: started, ready, and ended in order whatever the test does."""

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import botocore.session

from ecr_operator.process import Operator
from ecr_operator.settings import Settings
from tests.fake_aws.client import ACCOUNT, REGION, SECRET, key_of

CLUSTER = "test"

FAST: dict[str, Any] = {
    "cluster_name": CLUSTER,
    "http_port": 0,
    # The operators of a cluster's tests look after a namespace each.
    "leader_elect": False,
    "circuit_probe_seconds": 0.5,
    # Nothing sweeps unless a test asks for it.
    "resync_seconds": 1e6,
    "stalled_recheck_seconds": 1.0,
    "waiting_recheck_seconds": 0.5,
    "backoff_max_seconds": 2.0,
    "propagation_seconds": 2.0,
    "adoption_seconds": 1.0,
    "preview_seconds": 0.2,
    "in_use_seconds": 0.2,
    "summary_seconds": 0.3,
    "inventory_seconds": 1e6,
    "transient_seconds": 0.0,
}


class Identity:
    """AWS credentials and region as a test sets them; `account` None is none at all."""

    def __init__(self, account: str | None = ACCOUNT, region: str = REGION) -> None:
        self.account = account
        self.region = region

    def __call__(self) -> botocore.session.Session:
        """The botocore session that the operator calls AWS with."""
        session = botocore.session.Session()
        session.set_config_variable("region", self.region)
        if self.account is not None:
            session.set_credentials(key_of(self.account), SECRET)
        return session


class RunningOperator:
    """A context manager; in it the operator is ready. `now` is its machine's clock."""

    def __init__(
        self,
        kubeconfig: Path,
        identity: Identity | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        **settings: Any,
    ) -> None:
        self.identity = identity or Identity()
        self._operator = Operator(
            Settings(**{**FAST, **settings}),
            kubeconfig=str(kubeconfig),
            now=now,
            identity=self.identity,
            on_lease_lost=self._lost,
        )
        # As `asyncio.run` ends a loop: nothing that is still open then is left to the garbage collector.
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._stop: asyncio.Event | None = None
        self._began = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)

    def __enter__(self) -> Self:
        try:
            return self.start().wait_ready()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start it, without waiting for anything."""
        self._thread.start()
        assert self._began.wait(10), "the operator's thread did not start"
        return self

    def wait_ready(self, timeout: float = 20.0) -> Self:
        """Wait until it says that it is ready."""
        self.wait(lambda: self.readiness() is None, timeout, "readiness")
        return self

    def wait(self, holds: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait until `holds()`; AssertionError after `timeout` seconds, or when the operator has ended."""
        pause = threading.Event()
        for _ in range(int(timeout / 0.02)):
            if holds():
                return
            assert self._thread.is_alive(), f"the operator has ended: {self._error!r}"
            pause.wait(0.02)
        raise AssertionError(f"no {what} within {timeout} s: {self.readiness()}")

    def readiness(self) -> str | None:
        """Why it is not ready, as `/readyz` says; None when it is."""
        if self._operator.port is None:
            return "no probes yet"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._operator.port}/readyz", timeout=5):
                return None
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except (urllib.error.URLError, TimeoutError) as error:
            return f"no answer: {error}"

    def metrics(self) -> str:
        """What `/metrics` answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._operator.port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def show(self, kind: str, obj: dict[str, Any]) -> None:
        """Let the store believe that the watch has shown `obj`."""
        store = self._operator._store
        assert store is not None
        self._loop.call_soon_threadsafe(store.put, kind, obj)

    def stop(self) -> None:
        """End it, and raise what it ended with."""
        if self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the operator did not end"
        if self._error is not None:
            raise self._error

    def _lost(self) -> None:
        """Where a process of its own would end at once."""
        self._error = AssertionError("the Lease was lost")
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    def _run(self) -> None:
        try:
            with self._runner as runner:
                runner.run(self._operate())
        except BaseException as error:
            self._error = error

    async def _operate(self) -> None:
        self._stop = asyncio.Event()
        self._began.set()
        await self._operator.run(self._stop)
