"""Many namespaces, and the EcrPullSecret that they all get their Secret from."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ecr_operator.api.names import API_VERSION, PULL_SECRET_LABEL
from tests.bench.api_server import ApiServer, Holds, Request, namespace_of
from tests.bench.population import Wave
from tests.cluster import Object
from tests.kinds import path

T = TypeVar("T")

KIND = "EcrPullSecret"
NAME = "bench"
DATA = ".dockerconfigjson"


@dataclass(frozen=True)
class Namespaces:
    """`size` namespaces; with `accounts` the Secret goes on the service account `default` of each too."""

    kubeconfig: Path
    prefix: str
    size: int
    accounts: bool = False

    def names(self, begin: int = 0, end: int | None = None) -> list[str]:
        """The names of some, by default of all."""
        return [f"{self.prefix}-{number:05d}" for number in range(begin, self.size if end is None else end)]

    def create(self, timeout: float) -> None:
        """Create all, and wait until they have what every namespace gets."""
        _run(self._create(timeout))

    def hand_out(self, timeout: float) -> Wave:
        """Create the EcrPullSecret, and wait until all namespaces have its Secret; timed from the POST."""
        return _run(self._wave(iter((Request("POST", path(KIND), self._manifest()),)), _exists, timeout))

    def refresh(self, timeout: float) -> Wave:
        """Ask for new credentials, and wait until all namespaces have them."""
        return _run(self._refreshed(timeout))

    def ask(self, value: str) -> None:
        """Ask for new credentials, and wait for nothing."""
        _run(self._send(iter((self._ask(value),))))

    def latencies(self, number: int, timeout: float) -> list[float]:
        """Create further namespaces, one after the other, and measure how long each waits for its Secret.

        Timed from the answer to the POST; `timeout` for one that does not get it.
        """
        return _run(self._latencies(number, timeout))

    def wait_settled(self, timeout: float) -> bool:
        """Wait until the status says that all namespaces are ready."""

        def settled(obj: Object | None) -> bool:
            counts = ((obj or {}).get("status") or {}).get("namespaces") or {}
            return counts.get("matched", 0) >= self.size and counts["ready"] == counts["matched"]

        return not _run(self._seen(path(KIND), [NAME], settled, timeout))

    async def _create(self, timeout: float) -> None:
        manifests = (self._namespace(name) for name in self.names())
        await self._send(Request("POST", path("Namespace"), manifest) for manifest in manifests)
        async with ApiServer(self.kubeconfig) as server:
            # Made by the controller manager, a moment later; one in each.
            await server.seen(path("ServiceAccount"), self.names(), _exists, timeout, key=namespace_of)

    async def _refreshed(self, timeout: float) -> Wave:
        async with ApiServer(self.kubeconfig) as server:
            before = await server.get(path("Secret", self.names()[0], NAME))
        old = before["data"][DATA]
        ask = self._ask(str(time.monotonic()))
        return await self._wave(
            iter((ask,)), lambda obj: obj is not None and obj["data"][DATA] != old, timeout
        )

    async def _wave(self, requests: Iterator[Request], holds: Holds, timeout: float) -> Wave:
        listening = asyncio.Event()
        async with ApiServer(self.kubeconfig) as server:
            seen = asyncio.create_task(
                server.seen(SECRETS, self.names(), holds, timeout, listening, key=namespace_of)
            )
            await asyncio.wait({seen, asyncio.create_task(listening.wait())}, return_when="FIRST_COMPLETED")
            begin = time.monotonic()
            await server.send(requests)
            missing = await seen
            return Wave(time.monotonic() - begin, len(missing))

    async def _latencies(self, number: int, timeout: float) -> list[float]:
        names = self.names(self.size, self.size + number)
        taken = []
        async with ApiServer(self.kubeconfig) as server:
            for name in names:
                await server.send([Request("POST", path("Namespace"), self._namespace(name))])
                begin = time.monotonic()
                missing = await server.seen(path("Secret", name), [NAME], _exists, timeout)
                taken.append(timeout if missing else time.monotonic() - begin)
        return taken

    async def _seen(self, where: str, names: list[str], holds: Holds, timeout: float) -> set[str]:
        async with ApiServer(self.kubeconfig) as server:
            return await server.seen(where, names, holds, timeout)

    async def _send(self, requests: Iterator[Request]) -> None:
        async with ApiServer(self.kubeconfig) as server:
            await server.send(requests)

    def _ask(self, value: str) -> Request:
        annotations = {"ecr-operator.dev/reconcile": value}
        return Request("PATCH", path(KIND, name=NAME), {"metadata": {"annotations": annotations}})

    def _namespace(self, name: str) -> Object:
        metadata = {"name": name, "labels": {"bench": self.prefix}}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def _manifest(self) -> Object:
        spec: Object = {
            "registries": [{}],
            "namespaces": {"selector": {"matchLabels": {"bench": self.prefix}}},
        }
        if self.accounts:
            spec["serviceAccounts"] = {"names": ["default"]}
        return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": NAME}, "spec": spec}


SECRETS = f"{path('Secret')}?labelSelector={PULL_SECRET_LABEL}"


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _exists(obj: Object | None) -> bool:
    return obj is not None
