"""The operator, assembled."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic as system_monotonic
from typing import Any, TypeVar

import ecr_operator.version
from ecr_operator.aws.identity import DEFAULT_IDENTITY, Identity
from ecr_operator.aws.registry import Registry
from ecr_operator.aws.sessions import Sessions
from ecr_operator.aws.tokens import Tokens
from ecr_operator.clock import Clock
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.images_in_use import ImagesInUse
from ecr_operator.controllers.lifecycle_policies import LifecyclePolicies
from ecr_operator.controllers.lifecycle_policy import LifecyclePolicyController
from ecr_operator.controllers.lifecycle_sources import LifecycleSources
from ecr_operator.controllers.pull_report import expiries
from ecr_operator.controllers.repository import RepositoryController
from ecr_operator.controllers.scan_metrics import findings
from ecr_operator.controllers.sources import Sources
from ecr_operator.controllers.sweep import Sweep
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.events import EventRecorder
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import PULL_SECRETS, REPOSITORIES
from ecr_operator.kube.store import Store
from ecr_operator.metrics import Metrics
from ecr_operator.planning.ownership import Cluster, ObjectKey
from ecr_operator.process.kinds import counts, observed_resources
from ecr_operator.process.leadership import Leadership, exit_at_once
from ecr_operator.process.observing import Observing
from ecr_operator.process.probes import Probes
from ecr_operator.process.pull_secrets import PullSecrets
from ecr_operator.process.work import Work
from ecr_operator.settings import Settings, pod_name

log = logging.getLogger(__name__)

T = TypeVar("T")

DRAIN_SECONDS = 15.0
"""How long running reconciles get to end after SIGTERM: longer than a call to AWS may take."""
EVENTS_SECONDS = 2.0
RETRY_SECONDS = 2.0
KIND = "EcrRepository"
POLICIES_AT_ONCE = 4
"""EcrLifecyclePolicies whose status is worked on at once; it takes no call to AWS."""


class Operator:
    """One operator; `run` it once.

    `now` and `monotonic` are the clocks that it goes by, `identity` where its AWS credentials come
    from; `on_lease_lost` ends everything, at once.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        kubeconfig: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = system_monotonic,
        identity: Identity = DEFAULT_IDENTITY,
        on_lease_lost: Callable[[], None] = exit_at_once,
    ) -> None:
        self._settings = settings
        self._kubeconfig = kubeconfig
        self._now = now
        self._monotonic = monotonic
        self._identity = identity
        self.metrics = Metrics()
        self.port: int | None = None
        """Where the probes are served, once `run` has started them."""
        self._store: Store | None = None
        self._observing: Observing | None = None
        self._works: list[Work[Any]] = []
        self._on_lease_lost = on_lease_lost
        self._leadership: Leadership | None = None
        self._standby = False
        self._stopping = False

    def not_ready(self) -> str | None:
        """Why the operator does not act yet, in a few words; None when it does."""
        if self._stopping:
            return "it is shutting down"
        if self._standby:
            # One that waits for another replica is ready; one that can never take over is not.
            failure = self._leadership.failure if self._leadership else ""
            return f"it cannot ask for the Lease: {failure}" if failure else None
        if self._observing is None or self._store is None:
            return "it is starting"
        if not self._store.synced.is_set() or self._observing.waits_for is not None:
            return f"it waits for {self._observing.waits_for or 'the list of all objects'}"
        age = asyncio.get_running_loop().time() - (self._observing.listed_at or 0.0)
        if age > 3 * self._settings.list_seconds:
            return f"objects were last listed {age:.0f} s ago: {self._observing.failure or 'no answer yet'}"
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then end in order. Raises what makes running impossible."""
        settings = self._settings
        self.metrics.build.labels(ecr_operator.version.version()).set(1)
        with ThreadPoolExecutor(settings.workers, thread_name_prefix="aws") as executor:
            # Before anything else: without a region there is nothing to run for.
            sessions = Sessions(
                executor=executor,
                metrics=self.metrics,
                role_arn=settings.role_arn,
                connections=settings.workers,
                probe_seconds=settings.circuit_probe_seconds,
                clock=Clock(self._now),
                monotonic=self._monotonic,
                identity=self._identity,
                may_write=self._leads,
            )
            probes = Probes(self.metrics, self.not_ready, self._refresh_metrics)
            self.port = await probes.start(settings.http_port)
            log.info("Probes and metrics are served on port %d", self.port)
            try:
                async with await KubeClient.connect(self._kubeconfig, clock=sessions.clock) as client:
                    await self._lead(client, sessions, stop)
            finally:
                await probes.stop()

    def _leads(self) -> bool:
        """From any thread."""
        return self._leadership is not None and self._leadership.holds

    async def _lead(self, client: KubeClient, sessions: Sessions, stop: asyncio.Event) -> None:
        """Wait for the Lease, act while it is held, and give it back when all that was begun has ended."""
        self._leadership = leadership = Leadership(self._settings, client, self._on_lease_lost)
        try:
            self._standby = True
            led = await _until(stop, leadership.acquire())
            self._standby = False
            if led:
                self.metrics.leader.set(1)
                await self._operate(client, sessions, stop)
        finally:
            self.metrics.leader.set(0)
            # A reconcile can be cut short, but not a call to AWS in its thread: another replica waits for it.
            await sessions.stop()
            await leadership.release()
            log.info("Stopped")

    async def _operate(self, client: KubeClient, sessions: Sessions, stop: asyncio.Event) -> None:
        settings = self._settings
        cluster = await _until(stop, self._cluster(client))
        if cluster is None:
            return
        resources = await _until(stop, observed_resources(client, settings))
        if resources is None:
            return
        self._store = store = Store(
            (resource.plural for resource in resources),
            selected=(resource.plural for resource in resources if resource.selector),
        )
        events = EventRecorder(client, pod_name())
        context = Context(
            settings=settings,
            cluster=cluster,
            client=client,
            store=store,
            policies=LifecyclePolicies(store),
            in_use=ImagesInUse(client, settings.watch_namespaces, settings.images_in_use, self._monotonic),
            events=events,
            metrics=self.metrics,
            registry=Registry(sessions.own, self._monotonic),
            tokens=Tokens(sessions),
            clock=sessions.clock,
            now=sessions.clock.now,
            monotonic=self._monotonic,
        )
        queue = WorkQueue[ObjectKey](maximum=settings.backoff_max_seconds)
        Sources(context, queue)
        self.metrics.count_objects(lambda: counts(store))
        self.metrics.count_expiries(lambda: expiries(store.items(PULL_SECRETS.plural)))
        self.metrics.count_findings(lambda: findings(store.items(REPOSITORIES.plural)))
        controller = RepositoryController(context, queue)
        works: list[Work[Any]] = [Work(KIND, queue, controller.reconcile, settings.workers, self.metrics)]
        policies = WorkQueue[ObjectKey](maximum=settings.backoff_max_seconds)
        LifecycleSources(store, policies)
        summing_up = LifecyclePolicyController(context)
        works.append(
            Work("EcrLifecyclePolicy", policies, summing_up.reconcile, POLICIES_AT_ONCE, self.metrics)
        )
        answering = [queue.unpark]
        if PULL_SECRETS in resources:
            handing_out = PullSecrets(context)
            works += handing_out.works
            answering.append(handing_out.aws_answers)
        sessions.when_answering(lambda: _each(answering))
        self._works = works
        self._observing = observing = Observing(
            client,
            store,
            resources,
            namespaces=settings.watch_namespaces,
            list_seconds=settings.list_seconds,
            # No worker acts on a store that does not hold all objects: absence would be assumed, not proved.
            on_complete=lambda: _each(work.resume for work in works),
            on_loss=lambda: _each(work.pause for work in works),
        )
        log.info("Started for cluster %s in region %s", cluster.name, sessions.region)
        background = [
            asyncio.create_task(observing.run(), name="observing"),
            asyncio.create_task(_after(store.synced, Sweep(context, queue).run), name="sweep"),
            asyncio.create_task(_after(store.synced, controller.inventories.run), name="inventories"),
            asyncio.create_task(_after(store.synced, controller.scans.run), name="scans"),
        ]
        try:
            await _first_of(stop, [*(work.task for work in works), *background])
        finally:
            self._stopping = True
            sessions.end()
            for task in background:
                task.cancel()
            ended = asyncio.gather(*background, return_exceptions=True)
            cut = sum(await asyncio.gather(*(work.drain(DRAIN_SECONDS) for work in works)))
            await ended
            await context.in_use.stop()
            if cut:
                log.warning("Stopped %d reconciles that did not end within %d s", cut, DRAIN_SECONDS)
            await events.flush(EVENTS_SECONDS)

    async def _cluster(self, client: KubeClient) -> Cluster:
        """The cluster's name: the setting, else the short form of the uid of kube-system."""
        name = self._settings.cluster_name
        while name is None:
            try:
                namespace = await client.get(resource_path("v1", "namespaces", name="kube-system"))
                name = str(namespace["metadata"]["uid"]).partition("-")[0]
                log.warning(
                    "ECR_OPERATOR_CLUSTER_NAME is not set: owner tags say %s, a rebuilt cluster's will not",
                    name,
                )
            except KubeError as error:
                log.warning("Failed to read namespace kube-system: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
        return Cluster(name, self._settings.previous_cluster_names)

    def _refresh_metrics(self) -> None:
        for work in self._works:
            work.measure()
        if self._observing is not None and self._observing.listed_at is not None:
            age = asyncio.get_running_loop().time() - self._observing.listed_at
            for resource in self._observing.resources:
                self.metrics.watch_age.labels(resource.plural).set(age)


async def _after(event: asyncio.Event, work: Callable[[], Coroutine[None, None, None]]) -> None:
    await event.wait()
    await work()


async def _until(stop: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """What `work` returns; None when `stop` is set before."""
    task = asyncio.create_task(work)
    await _first_of(stop, [task])
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return None


async def _first_of(stop: asyncio.Event, tasks: "list[asyncio.Task[Any]]") -> None:
    """Return when `stop` is set or a task has ended; raises what ended it."""
    stopped = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopped}:
            task.result()
    finally:
        stopped.cancel()


def _each(steps: Iterable[Callable[[], None]]) -> None:
    for step in steps:
        step()
