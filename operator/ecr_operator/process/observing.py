"""Keeps the store filled: waits for the CRDs, watches, lists, lists again, and starts over when they go."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from ecr_operator.api.names import API_VERSION
from ecr_operator.engine.backoff import Backoff
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
BEGIN_SECONDS = 2.0
"""What watches get to begin in before the first list, which has to be repeated for those that begin later."""
RETRY_SECONDS = 15.0
"""The longest pause before a list is tried again that failed."""

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
            except Exception as error:
                # Whatever ended the watch (kopf raises errors of its own), the cure is the same.
                log.warning("The watch ended: %s", error or type(error).__name__)
            await asyncio.sleep(RESTART_SECONDS)

    async def _observe(self) -> None:
        """Watch and list until one of them fails or a CRD goes."""
        begun = _Begun((resource, scope) for resource in self.resources for scope in self._scopes(resource))
        # One kopf for each: when one of its watches fails, kopf ends, but waits for the others, which know
        # nothing of that and repeat their requests for ever.
        watches = [
            Watch(
                self._client, self._store, [resource], scope, on_begin=partial(begun.add, (resource, scope))
            )
            for resource, scope in begun.missing
        ]
        work = (*(watch.run() for watch in watches), self._list_when_due(begun), self._until_crds_go())
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

    async def _list_when_due(self, begun: "_Begun") -> None:
        """All kinds now and periodically, and one again when a watch of it has begun anew."""
        with suppress(TimeoutError):
            async with asyncio.timeout(BEGIN_SECONDS):
                await begun.all.wait()
        pauses = Backoff[None](maximum=RETRY_SECONDS)
        begun.take()
        due = set(self.resources)
        while True:
            try:
                await self._list(due)
            except KubeError as error:
                if error.status == _NOT_FOUND:
                    raise
                self._not_listed(error)
                await asyncio.sleep(pauses.next(None))
                due |= begun.take()
            else:
                pauses.forget(None)
                due = await self._until_due(begun)

    async def _until_due(self, begun: "_Begun") -> set[Resource]:
        now = asyncio.get_running_loop().time()
        left = self._list_seconds if self.listed_at is None else self.listed_at + self._list_seconds - now
        # Also where watches begin anew all the time the periodic list has its turn.
        if left > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await begun.anew.wait()
                return begun.take()
        begun.take()
        return set(self.resources)

    async def _list(self, due: set[Resource]) -> None:
        """List them; when these are all kinds, what the store holds is complete."""
        for resource in filter(due.__contains__, self.resources):
            await list_into(
                self._client,
                self._store,
                resource.plural,
                resource.paths(self._namespaces),
                resource.params,
                on_unseen=partial(self._unseen, resource.plural),
            )
        self.failure = None
        if due.issuperset(self.resources):
            self.listed_at = asyncio.get_running_loop().time()
            self.waits_for = None
            self._on_complete()

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

    def _unseen(self, plural: str, namespace: str, error: KubeError) -> None:
        self._warn(f"Failed to list {plural} in namespace {namespace}, what is known of them stays: {error}")

    def _not_listed(self, error: KubeError) -> None:
        self.failure = str(error)
        if self.waits_for is not None:
            self.waits_for = f"the list of all objects: {error}"
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


_Scope = tuple[Resource, tuple[str, ...]]
"""What one watch is of: a kind, in the namespaces or in all of them."""


class _Begun:
    """The watches that have begun from now on: what happened before that has to be listed."""

    def __init__(self, scopes: Iterable[_Scope]) -> None:
        self.missing = list(scopes)
        """Those that have not begun yet."""
        self.all = asyncio.Event()
        """Set when all have begun once."""
        self.anew = asyncio.Event()
        """Set when one has begun since the last `take`."""
        self._kinds: set[Resource] = set()

    def add(self, scope: _Scope) -> None:
        """The watch of `scope` begins."""
        if scope in self.missing:
            self.missing.remove(scope)
        if not self.missing:
            self.all.set()
        self._kinds.add(scope[0])
        self.anew.set()

    def take(self) -> set[Resource]:
        """The kinds of which a watch has begun since the last call."""
        kinds, self._kinds = self._kinds, set()
        self.anew.clear()
        return kinds
