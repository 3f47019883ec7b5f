"""What happens below the API: credentials, a server that is down or mute, a proxy in between.

The answers here come from a small HTTP server of the test, because the real one neither breaks nor rotates
tokens on demand.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import incluster_config

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.connection import proxy_of
from ecr_operator.kube.errors import KubeError, KubeUnavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def client_of(port: int, timeout: float = 5.0) -> KubeClient:
    configuration = Configuration(host=f"http://127.0.0.1:{port}", api_key={"BearerToken": "Bearer hunter2"})
    return KubeClient(configuration, timeout)


def server_of(handler: Handler) -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return TestServer(app)


def only(token: Callable[[], str], requests: list[str]) -> Handler:
    """Answers those who show ``token()``, and notes what each request showed."""

    async def handler(request: web.Request) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        requests.append(shown)
        if shown.lower() != f"bearer {token()}":
            status = {"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"}
            return web.json_response(status, status=401)
        return web.json_response({"kind": "Thing"})

    return handler


def kubeconfig_of(path: Path, server: BaseTestServer, user: dict[str, Any]) -> str:
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": "test",
                "clusters": [{"name": "test", "cluster": {"server": str(server.make_url("/"))}}],
                "users": [{"name": "test", "user": user}],
                "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            }
        )
    )
    return str(path)


def test_a_server_that_is_down_is_unavailable_and_comes_back_by_itself() -> None:
    async def main() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        async with client_of(port) as client:
            for call in (client.get("/api"), client.apply("/api/v1/namespaces/a", {"metadata": {}})):
                with pytest.raises(KubeUnavailable) as caught:
                    await call
                assert (caught.value.status, caught.value.reason) == (0, "Unavailable")
                assert "hunter2" not in f"{caught.value} {caught.value!r}"
            requests: list[str] = []
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", only(lambda: "hunter2", requests))
            async with TestServer(app, port=port):
                assert await client.get("/api") == {"kind": "Thing"}

    asyncio.run(main())


def test_a_server_that_does_not_answer_is_given_up_after_the_time_out() -> None:
    async def main() -> None:
        async def mute(request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(60)
            raise AssertionError

        async with server_of(mute) as server, client_of(server.port or 0, timeout=0.05) as client:
            with pytest.raises(KubeUnavailable, match=r"no answer within 0\.\d s"):
                await client.get("/api")
        async with server_of(mute) as server, client_of(server.port or 0) as client:
            with pytest.raises(KubeUnavailable, match="no answer"):
                await client.get("/api", timeout=0.05)

    asyncio.run(main())


def test_a_connection_that_breaks_within_an_answer_is_unavailable() -> None:
    async def main() -> None:
        async def breaking(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"{")
            assert request.transport is not None
            request.transport.close()
            return response

        async with server_of(breaking) as server, client_of(server.port or 0) as client:
            with pytest.raises(KubeUnavailable):
                await client.get("/api")

    asyncio.run(main())


@pytest.mark.parametrize(
    "answer", ["<html>Sign in, hunter2</html>", '{"error": "hunter2"}', '["hunter2"]', ""]
)
def test_the_error_page_of_a_proxy_is_an_error_without_its_text(answer: str) -> None:
    async def main() -> None:
        async def proxy(request: web.Request) -> web.StreamResponse:
            return web.Response(status=502, text=answer, headers={"X-Secret": "hunter2"})

        async with server_of(proxy) as server, client_of(server.port or 0) as client:
            with pytest.raises(KubeError) as caught:
                await client.get("/api")
            assert (caught.value.status, str(caught.value)) == (502, "502")

    asyncio.run(main())


@pytest.mark.parametrize("status", [200, 302])
def test_a_page_of_a_proxy_in_place_of_json_is_unavailable(status: int) -> None:
    async def main() -> None:
        async def proxy(request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, text="<html>Sign in</html>", headers={"Location": "/login"})

        async with server_of(proxy) as server, client_of(server.port or 0) as client:
            with pytest.raises(KubeUnavailable, match="not JSON"):
                await client.get("/api")

    asyncio.run(main())


def test_a_list_whose_moment_is_too_old_is_a_410() -> None:
    async def main() -> None:
        async def expiring(request: web.Request) -> web.StreamResponse:
            if "continue" not in request.query:
                return web.json_response({"metadata": {"continue": "a+b/c="}, "items": []})
            assert request.query == {"limit": "2", "continue": "a+b/c="}
            status = {"kind": "Status", "reason": "Expired", "message": "too old"}
            return web.json_response(status, status=410)

        async with server_of(expiring) as server, client_of(server.port or 0) as client:
            pages = client.pages("/api/v1/pods", limit=2)
            await anext(pages)
            with pytest.raises(KubeError) as caught:
                await anext(pages)
            assert (caught.value.status, caught.value.reason) == (410, "Expired")

    asyncio.run(main())


def test_a_refusal_that_asks_to_wait_says_how_long_and_long_messages_are_cut() -> None:
    async def main() -> None:
        async def busy(request: web.Request) -> web.StreamResponse:
            status = {"kind": "Status", "message": "x" * 9000, "details": {"retryAfterSeconds": 3}}
            return web.json_response(status, status=429)

        async with server_of(busy) as server, client_of(server.port or 0) as client:
            with pytest.raises(KubeError) as caught:
                await client.get("/api")
            assert caught.value.retry_after == 3
            assert len(str(caught.value)) < 600

    asyncio.run(main())


def test_every_request_is_observed_also_one_without_an_answer() -> None:
    async def main() -> None:
        seen: list[tuple[str, int]] = []

        async def fine(request: web.Request) -> web.StreamResponse:
            return web.json_response({})

        server = server_of(fine)
        await server.start_server()
        configuration = Configuration(host=str(server.make_url("/")))
        async with KubeClient(configuration, observe=lambda *got: seen.append(got[:2])) as client:
            await client.post("/api", {})
            await server.close()
            with pytest.raises(KubeUnavailable):
                await client.get("/api")
        assert seen == [("POST", 200), ("GET", 0)]

    asyncio.run(main())


def test_a_rotated_service_account_token_is_picked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubelet replaces the file; the library's hook reads it again after a minute, here at once."""
    token_file, certificate = tmp_path / "token", tmp_path / "ca.crt"
    certificate.write_text("unused: the server of the test has no TLS")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token_file))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(certificate))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    now = incluster_config.datetime.datetime.now()
    clock = [now]

    class Clock(incluster_config.datetime.datetime):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return clock[0]

    async def main() -> None:
        requests: list[str] = []
        token_file.write_text("first\n")
        async with server_of(only(lambda: token_file.read_text().strip(), requests)) as server:
            monkeypatch.setattr(incluster_config, "_join_host_port", lambda host, port: "")
            monkeypatch.setattr(incluster_config.datetime, "datetime", Clock)
            monkeypatch.setattr("ecr_operator.kube.client.RESTClientObject", _NoTLS)
            client = await KubeClient.connect()
            client._host = str(server.make_url("/")).rstrip("/")
            async with client:
                await client.get("/api")
                token_file.write_text("second\n")
                clock[0] += incluster_config.datetime.timedelta(seconds=61)
                await client.get("/api")
                assert await client.bearer_token() == "second"
                token_file.unlink()
                clock[0] += incluster_config.datetime.timedelta(seconds=61)
                with pytest.raises(KubeUnavailable, match="token"):
                    await client.get("/api")
        assert requests == ["bearer first", "bearer second"]

    asyncio.run(main())


class _NoTLS:
    def __init__(self, configuration: Configuration) -> None:
        self.ssl_context = True


def test_after_a_401_the_kubeconfig_is_asked_again_once_for_all_requests(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("old")

    async def main() -> None:
        requests: list[str] = []
        valid = ["old"]
        async with server_of(only(lambda: valid[0], requests)) as server:
            config = kubeconfig_of(tmp_path / "config", server, {"tokenFile": str(token_file)})
            async with await KubeClient.connect(config) as client:
                await client.get("/api")
                assert await client.bearer_token() == "old"
                valid[0] = "new"
                token_file.write_text("new")
                await asyncio.gather(*(client.get("/api") for _ in range(5)))
                assert requests[-1] == "Bearer new"
                assert requests.count("Bearer new") == 5
                valid[0] = "another"
                with pytest.raises(KubeError) as caught:
                    await client.get("/api")
                assert caught.value.status == 401

    asyncio.run(main())


def test_an_exec_plugin_is_run_again_when_its_token_has_expired(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    plugin.write_text(
        "#!/bin/sh\n"
        f"echo run >> {tmp_path}/runs\n"
        f"token=$(cat {tmp_path}/token)\n"
        f"cat <<END\n{json.dumps({**credential, 'status': {'token': '$token'}})}\nEND\n"
    )
    plugin.chmod(0o700)

    async def main() -> None:
        requests: list[str] = []
        token = tmp_path / "token"
        token.write_text("first")
        async with server_of(only(token.read_text, requests)) as server:
            user = {"exec": {"apiVersion": credential["apiVersion"], "command": str(plugin)}}
            async with await KubeClient.connect(kubeconfig_of(tmp_path / "config", server, user)) as client:
                await client.get("/api")
                token.write_text("second")
                await asyncio.gather(*(client.get("/api") for _ in range(5)))
        assert (tmp_path / "runs").read_text().split() == ["run", "run"]

    asyncio.run(main())


def test_proxies_are_those_of_the_environment_and_never_for_what_no_proxy_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.internal")
    assert proxy_of("https://api.example.com:6443") == "http://proxy:3128"
    assert proxy_of("https://api.internal:6443") is None
