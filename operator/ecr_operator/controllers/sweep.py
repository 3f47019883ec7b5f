"""The sweep: at each interval everything is compared with AWS by a few batched reads.

It only clears or enqueues: what differs is decided, and repaired, on a fresh read by the reconcile.
"""

import asyncio
import logging

from ecr_operator.aws.descriptions import described
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.registry import Listing, Registry
from ecr_operator.aws.repository import with_policies
from ecr_operator.controllers.claims import Claims
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Subject, UnsupportedSpecError, is_deleting, object_key
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.drift import same_facts
from ecr_operator.planning.managed import reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Done
from ecr_operator.planning.repository import ObservedRepository, plan_repository
from ecr_operator.planning.status import recorded

log = logging.getLogger(__name__)

QUIET_START_SECONDS = 60.0
"""No sweep sooner than this after a start, unless the interval itself is shorter."""
FIRST_RETRY_SECONDS = 5.0

Tags = dict[str, dict[str, str]]


class Sweep:
    """`run` for ever, or `once`."""

    def __init__(self, context: Context, queue: WorkQueue[ObjectKey]) -> None:
        self._context = context
        self._queue = queue
        self._claims = Claims(context)

    async def run(self) -> None:
        """Sweep at each interval, +-20 %; the first one anywhere within it. Ends when cancelled."""
        interval = self._context.settings.resync_seconds
        quiet = min(QUIET_START_SECONDS, interval / 2)
        await asyncio.sleep(self._context.chance.uniform(quiet, interval))
        retry = FIRST_RETRY_SECONDS
        failing_since: float | None = None
        while True:
            try:
                await self.once()
            except AwsError as error:
                log.warning("Failed to compare repositories with AWS: %s", error)
                now = self._context.monotonic()
                failing_since = failing_since or now
                lasting = now - failing_since >= self._context.settings.transient_seconds
                if error.kind == Kind.STALLED or lasting:
                    # Each looks for itself: those that AWS refuses too say so.
                    self._enqueue_all()
                    failing_since = None
                    await asyncio.sleep(self._context.jittered(interval))
                    continue
                await asyncio.sleep(self._context.jittered(min(retry, interval)))
                retry = min(retry * 2, interval)
                continue
            retry, failing_since = FIRST_RETRY_SECONDS, None
            await asyncio.sleep(self._context.jittered(interval))

    async def once(self) -> int:
        """Compare everything; returns how many objects were enqueued. Raises `AwsError`."""
        subjects = list(self._live_subjects())
        if not subjects:
            return 0
        registry = self._context.registry
        listing = await registry.list_repositories()
        tags = await self._tags(registry)
        count, at_once = 0, self._context.settings.workers
        for begin in range(0, len(subjects), at_once):
            some = subjects[begin : begin + at_once]
            in_sync = await asyncio.gather(*(self._compared(one, registry, listing, tags) for one in some))
            for subject, fine in zip(some, in_sync, strict=True):
                if not fine:
                    self._queue.add(subject.key, fresh=False)
                    count += 1
        return count

    def _enqueue_all(self) -> None:
        for obj in self._context.store.items(REPOSITORIES.plural):
            self._queue.add(object_key(obj), fresh=False)

    def _live_subjects(self) -> list[Subject]:
        subjects = []
        for obj in self._context.store.items(REPOSITORIES.plural):
            try:
                subject = self._context.subject(obj)
            except UnsupportedSpecError:
                self._queue.add(object_key(obj), fresh=False)
                continue
            # One that is being deleted looks again by itself.
            if not is_deleting(obj) and not subject.spec.is_suspended:
                subjects.append(subject)
        return subjects

    @staticmethod
    async def _tags(registry: Registry) -> Tags | None:
        try:
            return await registry.list_tags()
        except AwsError as error:
            # Dearer, but drift is found all the same: each object reads its own tags.
            log.warning("Failed to list tags of all repositories, reading them one by one: %s", error)
            return None

    async def _compared(
        self, subject: Subject, registry: Registry, listing: Listing, tags: Tags | None
    ) -> bool:
        try:
            return await self._is_in_sync(subject, registry, listing, tags)
        except AwsError:
            raise
        except Exception:
            # One object that nobody foresaw must not keep the others from being compared.
            log.exception("Failed to compare %s %s/%s with AWS", "EcrRepository", *subject.key)
            return False

    async def _is_in_sync(
        self, subject: Subject, registry: Registry, listing: Listing, tags: Tags | None
    ) -> bool:
        description = listing.repositories.get(subject.desired.name)
        if description is None or tags is None or not subject.is_settled(registry.region):
            return False
        if not self._claims.may_keep_name(subject):
            return False
        observed = described(description, tags.get(description["repositoryArn"], {}))
        todo = reads(subject.desired, subject.status.managed or ())
        if todo:
            if observed.owner != subject.desired.owner:
                return False
            try:
                observed = await with_policies(registry, observed, todo)
            except AwsError as error:
                if error.kind == Kind.TRANSIENT:
                    raise
                return False
        return self._matches(subject, observed)

    def _matches(self, subject: Subject, observed: ObservedRepository) -> bool:
        place = Place.of_arn(observed.arn)
        plan = plan_repository(
            subject.desired,
            observed,
            recorded(subject.status),
            cluster=self._context.cluster,
            place=place,
            now=self._context.now(),
        )
        settled = isinstance(plan.outcome, Done) and not plan.changes
        return settled and same_facts(subject.status, observed, subject.desired, place)
