"""The one client for everything that is read from and written to the API server (kopf only watches).

Raw JSON over one aiohttp session: the kubernetes package loads the configuration and keeps the credentials
fresh; its models, its dynamic client and its request path (0.6-1.0 ms CPU a call) are left out.
"""

import asyncio
import contextlib
import json
import ssl
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import yaml
import yarl
from kubernetes.aio import config as kube_config
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.rest import RESTClientObject

from ecr_operator.api.names import FIELD_MANAGER
from ecr_operator.clock import Clock, Source
from ecr_operator.kube.connection import Reload, load_configuration
from ecr_operator.kube.errors import KubeUnavailable, cause, refusal

Json = dict[str, Any]
"""A JSON object as the API server writes it."""

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for a whole request; the library's own default is 300."""

MERGE_PATCH: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"

# The server gives up an idle connection after 90 s: be earlier than that, and no earlier than needed, because
# a new connection costs a TLS handshake.
_CLOSING_SECONDS = 0.05
"""What connections get to close in."""
_KEEPALIVE_SECONDS = 60.0
_UNAUTHORIZED = 401
_FIRST_ERROR = 400


class KubeClient:
    """Requests to one API server, one connection pool.

    Paths are those of the API, from the root, with names in them as they are (``object_path`` makes them).
    Bodies and answers are JSON objects. Every call raises ``KubeError`` for an answer of 400 and more, and
    ``KubeUnavailable`` when there was none within ``timeout`` seconds. Nothing is tried twice, except that a
    401 reloads the credentials first.

    ``observe(method, status, seconds)`` is called after each request, status 0 for no answer. ``clock`` is
    told the time by each answer.
    """

    def __init__(
        self,
        configuration: Configuration,
        timeout: float = DEFAULT_TIMEOUT,
        reload: Reload | None = None,
        observe: Callable[[str, int, float], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._configuration = configuration
        self._host: str = configuration.host.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._reload = reload
        self._reloading = asyncio.Lock()
        self._observe = observe
        self._clock = clock
        self._extra: dict[str, Any] = {}
        if configuration.tls_server_name:
            self._extra["server_hostname"] = configuration.tls_server_name
        if configuration.proxy:
            self._extra["proxy"] = configuration.proxy
        self._ssl_context: ssl.SSLContext = RESTClientObject(configuration).ssl_context
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=configuration.connection_pool_maxsize,
                ssl=self._ssl_context,
                keepalive_timeout=_KEEPALIVE_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Compressed answers cost both sides more CPU than they save on the network between them.
            headers={
                "User-Agent": FIELD_MANAGER,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            read_bufsize=2**18,
        )

    @classmethod
    async def connect(
        cls,
        kubeconfig: str | None = None,
        context: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        observe: Callable[[str, int, float], None] | None = None,
        clock: Clock | None = None,
    ) -> Self:
        """A client from a kubeconfig: the given one, else $KUBECONFIG, else the Pod's own service account,
        else ``~/.kube/config``. Raises ``kubernetes.aio.config.ConfigException`` if none is usable.
        """
        configuration, reload = await load_configuration(kubeconfig, context)
        return cls(configuration, timeout, reload, observe, clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        # Their transports end in later turns of the loop, which may be about to end too: those with TLS when
        # the peer has answered, which nobody can wait for (aiohttp documentation, "Graceful Shutdown").
        await asyncio.sleep(_CLOSING_SECONDS)

    @property
    def configuration(self) -> Configuration:
        """Where the API server is and who we are: for the watch, which makes its own connections."""
        return self._configuration

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """What secures connections to the API server, and says who we are where that is a certificate."""
        return self._ssl_context

    async def bearer_token(self) -> str | None:
        """The present token, without its scheme; None where a client certificate says who we are."""
        scheme, _, token = (await self._token() or "").partition(" ")
        # "Bearer" from a kubeconfig, "bearer" from a service account; "Basic" is no token.
        return token.strip() if scheme.lower() == "bearer" else None

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, timeout: float | None = None
    ) -> Json:
        """Read one object, or one page of a list."""
        return await self._request("GET", path, params, timeout=timeout)

    async def pages(
        self, path: str, limit: int = 500, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[Json]:
        """List in chunks of ``limit`` objects, each with its ``items``, all of one moment.

        Raises ``KubeError`` 410 when that moment has become too old for the server (a list that took longer
        than 5 min): start over.
        """
        query = {**(params or {}), "limit": str(limit)}
        while True:
            page = await self.get(path, query)
            yield page
            token = page["metadata"].get("continue")
            if not token:
                return
            query["continue"] = token

    async def post(self, path: str, body: Json, timeout: float | None = None) -> Json:
        """Create an object. 409 ``AlreadyExists`` where there is one."""
        return await self._request("POST", path, {"fieldManager": FIELD_MANAGER}, body, timeout=timeout)

    async def put(self, path: str, body: Json, timeout: float | None = None) -> Json:
        """Replace an object. With ``metadata.resourceVersion`` only that very state of it, else 409."""
        return await self._request("PUT", path, {"fieldManager": FIELD_MANAGER}, body, timeout=timeout)

    async def patch(
        self, path: str, body: Any, content_type: str = MERGE_PATCH, timeout: float | None = None
    ) -> Json:
        """Change an object; 404 where there is none."""
        return await self._request(
            "PATCH", path, {"fieldManager": FIELD_MANAGER}, body, content_type, timeout=timeout
        )

    async def json_patch(self, path: str, ops: Sequence[Json], timeout: float | None = None) -> Json:
        """Change an object by JSON patch operations, all or none; 422 where a ``test`` among them fails."""
        return await self.patch(path, list(ops), JSON_PATCH, timeout)

    async def apply(self, path: str, body: Json, force: bool = True, timeout: float | None = None) -> Json:
        """Server-side apply under our field manager; creates what is absent, unless ``body`` has a uid.

        Without ``force`` 409 where another manager holds a field with another value.
        """
        params = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}
        return await self._request("PATCH", path, params, body, APPLY_PATCH, timeout=timeout)

    async def delete(
        self,
        path: str,
        uid: str | None = None,
        resource_version: str | None = None,
        timeout: float | None = None,
    ) -> Json:
        """Delete an object; with ``uid`` or ``resource_version`` only the one that has them, else 409."""
        conditions = {"uid": uid, "resourceVersion": resource_version}
        body = {"preconditions": {name: value for name, value in conditions.items() if value is not None}}
        return await self._request("DELETE", path, None, body, timeout=timeout)

    async def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Any = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Json:
        text = self._host + path
        if params:
            text = f"{text}?{urllib.parse.urlencode(params)}"
        url = yarl.URL(text, encoded=True)
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        limit = self._timeout if timeout is None else aiohttp.ClientTimeout(total=timeout)
        token = await self._token()
        status, answer = await self._send(method, url, data, content_type, limit, token)
        if status == _UNAUTHORIZED and self._reload is not None:
            token = await self._new_token(token)
            status, answer = await self._send(method, url, data, content_type, limit, token)
        if status >= _FIRST_ERROR:
            raise refusal(status, answer)
        try:
            result: Json = json.loads(answer)
        except ValueError:
            raise KubeUnavailable(f"the answer to {method} is not JSON (a proxy?)") from None
        return result

    async def _token(self) -> str | None:
        try:
            key = await self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        except (OSError, kube_config.ConfigException) as error:
            raise KubeUnavailable(f"the service account's token: {type(error).__name__}") from error
        return str(key).strip() if key else None

    async def _new_token(self, refused: str | None) -> str | None:
        """Load the credentials again, once for all requests that were refused with the same token."""
        async with self._reloading:
            if self._reload is not None and await self._token() == refused:
                # Then it stays a 401; a file may be met half written.
                with contextlib.suppress(OSError, kube_config.ConfigException, yaml.YAMLError):
                    await self._reload(self._configuration)
        return await self._token()

    async def _send(
        self,
        method: str,
        url: yarl.URL,
        data: bytes | None,
        content_type: str,
        timeout: aiohttp.ClientTimeout,
        token: str | None,
    ) -> tuple[int, bytes]:
        headers = {} if data is None else {"Content-Type": content_type}
        if token:
            headers["Authorization"] = token
        seconds = asyncio.get_running_loop().time
        begin, status = seconds(), 0
        asked = self._clock.uptime() if self._clock is not None else 0.0
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False, **self._extra
            ) as response:
                if self._clock is not None:
                    self._clock.learn(response.headers.get("Date"), asked, Source.API_SERVER)
                answer = await response.read()
                status = response.status
                return status, answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KubeUnavailable(cause(error, seconds() - begin)) from error
        finally:
            if self._observe is not None:
                self._observe(method, status, seconds() - begin)
