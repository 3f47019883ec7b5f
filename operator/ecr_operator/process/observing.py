"""Keeps the store filled: waits for the CRDs, lists, watches, lists again, and starts over when they go."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from ecr_operator.api.names import API_VERSION
from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.listing import list_into
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import Resource
from ecr_operator.kube.store import Store
from ecr_operator.kube.watch import Watch

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How often missing CRDs are looked for."""
CRD_SECONDS = 5.0
"""How often it is made sure that the CRDs are still there."""
LOG_SECONDS = 60.0
"""How often it is said that something is missing or refused."""
RESTART_SECONDS = 1.0
"""The pause before the watch is started again that ended by itself."""

_NOT_FOUND = 404


class Observing:
    """Fills `store` with `resources`.

    `on_complete` is called when all of them were listed: absence in the store is a fact then. `on_loss` when
    it is none any more, because a CRD is missing.
    """

    def __init__(
        self,
        client: KubeClient,
        store: Store,
        resources: Sequence[Resource],
        *,
        namespaces: tuple[str, ...] = (),
        list_seconds: float,
        on_complete: Callable[[], None],
        on_loss: Callable[[], None],
    ) -> None:
        self._client = client
        self._store = store
        self.resources = resources
        self._namespaces = namespaces
        self._list_seconds = list_seconds
        self._on_complete = on_complete
        self._on_loss = on_loss
        self.listed_at: float | None = None
        """When (event loop's clock) all kinds were last listed completely."""
        self.waits_for: str | None = "the first list of all objects"
        """What is missing, while something is."""
        self.failure: str | None = None
        """Why the last list of all objects failed."""
        self._said: dict[str, float] = {}

    async def run(self) -> None:
        """For ever, until cancelled."""
        while True:
            await self._crds_served()
            try:
                await self._observe()
            except KubeError as error:
                self._not_listed(error)
                if self.waits_for is not None:
                    self.waits_for = f"the list of all objects: {error}"
            except Exception as error:
                # Whatever ended the watch (kopf raises errors of its own), the cure is the same.
                log.warning("The watch ended: %s", error or type(error).__name__)
            await asyncio.sleep(RESTART_SECONDS)

    async def _observe(self) -> None:
        """List, then watch and list periodically until one of them fails or a CRD goes."""
        await self._list_all()
        # One kopf for each: when one of its watches fails, kopf ends, but waits for the others, which know
        # nothing of that and repeat their requests for ever.
        watches = [
            Watch(self._client, self._store, [resource], namespaces)
            for resource in self.resources
            for namespaces in self._scopes(resource)
        ]
        work = (*(watch.run() for watch in watches), self._list_periodically(), self._until_crds_go())
        tasks = [asyncio.create_task(coroutine) for coroutine in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    def _scopes(self, resource: Resource) -> Sequence[tuple[str, ...]]:
        """The namespaces of each watch; without one it is of all."""
        if not resource.namespaced or not self._namespaces:
            return ((),)
        return tuple((namespace,) for namespace in self._namespaces)

    async def _list_all(self) -> None:
        for resource in self.resources:
            paths = resource.paths(self._namespaces)
            await list_into(self._client, self._store, resource.plural, paths, resource.params)
        self.failure = None
        self.listed_at = asyncio.get_running_loop().time()
        self.waits_for = None
        self._on_complete()

    async def _list_periodically(self) -> None:
        while True:
            await asyncio.sleep(self._list_seconds)
            try:
                await self._list_all()
            except KubeError as error:
                if error.status == _NOT_FOUND:
                    raise
                self._not_listed(error)

    async def _until_crds_go(self) -> None:
        """kopf ends when a CRD goes, but not always, and is deaf then."""
        missing: str | None = None
        while missing is None or not missing.startswith("CRD"):
            await asyncio.sleep(CRD_SECONDS)
            missing = await self._missing()
        log.warning("Gone: %s", missing)

    async def _crds_served(self) -> None:
        """Return when the API server serves all our kinds; kopf started before that is deaf for ever."""
        while missing := await self._missing():
            self.waits_for = missing
            self._on_loss()
            for resource in self.resources:
                if resource.api_version == API_VERSION and missing.startswith("CRD"):
                    self._store.reset(resource.plural)
            self._warn(f"Waiting for {missing}")
            await asyncio.sleep(POLL_SECONDS)

    def _not_listed(self, error: KubeError) -> None:
        self.failure = str(error)
        self._warn(f"Failed to list objects: {error}")

    def _warn(self, text: str) -> None:
        """The same is said once a minute, however often it is met."""
        now = asyncio.get_running_loop().time()
        self._said = {said: at for said, at in self._said.items() if now - at < LOG_SECONDS}
        if text not in self._said:
            self._said[text] = now
            log.warning("%s", text)

    async def _missing(self) -> str | None:
        wanted = {resource.plural for resource in self.resources if resource.api_version == API_VERSION}
        try:
            served = await self._client.get(resource_path(API_VERSION, ""))
        except KubeError as error:
            if error.status != _NOT_FOUND:
                return f"the API server: {error}"
            served = {}
        missing = wanted - {resource["name"] for resource in served.get("resources", ())}
        if not missing:
            return None
        return f"CRDs of {', '.join(sorted(missing))} (install them with `kubectl apply -k crds/`)"
