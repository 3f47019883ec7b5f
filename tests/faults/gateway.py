"""What lies between the operator and the API server, and can be cut, hold an answer, or give one of its own.

Plain HTTP towards the operator. Answers are the real API server's, byte for byte, unless a test says
otherwise.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
import yaml
import yarl
from aiohttp import web

from ecr_operator.kube.client import KubeClient

T = TypeVar("T")

# Of the connection between two parties, or computed anew by the next one.
HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}
CLOSE_SECONDS = 0.1
TIMEOUT = 20.0


@dataclass(frozen=True)
class Request:
    """What came from the operator."""

    method: str
    path: str
    query: Mapping[str, str]
    agent: str
    token: str | None

    def is_list(self) -> bool:
        """Whether our own client lists EcrRepositories."""
        return self._is_of_all() and "watch" not in self.query and not self.is_kopfs()

    def is_kopfs_list(self) -> bool:
        """Whether kopf lists EcrRepositories."""
        return self._is_of_all() and "watch" not in self.query and self.is_kopfs()

    def is_watch(self) -> bool:
        """Whether it watches EcrRepositories."""
        return self._is_of_all() and "watch" in self.query

    def is_kopfs(self) -> bool:
        """Whether kopf sent it."""
        return self.agent.startswith("kopf/")

    def _is_of_all(self) -> bool:
        return self.method == "GET" and self.path.endswith("/ecrrepositories")


Matches = Callable[[Request], bool]


@dataclass(eq=False)
class Rule:
    """How requests that match are treated. `status` None: with the real answer, once `released`."""

    matches: Matches
    status: int | None = None
    body: bytes = b""
    times: int | None = None
    caught: threading.Event = field(default_factory=threading.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Gateway:
    """A context manager. The kubeconfig names the API server behind it, and the user where no token comes."""

    def __init__(self, kubeconfig: Path, directory: Path) -> None:
        self._upstream = kubeconfig
        self._file = directory / "gateway.kubeconfig"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateway", daemon=True)
        self._cut = False
        self._open: list[web.Request] = []
        self._rules: list[Rule] = []
        self._seen: list[Request] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        self._loop.close()

    # For the operator

    def kubeconfig(self, token: str | None = None) -> Path:
        """The kubeconfig that leads here; without a token the user of the one that leads on."""
        user = {"token": token} if token else {}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "gateway", "cluster": {"server": f"http://127.0.0.1:{self._port}"}}],
            "users": [{"name": "operator", "user": user}],
            "contexts": [{"name": "gateway", "context": {"cluster": "gateway", "user": "operator"}}],
            "current-context": "gateway",
        }
        self._file.write_text(yaml.safe_dump(content))
        return self._file

    # For the test

    def cut(self) -> None:
        """Break all connections, and new ones too until `mend`."""

        async def cut() -> None:
            self._cut = True
            for request in self._open:
                _abort(request)

        self._do(cut())

    def mend(self) -> None:
        """Let connections through again."""
        self._cut = False

    def answer(
        self, matches: Matches, status: int, body: Mapping[str, Any] | None = None, times: int | None = None
    ) -> Rule:
        """Answer in the API server's place, `times` times or until `lift`."""
        text = json.dumps({"kind": "Status", "apiVersion": "v1", "code": status} | dict(body or {})) + "\n"
        return self._add(Rule(matches, status, text.encode(), times))

    def hold(self, matches: Matches) -> Rule:
        """Fetch the answer of the next such request, and keep it back until `lift`; `caught` says when."""
        return self._add(Rule(matches, times=1))

    def lift(self, rule: Rule) -> None:
        """End a rule; an answer that it holds goes out."""

        async def lift() -> None:
            if rule in self._rules:
                self._rules.remove(rule)
            rule.released.set()

        self._do(lift())

    def count(self, matches: Matches) -> int:
        """How many such requests came, while it was not cut."""
        return sum(matches(request) for request in list(self._seen))

    # In the gateway's own event loop

    def _add(self, rule: Rule) -> Rule:
        self._rules.append(rule)
        return rule

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT)

    async def _start(self) -> None:
        self._client = await KubeClient.connect(str(self._upstream))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._client.ssl_context),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # Else the end of a watch would be noticed only at its next event.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=CLOSE_SECONDS, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        for rule in self._rules:
            rule.released.set()
        for request in self._open:
            _abort(request)
        await self._runner.cleanup()
        await self._session.close()
        await self._client.close()
        await asyncio.sleep(CLOSE_SECONDS)  # TLS ends by a message of the peer's

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._cut:
            _abort(request)
            return web.Response()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or None
        agent = request.headers.get("User-Agent", "")
        shown = Request(request.method, request.path, dict(request.query), agent, token)
        self._seen.append(shown)
        rule = self._rule_of(shown)
        if rule is not None and rule.status is not None:
            rule.caught.set()
            return web.Response(status=rule.status, body=rule.body, content_type="application/json")
        self._open.append(request)
        try:
            return await self._forward(request, rule)
        except (aiohttp.ClientError, OSError):
            # The API server is down, or one of the two has hung up.
            _abort(request)
            return web.Response()
        finally:
            self._open.remove(request)

    def _rule_of(self, shown: Request) -> Rule | None:
        for rule in self._rules:
            if rule.times != 0 and rule.matches(shown):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    async def _forward(self, request: web.Request, rule: Rule | None) -> web.StreamResponse:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        if "Authorization" not in headers and (token := await self._client.bearer_token()):
            headers["Authorization"] = f"Bearer {token}"
        url = self._client.configuration.host.rstrip("/") + request.raw_path
        async with self._session.request(
            request.method, yarl.URL(url, encoded=True), headers=headers, data=await request.read() or None
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
            response = web.StreamResponse(status=answer.status, headers=kept)
            if rule is not None:
                rule.body = await answer.read()
                rule.caught.set()
                await rule.released.wait()
            # At once: the headers of a watch come long before its first event.
            await response.prepare(request)
            if rule is not None:
                await response.write(await answer.read())
            async for part in answer.content.iter_any():
                await response.write(part)
            await response.write_eof()
            return response


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
