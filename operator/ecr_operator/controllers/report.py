"""What users see of a reconcile: one status write, when it differs, and an event per transition."""

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.controllers import live
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json, Subject, what_users_change
from ecr_operator.kube.errors import Stale
from ecr_operator.kube.resources import REPOSITORIES
from ecr_operator.kube.status import write_status
from ecr_operator.planning.changes import (
    Change,
    CreateRepository,
    DeleteRepository,
    StartImageScan,
    TagRepository,
)
from ecr_operator.planning.figures import with_figures_of
from ecr_operator.planning.image_reading import AT_RISK
from ecr_operator.planning.lifecycle_progress import APPLIED
from ecr_operator.planning.plan import Outcome, Retrying, Stalled, Waiting
from ecr_operator.planning.status import READY
from ecr_operator.reasons import Reason


async def write(context: Context, obj: Json, status: EcrRepositoryStatus) -> Json:
    """The closing write. Raises `Stale` when a user changed the object meanwhile, and `Gone`.

    A conflict over anything else (a label, another controller's annotation) is no reason to plan again, and
    neither are figures of the repository's images that were told meanwhile: they stay.
    """
    try:
        written = await write_status(context.client, obj, status.to_json())
    except Stale:
        now = await live.get(context, obj)
        if what_users_change(now) != what_users_change(obj):
            raise
        before, told = (EcrRepositoryStatus.from_json(one.get("status")) for one in (obj, now))
        status = with_figures_of(status, before, told)
        written = await write_status(context.client, now, status.to_json())
    context.store.put(REPOSITORIES.plural, written)
    return written


def announce_changes(context: Context, subject: Subject, changes: tuple[Change, ...], adopted: bool) -> None:
    """One event for all changes of a reconcile."""
    if not changes:
        return
    note = "; ".join(change.describe() for change in changes)
    note = note[0].upper() + note[1:]
    reason, warning = _changed(changes[0], adopted)
    if warning:
        note += "; it was deleted by somebody, and its images with it"
    context.events.record(subject.obj, reason, note, warning=warning, repeat=True)


def _changed(change: Change, adopted: bool) -> tuple[Reason, bool]:
    match change:
        case CreateRepository(again=True):
            return Reason.REPOSITORY_RECREATED, True
        case CreateRepository():
            return Reason.REPOSITORY_CREATED, False
        case DeleteRepository():
            return Reason.REPOSITORY_DELETED, False
        case TagRepository() if adopted:
            return Reason.REPOSITORY_ADOPTED, False
        case StartImageScan():
            return Reason.SCAN_STARTED, False
    return Reason.REPOSITORY_UPDATED, False


def announce_outcome(context: Context, subject: Subject, outcome: Outcome) -> None:
    """An event where the object goes over into a state that users want to know of."""
    before = subject.status.condition(READY)
    match outcome:
        case Stalled(reason, message) | Retrying(reason, message) | Waiting(reason, message):
            if reason == Reason.PROGRESSING or (before is not None and before.reason == reason):
                return
            warning = not isinstance(outcome, Waiting) or reason in HELD
            context.events.record(subject.obj, reason, message, warning=warning)


def announce_lifecycle(context: Context, subject: Subject, status: EcrRepositoryStatus) -> None:
    """An event where a lifecycle policy is held back, or taken off; and where images come to be at risk."""
    risk, known = status.condition(AT_RISK), subject.status.condition(AT_RISK)
    before, after = subject.status.lifecycle_policy, status.lifecycle_policy
    withdrawn = after is not None and after.state == LifecyclePolicyState.WITHDRAWN
    if risk is not None and known is None and not withdrawn:
        context.events.record(subject.obj, Reason.IMAGES_IN_USE, risk.message, warning=True)
    condition = status.condition(APPLIED)
    if after is None or condition is None or condition.status == "True":
        return
    if (before and before.state) == after.state or after.state not in NOT_APPLIED:
        return
    reason = Reason(condition.reason)
    if after.state == LifecyclePolicyState.WITHDRAWN:
        reason = Reason.LIFECYCLE_POLICY_WITHDRAWN
    context.events.record(subject.obj, reason, condition.message, warning=True)


def announce_scans(
    context: Context, subject: Subject, failed: Condition, new_criticals: tuple[str, ...]
) -> None:
    """The event that the reported images have come to fail, naming the critical findings that are new."""
    note = failed.message
    if new_criticals:
        more = f" and {len(new_criticals) - NAMED:,} more" if len(new_criticals) > NAMED else ""
        note += f". New critical findings: {', '.join(new_criticals[:NAMED])}{more}"
    context.events.record(subject.obj, Reason(failed.reason), note, warning=True)


NAMED = 5
"""How many findings an event names."""
NOT_APPLIED = (LifecyclePolicyState.HELD, LifecyclePolicyState.WITHDRAWN)
HELD = (Reason.REPOSITORY_NOT_EMPTY, Reason.DELETION_HELD, Reason.REPOSITORY_NOT_FOUND)
"""Waiting, but perhaps for a person."""
