"""Fence, then perform: the part of a reconcile that changes AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository_status import EcrRepositoryStatus, RepositoryLifecyclePolicy
from ecr_operator.aws import repository as aws_repository
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.policies import Seen, guard, look_after
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers import live
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.lifecycle_preview import refuses_policy
from ecr_operator.controllers.subject import Json, Subject, what_users_change
from ecr_operator.kube.errors import Stale
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.kube.status import write_status
from ecr_operator.planning.changes import (
    Change,
    DeleteLifecyclePolicy,
    DeleteRepositoryPolicy,
    PutLifecyclePolicy,
    SetRepositoryPolicy,
    SharedPolicyChange,
    StartImageScan,
    TagRepository,
)
from ecr_operator.planning.lifecycle_progress import LifecycleProgress
from ecr_operator.planning.plan import Plan
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.planning.status import fence_status, outcome_status, with_managed


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of a plan: the changes that AWS took, and the error that ended it."""

    changes: tuple[Change, ...] = ()
    observed: ObservedRepository | None = None
    """The repository after them."""
    managed: frozenset[str] = frozenset()
    """The parts that are managed after them."""
    error: AwsError | None = None
    refused: Change | None = None
    """The change that `error` ended."""
    seen: Seen = Seen.WRITTEN
    """What AWS showed of the repository's policy after it was written."""
    progress: LifecycleProgress | None = None
    """How far the lifecycle policy was to get by the plan; None: nothing was decided about it."""
    lifecycle_refusal: AwsError | None = None
    """AWS does not take the lifecycle policy; the rest of the plan was carried out all the same."""
    scan_refusals: Mapping[str, AwsError] = field(default_factory=dict)
    """The images, by digest, of which AWS does not start a scan; the same."""

    @property
    def scans_started(self) -> frozenset[str]:
        """The images, by digest, of which AWS has started a scan."""
        return frozenset(change.digest for change in self.changes if isinstance(change, StartImageScan))


async def fence(context: Context, subject: Subject, plan: Plan) -> Json:
    """Prove that the object is still the one that was planned for; returns it as it is now.

    What the plan starts to manage is recorded by the same write. Raises `Stale` (plan again) and `Gone`.
    """
    known = frozenset(subject.status.managed or ())
    if plan.adopts:
        # A restart has to know that the owner tag is to be read again first.
        before = with_managed(subject.status, plan.parts())
        status = outcome_status(
            before, plan.outcome, generation=subject.generation, now=context.now(), handled=None
        )
        return await _write(context, subject, status)
    if plan.parts() <= known:
        return await unchanged(context, subject)
    status = fence_status(
        _with_source(subject, plan),
        known | plan.parts(),
        message=plan.describe(),
        generation=subject.generation,
        now=context.now(),
    )
    return await _write(context, subject, status)


def _with_source(subject: Subject, plan: Plan) -> EcrRepositoryStatus:
    """The status that knows of whom a lifecycle policy is before it is set, to take it back one day."""
    desired, status = subject.desired, subject.status
    sets = any(isinstance(change, PutLifecyclePolicy) for change in plan.changes)
    if not sets or desired.lifecycle_source is None:
        return status
    entry = RepositoryLifecyclePolicy(
        source=desired.lifecycle_source,
        state=LifecyclePolicyState.PENDING,
        on_removal=desired.lifecycle_on_removal,
    )
    return status.model_copy(update={"lifecycle_policy": entry})


async def _write(context: Context, subject: Subject, status: EcrRepositoryStatus) -> Json:
    obj = await write_status(context.client, subject.obj, status.to_json())
    context.store.put(REPOSITORIES.plural, obj)
    # An equal status was not written, and has proved nothing.
    return await unchanged(context, subject) if obj is subject.obj else obj


async def unchanged(context: Context, subject: Subject) -> Json:
    """The object by a live read. Raises `Stale` when it is not the one of `subject`, `Gone` without one."""
    obj = await live.get(context, subject.obj)
    if what_users_change(obj) != what_users_change(subject.obj):
        raise Stale(409, "Conflict", "The object has changed since it was read")
    return obj


async def perform(
    registry: Registry, plan: Plan, observed: ObservedRepository | None, managed: frozenset[str]
) -> Performed:
    """Send the plan's changes to AWS, in order, until one fails. `managed` is what was recorded before.

    A lifecycle policy that is not to AWS's liking stops nothing else: its rules may be another object's.

    A part whose first write AWS refused, or that was never sent, does not count as managed: to take it
    back would remove what somebody else had put there.
    """
    done: list[Change] = []
    refusal: AwsError | None = None
    scan_refusals: dict[str, AwsError] = {}
    for change in plan.changes:
        shared = _shared(change)
        if shared:
            try:
                await guard(registry, shared)
            except AwsError as error:
                # Nothing was sent.
                return Performed(tuple(done), observed, managed, error, change, lifecycle_refusal=refusal)
        try:
            answer = await aws_repository.perform(registry, change)
        except AwsError as error:
            if isinstance(change, PutLifecyclePolicy) and refuses_policy(error):
                refusal = error
                continue
            if isinstance(change, StartImageScan) and error.kind != Kind.TRANSIENT:
                scan_refusals[change.digest] = error
                continue
            if not error.refused:
                managed |= change.parts()
            return Performed(
                tuple(done),
                observed,
                managed,
                error,
                change,
                lifecycle_refusal=refusal,
                scan_refusals=scan_refusals,
            )
        done.append(change)
        before, managed = managed, managed | change.parts()
        observed = answer or _observed_after(change, observed)
        if shared:
            # Until AWS shows it, what was taken out may be there again: it stays recorded.
            try:
                seen = await look_after(registry, shared)
            except AwsError as error:
                return Performed(tuple(done), observed, managed, error, lifecycle_refusal=refusal)
            if seen != Seen.WRITTEN:
                return Performed(tuple(done), observed, managed, seen=seen, lifecycle_refusal=refusal)
        managed = (before - change.ends()) | change.parts()
    return Performed(tuple(done), observed, managed, lifecycle_refusal=refusal, scan_refusals=scan_refusals)


def _shared(change: Change) -> SharedPolicyChange | None:
    """The change, where others may write to the same policy; a repository just made has only us."""
    match change:
        case SetRepositoryPolicy(new=False) | DeleteRepositoryPolicy():
            return change
    return None


def _observed_after(change: Change, observed: ObservedRepository | None) -> ObservedRepository | None:
    """The status shows nothing of the other changes."""
    if observed is None:
        return None
    match change:
        case TagRepository(tags=tags):
            return replace(observed, tags={**observed.tags, **tags})
        case PutLifecyclePolicy(text=text):
            return replace(observed, lifecycle_policy=text)
        case DeleteLifecyclePolicy():
            return replace(observed, lifecycle_policy=None)
        case SetRepositoryPolicy(text=text):
            return replace(observed, policy=text)
        case DeleteRepositoryPolicy():
            return replace(observed, policy=None)
    return observed
