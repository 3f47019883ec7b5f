"""`/healthz`, `/readyz` and `/metrics` over HTTP."""

import socket
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ecr_operator.metrics import Metrics


class Probes:
    """The HTTP server. `not_ready` returns why the operator is not ready, or None."""

    def __init__(
        self, metrics: Metrics, not_ready: Callable[[], str | None], refresh: Callable[[], None]
    ) -> None:
        self._metrics = metrics
        self._not_ready = not_ready
        self._refresh = refresh
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> int:
        """Listen on all addresses; returns the port, which the system chooses for 0."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._serve_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        listening = _listen(port)
        await web.SockSite(self._runner, listening).start()
        chosen: int = listening.getsockname()[1]
        return chosen

    async def stop(self) -> None:
        """Close the server."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        # Answered by the event loop that does all the work: where it hangs, so does this.
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        reason = self._not_ready()
        if reason is None:
            return web.Response(text="ok\n")
        return web.Response(status=503, text=f"not ready: {reason}\n")

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        self._refresh()
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _listen(port: int) -> socket.socket:
    """One socket for IPv4 and IPv6: two would get two ports where the system chooses."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))
