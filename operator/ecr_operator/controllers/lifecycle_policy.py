"""The reconcile of an EcrLifecyclePolicy: its status sums up what those of repositories say.

What a policy does to a repository in AWS is the EcrRepository's reconcile.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from ecr_operator.api.lifecycle_policy import EcrLifecyclePolicySpec, EcrLifecyclePolicyStatus
from ecr_operator.api.names import RECONCILE_ANNOTATION
from ecr_operator.api.validation import describe
from ecr_operator.controllers.claims import BY_NAMESPACE
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json, UnsupportedSpecError, is_deleting
from ecr_operator.kube.errors import Gone, KubeError, Stale, says_absent
from ecr_operator.kube.paths import object_path
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, REPOSITORIES
from ecr_operator.kube.status import same_status, write_status
from ecr_operator.planning.label_selector import LabelSelector
from ecr_operator.planning.lifecycle_standing import MatchedRepository
from ecr_operator.planning.lifecycle_summary import applied_hash, summary
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Done, Outcome, Stalled, Suspended
from ecr_operator.planning.status import READY, outcome_status
from ecr_operator.reasons import Reason

ATTEMPTS = 5


class LifecyclePolicyController:
    """`reconcile` is what the workers call for a key of the queue."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seconds = context.settings.summary_seconds
        """Each repository that changes asks for a look at all: there is one in so many seconds."""
        self._looked: dict[ObjectKey, tuple[str, int, float]] = {}
        """By key the uid and generation of the last look, and when (monotonic)."""

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Look at one object; returns the seconds until the next look, None: at the next change.

        Raises what passes by itself: the queue tries again with growing delay.
        """
        for _ in range(ATTEMPTS):
            obj = self._context.store.get(LIFECYCLE_POLICIES.plural, *key)
            if obj is None or is_deleting(obj):
                self._looked.pop(key, None)
                return None
            metadata, now = obj["metadata"], self._context.monotonic()
            uid, generation, at = self._looked.get(key, ("", -1, now))
            is_news = (uid, generation) != (metadata["uid"], metadata["generation"])
            if not is_news and now < at + self._seconds:
                return at + self._seconds - now
            try:
                await self._look(key, obj)
                self._looked[key] = (metadata["uid"], metadata["generation"], now)
                return None
            except Stale:
                await self._read_again(obj)
            except Gone:
                self._context.store.remove(LIFECYCLE_POLICIES.plural, *key, obj["metadata"]["uid"])
        raise Stale(409, "Conflict", f"The object changed {ATTEMPTS} times during the reconcile")

    async def _look(self, key: ObjectKey, obj: Json) -> None:
        status = EcrLifecyclePolicyStatus.from_json(obj.get("status"))
        outcome: Outcome
        try:
            spec = EcrLifecyclePolicySpec.from_json(obj.get("spec"))
        except ValidationError as error:
            outcome = Stalled(Reason.UNSUPPORTED_SPEC, describe(error))
            await self._write(obj, status, outcome, None)
            return
        if spec.is_suspended:
            await self._write(obj, status, Suspended(), None)
            return
        found = summary(key[1], spec, self._matched(key, spec))
        await self._write(obj, found.onto(status), found.outcome, applied_hash(spec))

    def _matched(self, key: ObjectKey, spec: EcrLifecyclePolicySpec) -> Iterator[MatchedRepository]:
        namespace, name = key
        selector = None if spec.repository_selector is None else LabelSelector.of(spec.repository_selector)
        store = self._context.store
        for repository in store.by_index(REPOSITORIES.plural, BY_NAMESPACE, namespace):
            obj = store.get(REPOSITORIES.plural, *repository)
            if obj is None or is_deleting(obj) or not _matches(obj, name, selector):
                continue
            try:
                subject = self._context.subject(obj)
            except UnsupportedSpecError:
                continue
            if not subject.desired.observe:
                source = subject.desired.lifecycle_source
                suspended = subject.spec.is_suspended
                yield MatchedRepository.of(subject.key[1], source, subject.status, suspended=suspended)

    async def _write(
        self, obj: Json, status: EcrLifecyclePolicyStatus, outcome: Outcome, hash: str | None
    ) -> None:
        """Write the status, if it differs."""
        metadata = obj["metadata"]
        before = EcrLifecyclePolicyStatus.from_json(obj.get("status"))
        handled = (metadata.get("annotations") or {}).get(RECONCILE_ANNOTATION)
        status = outcome_status(
            status, outcome, generation=metadata["generation"], now=self._context.now(), handled=handled
        )
        if isinstance(outcome, Done):
            status = status.model_copy(update={"applied_hash": hash})
        if same_status(obj.get("status"), status.to_json()):
            return
        written = await write_status(self._context.client, obj, status.to_json())
        self._context.store.put(LIFECYCLE_POLICIES.plural, written)
        ready = before.condition(READY)
        if isinstance(outcome, Stalled) and (ready is None or ready.reason != outcome.reason):
            self._context.events.record(obj, outcome.reason, outcome.message, warning=True)

    async def _read_again(self, obj: Json) -> None:
        """The watch may take a while to show what a write of ours has met."""
        try:
            found = await self._context.client.get(object_path(obj))
        except KubeError as error:
            metadata = obj["metadata"]
            if not says_absent(error, metadata["name"]):
                raise
            self._context.store.remove(
                LIFECYCLE_POLICIES.plural, metadata["namespace"], metadata["name"], metadata["uid"]
            )
            return
        self._context.store.put(LIFECYCLE_POLICIES.plural, found)


def _matches(obj: Json, name: str, selector: LabelSelector | None) -> bool:
    """Whether an EcrRepository names the policy, or is selected and names and holds none itself."""
    spec = obj.get("spec") or {}
    if spec.get("lifecyclePolicy") is not None:
        return False
    reference = spec.get("lifecyclePolicyRef")
    if reference is not None:
        return bool(reference["name"] == name)
    return selector is not None and selector.matches(obj["metadata"].get("labels") or {})
