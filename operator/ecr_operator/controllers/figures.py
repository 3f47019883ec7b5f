"""What a status shows of a repository's images, whoever has looked at them."""

from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.controllers import report
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.memory import Memories
from ecr_operator.controllers.scans import Scans
from ecr_operator.controllers.subject import Json, Subject
from ecr_operator.kube.errors import Gone, Stale
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.kube.status import write_status
from ecr_operator.planning.image_reading import with_reading
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.scan_report import SCAN_PASSED


class Figures:
    """`shown` is for a status that is written anyway; `tell` writes one."""

    def __init__(self, context: Context, memories: Memories, scans: Scans) -> None:
        self._context = context
        self._memories = memories
        self._scans = scans

    def shown(self, subject: Subject, status: EcrRepositoryStatus, generation: int) -> EcrRepositoryStatus:
        """`status` with what was found at the last looks."""
        settings, reading = self._context.settings, self._memories.of(subject.obj).lifecycle.reading
        if reading is not None:
            status = with_reading(
                status,
                reading,
                prices=settings.prices,
                quota_limit=settings.image_quota,
                generation=generation,
                now=self._context.now(),
            )
        return self._scans.shown(subject, status, generation)

    def announce(self, subject: Subject, status: EcrRepositoryStatus) -> None:
        """An event where the verdict on the scans has come to be that they fail, whoever writes it first."""
        memory = self._memories.of(subject.obj).scans
        before, after = subject.status.condition(SCAN_PASSED), status.condition(SCAN_PASSED)
        fails = after is not None and after.status == "False"
        was_told = memory.fails or (before is not None and before.status == "False")
        memory.fails = fails
        if fails and after is not None and not was_told:
            report.announce_scans(self._context, subject, after, self._scans.new_criticals(subject))

    async def tell(self, key: ObjectKey, subject: Subject) -> bool:
        """Show what was found, where nothing else follows from it; False: somebody else is at the object."""
        obj = subject.obj
        now: Json | None = self._context.store.get(REPOSITORIES.plural, *key)
        if now is None or now["metadata"]["resourceVersion"] != obj["metadata"]["resourceVersion"]:
            return False
        status = self.shown(subject, subject.status, subject.status.observed_generation or 0)
        try:
            written = await write_status(self._context.client, now, status.to_json())
        except (Stale, Gone):
            return False
        self._context.store.put(REPOSITORIES.plural, written)
        self.announce(subject, status)
        return True
