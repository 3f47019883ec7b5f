"""Requests to the API server as users send them, many at once, and what is seen of their objects."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import aiohttp

from ecr_operator.kube.client import KubeClient

Json = dict[str, Any]
Holds = Callable[[Json | None], bool]
"""Whether an object (None: it does not exist) is what is waited for."""

Key = Callable[[Json], str]
"""By what an object is known."""

AT_ONCE = 20
LONGEST_LINE = 2**20
PAGE = 500


def name_of(obj: Json) -> str:
    """The name of an object."""
    name: str = obj["metadata"]["name"]
    return name


def namespace_of(obj: Json) -> str:
    """The namespace of an object, of which there is one in each."""
    namespace: str = obj["metadata"]["namespace"]
    return namespace


class Request(NamedTuple):
    """One request to send."""

    method: str
    path: str
    body: Json | None = None


class ApiServer:
    """An asynchronous context manager."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    async def __aenter__(self) -> Self:
        async with await KubeClient.connect(str(self._kubeconfig)) as client:
            host, context = client.configuration.host, client.ssl_context
        self._session = aiohttp.ClientSession(
            base_url=host,
            connector=aiohttp.TCPConnector(ssl=context, limit=AT_ONCE + 1),
            timeout=aiohttp.ClientTimeout(),
            read_bufsize=LONGEST_LINE,
            raise_for_status=True,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(self, requests: Iterable[Request]) -> None:
        """Send all, `AT_ONCE` at a time."""
        waiting = iter(requests)

        async def work() -> None:
            for request in waiting:
                await self._send(request)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def get(self, path: str) -> Json:
        """Read an object."""
        async with self._session.get(path) as response:
            found: Json = await response.json()
            return found

    async def seen(
        self,
        path: str,
        names: Iterable[str],
        holds: Holds,
        timeout: float,
        begun: asyncio.Event | None = None,
        key: Key = name_of,
        only: str | None = None,
    ) -> set[str]:
        """Wait until each of `names` was seen as `holds` wants it; returns those that never were.

        `begun` is set as soon as nothing can be missed any more; `key` is what `names` holds of an object.
        `only` is the name of the only object to be read at all, in a large population.
        """
        missing = set(names)
        select = {"fieldSelector": f"metadata.name={only}"} if only else {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                # The server ends a watch that does not read fast enough.
                while missing:
                    async for name, obj in self._states(path, select, frozenset(missing), begun, key):
                        if holds(obj):
                            missing.discard(name)
                        if not missing:
                            break
        return missing

    async def _states(
        self,
        path: str,
        select: Mapping[str, str],
        names: frozenset[str],
        begun: asyncio.Event | None,
        key: Key,
    ) -> AsyncIterator[tuple[str, Json | None]]:
        """Objects as a list shows them, and then a watch until it ends; None: there is none of that name."""
        query, absent = {**select, "limit": str(PAGE)}, set(names)
        while True:
            async with self._session.get(path, params=query) as response:
                page = await response.json()
            for obj in page["items"]:
                name = key(obj)
                absent.discard(name)
                yield name, obj
            if not (token := page["metadata"].get("continue")):
                break
            query["continue"] = token
        for name in absent:
            yield name, None
        if begun is not None:
            begun.set()
        watch = {**select, "watch": "true", "resourceVersion": page["metadata"]["resourceVersion"]}
        async with self._session.get(path, params=watch) as response:
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                obj = event["object"]
                yield key(obj), None if event["type"] == "DELETED" else obj

    async def _send(self, request: Request) -> None:
        patches = request.method == "PATCH"
        kind = "application/merge-patch+json" if patches else "application/json"
        data = None if request.body is None else json.dumps(request.body)
        async with self._session.request(
            request.method, request.path, data=data, headers={"Content-Type": kind}
        ) as response:
            await response.read()
