"""The watch: kopf as a source of events, and nothing else. The only module that imports kopf.

kopf runs in a thread with an event loop of its own, because when it ends it cancels every task that was
born since it started, and it ends by itself: when a CRD is deleted, on a 410 within a chunked list, on a
401 with an unchanged token. Its handlers only hand the object over to the store.
"""

import asyncio
import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import kopf

from ecr_operator.api.names import FIELD_MANAGER, GROUP
from ecr_operator.kube.client import Json, KubeClient
from ecr_operator.kube.resources import Resource
from ecr_operator.kube.store import Store

log = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(minutes=10)
"""How long kopf uses a token before it asks for the present one; the kubelet rotates it."""

_IDENTITY: Any = FIELD_MANAGER
"""kopf's own type for it is not public."""

ABANDON_SECONDS = 5.0
"""How long the watch gets to end before its thread is left behind."""
CLOSING_SECONDS = 0.1
"""What connections get to close in when the watch ends."""
REFUSED_SECONDS = 60.0
"""A login so soon after the last one says that the API server has refused that one."""
NO_OBJECT = "metadata.name=-"
"""A field selector that matches nothing: no object can have that name."""


class JitteredForever:
    """Pauses between failed watches, without an end: after the last of a finite list kopf would end."""

    def __iter__(self) -> Iterator[float]:
        pause = 1.0
        while True:
            yield pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not cryptography
            pause = min(pause * 2, 15.0)


class Watch:
    """Feeds `store` with the changes that the API server reports of `resources` from now on.

    What is there already is somebody else's to list: `on_begin` is called, in the event loop of whoever made
    this, each time a watch has begun from now and not where it had ended, because what changed in between
    will never be reported. A list that starts then sees all that the watch does not.

    `namespaces` empty watches all of them with one connection per resource.
    """

    def __init__(
        self,
        client: KubeClient,
        store: Store,
        resources: Sequence[Resource],
        namespaces: Sequence[str] = (),
        *,
        on_begin: Callable[[], None],
    ) -> None:
        self._client = client
        self._store = store
        self._resources = resources
        self._namespaces = namespaces
        self._on_begin = on_begin
        self._paths = tuple(
            path for resource in resources for path in resource.paths(tuple(namespaces)).values()
        )
        self._arrived: deque[tuple[str, str | None, Json]] = deque()
        self._pauses = iter(JitteredForever())
        self._login_at: float | None = None
        self._sessions: list[aiohttp.ClientSession] = []
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Watch until cancelled, or until kopf ends by itself: then returns, or raises what ended it."""
        stop = threading.Event()
        ended: asyncio.Future[None] = self._loop.create_future()
        thread = threading.Thread(target=self._thread, args=(stop, ended), name="kopf", daemon=True)
        thread.start()
        try:
            await asyncio.shield(ended)
        finally:
            stop.set()
            done, _ = await asyncio.wait({ended}, timeout=ABANDON_SECONDS)
            if not done:
                # kopf cannot cancel a request that it repeats when it is told to stop meanwhile: its callback
                # asks for the current task where there is none. The thread ends with that request.
                log.warning("The watch does not end; left behind")

    def _thread(self, stop: threading.Event, ended: "asyncio.Future[None]") -> None:
        error: Exception | None = None
        try:
            asyncio.run(self._operate(stop))
        except Exception as caught:
            error = caught
        except BaseException as caught:
            # Where kopf itself was cancelled: whoever waits is told like of any other end.
            error = RuntimeError(f"the watch ended with {type(caught).__name__}")
        try:
            self._loop.call_soon_threadsafe(_end, ended, error)
        except RuntimeError:  # the process is ending: nobody waits any more
            log.debug("The watch outlived the event loop")

    async def _operate(self, stop: threading.Event) -> None:
        try:
            await kopf.operator(
                registry=self._registry(),
                settings=_settings(self._resources),
                # Else somebody else's ClusterKopfPeering named "default" would pause us.
                standalone=True,
                # For peers, of which there are none; else kopf asks for the name of the user, and ends where
                # the user is but a number, as in our image.
                identity=_IDENTITY,
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
                stop_flag=stop,
            )
        finally:
            # What kopf was in the middle of reading it leaves to the end of the loop, which has no turns left
            # for the connections behind it.
            await asyncio.get_running_loop().shutdown_asyncgens()
            # kopf closes those that it has taken over, unless it was told to stop meanwhile.
            for session in self._sessions:
                await session.close()
            # TLS ends by a message of the peer's, which asyncio gives no way to wait for (aiohttp
            # documentation, "Graceful Shutdown").
            await asyncio.sleep(CLOSING_SECONDS)
            # kopf waits for the flag in a thread, which the end of the loop would wait for in turn.
            stop.set()

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for resource in self._resources:
            group, version = resource.group_and_version
            kopf.on.event(group, version, resource.plural, registry=registry, id=resource.plural)(
                self._handler(resource)
            )
        return registry

    def _handler(self, resource: Resource) -> Any:
        kind = resource.plural
        named = {"apiVersion": resource.api_version}

        async def arrived(event: Any, **_: Any) -> None:
            self._arrived.append((kind, event["type"], {**named, **event["object"]}))
            if len(self._arrived) == 1:
                self._loop.call_soon_threadsafe(self._hand_over)

        return arrived

    def _hand_over(self) -> None:
        """In our own event loop."""
        while self._arrived:
            kind, type, obj = self._arrived.popleft()
            try:
                if type == "DELETED":
                    metadata = obj["metadata"]
                    self._store.remove(kind, metadata.get("namespace"), metadata["name"], metadata["uid"])
                else:
                    self._store.put(kind, obj)
            except Exception:
                # One odd object must not make the watch deaf for all others.
                log.exception("Failed to take an event of %s", kind)

    async def _login(self, **_: Any) -> kopf.AiohttpSession:
        """A session as our own client's: kopf's own has no way to take the CA certificates of EKS."""
        clock = asyncio.get_running_loop().time
        if self._login_at is None or clock() - self._login_at > REFUSED_SECONDS:
            self._pauses = iter(JitteredForever())
        else:
            # kopf asks again at once: 70 times a second and more, until there is a token that is not refused.
            await asyncio.sleep(next(self._pauses))
        self._login_at = clock()
        token = await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(self._client.bearer_token(), self._loop)
        )
        configuration = self._client.configuration
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._client.ssl_context),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            proxy=configuration.proxy,
            middlewares=(self._list_nothing,),
        )
        self._sessions = [one for one in self._sessions if not one.closed] + [session]
        return kopf.AiohttpSession(
            server=configuration.host,
            aiohttp_session=session,
            expiration=datetime.now(UTC) + TOKEN_LIFE if token else None,
        )

    async def _list_nothing(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """kopf lists to learn where its watch begins, and would handle each object as if it had changed.

        For 10,000 objects that is 6 s in which changes wait behind them.
        """
        path, query = request.url.path, request.url.query
        if "watch" in query or not path.endswith(self._paths):
            return await send(request)
        request.url = request.url.update_query(fieldSelector=NO_OBJECT)
        response = await send(request)
        if response.ok:
            self._loop.call_soon_threadsafe(self._on_begin)
        return response


def _end(ended: "asyncio.Future[None]", error: Exception | None) -> None:
    if ended.done():
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)


class _NoDiffs(kopf.DiffBaseStorage):
    """kopf copies and compares each object for handlers of changes, of which there are none."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        return {}

    def fetch(self, *, body: Any) -> Any:
        return None

    def store(self, *, body: Any, patch: Any, essence: Any) -> None:
        raise AssertionError("nothing of kopf's is ever stored")


class _NoProgress(kopf.ProgressStorage):
    """The same for the progress of its handlers."""

    def fetch(self, *, key: Any, body: Any) -> Any:
        return None

    def store(self, *, key: Any, record: Any, body: Any, patch: Any) -> None:
        raise AssertionError("nothing of kopf's is ever stored")

    def purge(self, *, key: Any, body: Any, patch: Any) -> None:
        pass

    def touch(self, *, body: Any, patch: Any, value: Any) -> None:
        pass

    def clear(self, *, essence: Any) -> Any:
        return essence


def _settings(resources: Sequence[Resource]) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    for resource in resources:
        if resource.selector:
            where = (*resource.group_and_version, resource.plural)
            settings.watching.label_selectors[where] = resource.selector
    # Else kopf kills the process when it takes long to end.
    settings.process.ultimate_exiting_timeout = None
    settings.posting.enabled = False
    # The CRDs are awaited before the watch starts; scanning would watch every CRD of the cluster.
    settings.scanning.disabled = True
    settings.networking.error_backoffs = JitteredForever()
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.watching.connect_timeout = 5
    settings.watching.server_timeout = 600
    settings.watching.chunk_size = 500
    # kopf takes this finalizer off every object that it sees: it must not be ours.
    settings.persistence.finalizer = f"{GROUP}/kopf-unused"
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.persistence.progress_storage = _NoProgress()
    settings.queueing.idle_timeout = 1
    return settings
