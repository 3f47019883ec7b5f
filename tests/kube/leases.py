"""An API server for one Lease, in memory: as slow and as faulty as a test wants it, also in virtual time."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import web

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.lease import Lease

Json = dict[str, Any]
Fault = Callable[[], Awaitable[None]]


class FakeLeases:
    """Keeps one Lease; has those methods of ``KubeClient`` that a Lease uses.

    ``before`` is awaited before a request is carried out, ``after`` before it is answered; both may raise.
    ``under_way`` comes between ``before`` and the server: one that is given up meanwhile is carried out.
    """

    def __init__(self) -> None:
        self.lease: Json | None = None
        self.before: Fault | None = None
        self.after: Fault | None = None
        self.under_way: Fault | None = None
        self.requests: list[tuple[float, str]] = []
        """Time of arrival and method."""
        self.renewed: list[float] = []
        """When requests arrived that wrote the Lease."""
        self._version = 0

    @property
    def spec(self) -> Json:
        assert self.lease is not None
        spec: Json = self.lease["spec"]
        return spec

    def write(self, lease: Json) -> Json:
        """Write as a person does: whatever is there."""
        self._version += 1
        metadata = {**lease["metadata"], "uid": "1", "resourceVersion": str(self._version)}
        self.lease = copy.deepcopy({**lease, "kind": "Lease", "metadata": metadata})
        return copy.deepcopy(self.lease)

    def change(self, **spec: Any) -> None:
        assert self.lease is not None
        self.write({**self.lease, "spec": {**self.spec, **spec}})

    async def get(self, path: str, params: Any = None, timeout: float | None = None) -> Json:
        return await self._answer("GET", None)

    async def post(self, path: str, body: Json, timeout: float | None = None) -> Json:
        return await self._answer("POST", body)

    async def put(self, path: str, body: Json, timeout: float | None = None) -> Json:
        return await self._answer("PUT", body)

    async def _answer(self, method: str, body: Json | None) -> Json:
        arrived = asyncio.get_running_loop().time()
        self.requests.append((arrived, method))
        if self.before is not None:
            await self.before()
        answer = await asyncio.shield(asyncio.create_task(self._arrive(method, body)))
        if body is not None:
            self.renewed.append(arrived)
        if self.after is not None:
            await self.after()
        return answer

    async def _arrive(self, method: str, body: Json | None) -> Json:
        if self.under_way is not None:
            await self.under_way()
        return self._carry_out(method, body)

    def _carry_out(self, method: str, body: Json | None) -> Json:
        if method == "POST":
            assert body is not None
            if self.lease is not None:
                raise KubeError(409, "AlreadyExists", "it exists")
            return self.write(body)
        if self.lease is None:
            raise KubeError(404, "NotFound", "there is none")
        if body is None:
            return copy.deepcopy(self.lease)
        if body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise KubeError(409, "Conflict", "it has been modified")
        return self.write(body)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The same over HTTP."""
        body = await request.json() if request.body_exists else None
        try:
            return web.json_response(await self._answer(request.method, body))
        except KubeError as error:
            status = {"kind": "Status", "reason": error.reason, "message": error.message}
            return web.json_response(status, status=error.status)


def lease_of(client: FakeLeases, identity: str = "us", **arguments: Any) -> Lease:
    """A Lease of the default times in the running loop's time."""
    arguments = {"monotonic": asyncio.get_running_loop().time, "random": lambda: 0.0, **arguments}
    return Lease(cast(KubeClient, client), "team-a", "ecr-operator", identity, **arguments)


def refusing(status: int) -> Fault:
    async def fault() -> None:
        raise KubeError(status, "Refused", "hunter2 is not part of it")

    return fault


def slow(seconds: float) -> Fault:
    async def fault() -> None:
        await asyncio.sleep(seconds)

    return fault


async def hanging() -> None:
    await asyncio.sleep(1e6)


async def resisting() -> None:
    """As hanging, and the first attempt to cancel it is in vain."""
    try:
        await asyncio.sleep(1e6)
    except asyncio.CancelledError:
        await asyncio.sleep(1e6)


async def breaking() -> None:
    raise RuntimeError("a bug in the client")
