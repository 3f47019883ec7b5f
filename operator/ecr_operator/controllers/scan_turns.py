"""When the scans of a repository's images are looked at, and what follows."""

import asyncio

from ecr_operator.controllers.call_budget import CallBudget
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.figures import Figures
from ecr_operator.controllers.inspection import inspected
from ecr_operator.controllers.inventory_pace import InventoryPace
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.scan_reader import RETRY_SECONDS
from ecr_operator.controllers.scans import Scans
from ecr_operator.controllers.subject import Json, Subject, object_key
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.planning.ownership import ObjectKey


class ScanTurns:
    """`run` for ever; `wake` when more or other images may have to be looked at."""

    def __init__(
        self,
        context: Context,
        queue: WorkQueue[ObjectKey],
        memories: Memories,
        scans: Scans,
        figures: Figures,
        budget: CallBudget,
    ) -> None:
        self._context = context
        self._budget = budget
        self._queue = queue
        self._memories = memories
        self._scans = scans
        self._figures = figures
        self._pace: InventoryPace[ObjectKey] = InventoryPace(
            self._due, interval=context.settings.scan_seconds, budget=budget, chance=context.chance
        )
        context.store.on_change(self._changed)

    async def run(self) -> None:
        """Look at each when it is due, as the budget allows."""
        await self._pace.run()

    def wake(self, subject: Subject, earliest: float = 0.0) -> None:
        """Plan the next look at an object, and the scans to start, by what is known of it now.

        `earliest` is in how many seconds it may be looked at.
        """
        self._scans.plan_starts(subject)
        after = self._scans.due_in(subject)
        if after is None:
            self._pace.discard(subject.key)
        else:
            self._pace.again_in(subject.key, max(after, earliest))

    async def _due(self, key: ObjectKey) -> int:
        """The pace's turn."""
        obj = self._context.store.get(REPOSITORIES.plural, *key)
        found = inspected(self._context, obj) if obj is not None else None
        if found is None:
            self._pace.discard(key)
            return 0
        subject, registry, _ = found
        missing = self._memories.of(subject.obj).scans.missing
        turn = await self._scans.read(subject, registry)
        now = self._context.store.get(REPOSITORIES.plural, *key)
        if now is None or now["metadata"]["uid"] != subject.obj["metadata"]["uid"]:
            # To remember more of it would be to forget what is known of another one of its name.
            return turn.calls
        self.wake(subject, self._context.jittered(RETRY_SECONDS) if turn.error is not None else 0.0)
        starts = self._memories.of(subject.obj).scans.missing not in ((), missing)
        stale = subject.status.observed_generation != subject.generation
        # What was read is shown, whatever has become of the rest.
        if starts or stale or not await self._figures.tell(key, subject):
            self._queue.add(key, fresh=False)
        if turn.error is not None:
            # The pace counts the call that has failed.
            self._budget.spend(turn.calls - 1, asyncio.get_running_loop().time())
            raise turn.error
        return turn.calls

    def _changed(self, kind: str, old: Json | None, new: Json | None) -> None:
        if kind == REPOSITORIES.plural and new is None and old is not None:
            self._pace.discard(object_key(old))
