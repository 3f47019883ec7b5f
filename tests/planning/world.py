"""AWS and the controller in a few lines: what a plan's changes do to a repository, and what is remembered.

`perform` is ECR by its documentation, as far as plans use it. `World` does what `controllers/repository`
does around a plan: record before the first effect, perform, record what is managed after the last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.planning.changes import (
    Change,
    CreateRepository,
    DeleteLifecyclePolicy,
    DeleteRepositoryPolicy,
    PutLifecyclePolicy,
    SetRepositoryPolicy,
    SetScanOnPush,
    SetTagMutability,
    TagRepository,
    UntagRepository,
)
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.managed import NO_READS, managed_after, reads
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Done, Outcome, Plan, Stalled, Waiting
from ecr_operator.planning.repository import ObservedRepository, Recorded
from ecr_operator.reasons import Reason
from tests.planning.formats import shown_lifecycle, shown_policy
from tests.planning.samples import CLUSTER, KEY_ARN, KEY_ID, KEYS, LONG_AGO, NEW, observed, plan

RESOLVED = {None: f"{KEYS}key/aws-ecr", KEY_ID: KEY_ARN, "alias/web": KEY_ARN, f"{KEYS}alias/web": KEY_ARN}
"""AWS answers with the ARN of a key, however it was named."""


def counted(tags: Iterable[str]) -> int:
    """The tags that AWS counts against its 50: its own do not."""
    return sum(not key.startswith("aws:") for key in tags)


def perform(change: Change, there: ObservedRepository | None, now: datetime = LONG_AGO) -> ObservedRepository:
    """The repository after one change; an AssertionError is what AWS would refuse."""
    if isinstance(change, CreateRepository):
        assert there is None, "RepositoryAlreadyExistsException"
        assert counted(change.tags) <= 50, "TooManyTagsException"
        encryption = change.encryption_type or "AES256"
        return observed(
            None,
            tags=dict(change.tags),
            name=change.name,
            created_at=now,
            mutability=change.mutability or "MUTABLE",
            exclusion_filters=tuple(sorted(change.exclusion_filters)),
            scan_on_push=bool(change.scan_on_push),
            encryption_type=encryption,
            kms_key=None if encryption == "AES256" else RESOLVED.get(change.kms_key, change.kms_key),
        )
    assert there is not None, "RepositoryNotFoundException"
    assert change.name == there.name
    match change:
        case TagRepository(arn=arn, tags=tags):
            assert arn == there.arn
            assert tags, "InvalidParameterException"
            assert counted({**there.tags, **tags}) <= 50, "TooManyTagsException"
            return replace(there, tags={**there.tags, **tags})
        case UntagRepository(arn=arn, keys=keys):
            assert arn == there.arn
            assert keys, "InvalidParameterException"
            return replace(there, tags={key: there.tags[key] for key in there.tags if key not in keys})
        case SetTagMutability(mutability=mutability, exclusion_filters=filters):
            assert bool(filters) == mutability.endswith("_WITH_EXCLUSION"), "InvalidParameterException"
            return replace(there, mutability=mutability, exclusion_filters=tuple(sorted(filters)))
        case SetScanOnPush(scan_on_push=scan_on_push):
            return replace(there, scan_on_push=scan_on_push)
        case PutLifecyclePolicy(text=text):
            assert 100 <= len(text) <= 30_720, "InvalidParameterException"
            return replace(there, lifecycle_policy=shown_lifecycle(text))
        case DeleteLifecyclePolicy():
            assert there.lifecycle_policy is not None, "LifecyclePolicyNotFoundException"
            return replace(there, lifecycle_policy=None)
        case SetRepositoryPolicy(text=text, was=was):
            assert was == there.policy, "the guard would have seen another policy"
            assert len(text) <= 10_240, "InvalidParameterException"
            return replace(there, policy=shown_policy(text))
        case DeleteRepositoryPolicy(was=was):
            assert was == there.policy is not None, "RepositoryPolicyNotFoundException"
            return replace(there, policy=None)
    raise AssertionError(f"no plan of a live object holds {change}")


def performed(changes: Iterable[Change], there: ObservedRepository | None) -> ObservedRepository | None:
    """The repository after all changes, in order."""
    for change in changes:
        there = perform(change, there)
    return there


def after(changes: Iterable[Change], managed: frozenset[str]) -> frozenset[str]:
    """The parts that are managed after these changes."""
    for change in changes:
        managed = (managed - change.ends()) | change.parts()
    return managed


@dataclass
class World:
    """One repository, what the status of its object remembers of it, and the time."""

    now: datetime
    there: ObservedRepository | None = None
    memory: Recorded = NEW

    def settle(self, wanted: DesiredRepository, gone: tuple[ObjectKey, ...] = ()) -> Outcome:
        """Reconcile until there is nothing left to wait for."""
        for _ in range(4):
            outcome = self.reconcile(wanted, gone)
            if not isinstance(outcome, Waiting):
                return outcome
            self.now += timedelta(seconds=outcome.after or 30)
        raise AssertionError(f"still waiting: {outcome}")

    def reconcile(
        self,
        wanted: DesiredRepository,
        gone: tuple[ObjectKey, ...] = (),
        *,
        effects: int | None = None,
        killed: bool = True,
    ) -> Outcome:
        """One reconcile; after so many `effects` the process is killed, or AWS refuses the next one."""
        todo = plan(wanted, self._seen(wanted), self.memory, now=self.now, gone=gone)
        before = frozenset() if todo.adopts else self.memory.managed
        if todo.changes:
            # The fence.
            self._record(before | todo.parts())
        if todo.adopts:
            self.memory = replace(self.memory, adopting_since=self.now)
        for change in todo.changes[:effects]:
            self.there = perform(change, self.there, self.now)
        if effects is None or effects > len(todo.changes):
            self._close(wanted, todo)
        elif not killed:
            self._record(after(todo.changes[:effects], before))
        return todo.outcome

    def _seen(self, wanted: DesiredRepository) -> ObservedRepository | None:
        """The repository with no more of its policies than the controller reads."""
        if self.there is None:
            return None
        known = NO_READS
        if self.there.owner is not None and CLUSTER.present(self.there.owner) == wanted.owner:
            known = reads(wanted, self.memory.managed, taking=self.memory.taking)
        return replace(
            self.there,
            known=known,
            lifecycle_policy=self.there.lifecycle_policy if known.lifecycle else None,
            policy=self.there.policy if known.policy else None,
        )

    def _close(self, wanted: DesiredRepository, todo: Plan) -> None:
        managed = after(todo.changes, self.memory.managed)
        adopting_since = None
        if isinstance(todo.outcome, Done):
            # Observing takes nothing back, and forgets nothing that can be taken back later.
            managed = managed if wanted.observe else managed_after(wanted)
        elif isinstance(todo.outcome, Stalled) and todo.outcome.reason == Reason.REPOSITORY_OWNED_BY_ANOTHER:
            managed = frozenset()
        elif isinstance(todo.outcome, Waiting) and todo.outcome.reason == Reason.ADOPTING:
            adopting_since = self.memory.adopting_since
        self._record(managed)
        in_sync = isinstance(todo.outcome, Done)
        self.memory = replace(self.memory, adopting_since=adopting_since, in_sync=in_sync)
        if self.there is not None:
            self.memory = replace(
                self.memory,
                repository_arn=self.there.arn,
                registry_id=self.there.registry_id,
                region=self.there.region,
                created_at=self.there.created_at,
                owner=self.there.owner,
            )

    def _record(self, managed: frozenset[str]) -> None:
        self.memory = replace(self.memory, managed=managed)

    def outsider(self, tags: dict[str, str | None], **settings: object) -> None:
        """Somebody else changes the repository; None removes a tag. The owner tag is left to the test."""
        if self.there is None:
            return
        kept = {key: value for key, value in {**self.there.tags, **tags}.items() if value is not None}
        self.there = replace(self.there, tags=kept, **settings)  # type: ignore[arg-type]

    def foreign(self, keys: frozenset[str]) -> dict[str, str]:
        """The tags that the repository carries of these keys."""
        tags = {} if self.there is None else self.there.tags
        return {key: value for key, value in tags.items() if key in keys and key != OWNER_TAG}
