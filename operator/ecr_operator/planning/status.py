"""From the previous status and what has happened to the new status: the one place that writes conditions.

kstatus (Flux, Argo CD, `kubectl wait`) reads it so: Ready=True is done; Reconciling=True is at work;
Stalled=True needs a person. Reconciling and Stalled are there only while True.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from ecr_operator.api.lifecycle_policy import LifecycleDeletionPolicy
from ecr_operator.api.meta import CommonStatus, Condition, ConditionStatus, echoed_reconcile_value
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.plan import Done, Outcome, Retrying, Stalled, Suspended, Waiting
from ecr_operator.planning.repository import ObservedRepository, Recorded
from ecr_operator.reasons import Reason

READY, RECONCILING, STALLED = "Ready", "Reconciling", "Stalled"
FOREIGN_MAX, NAME_MAX = 20, 256
"""Bounds of ``status.foreignStatements``."""
SUMMARY = (READY, RECONCILING, STALLED)

Status = TypeVar("Status", bound=CommonStatus)


def recorded(
    status: EcrRepositoryStatus,
    adopting_since: datetime | None = None,
    exists_since: datetime | None = None,
    policies_written: datetime | None = None,
) -> Recorded:
    """What planning needs of a status."""
    lifecycle = status.lifecycle_policy
    return Recorded(
        managed=frozenset(status.managed or ()),
        repository_arn=status.repository_arn,
        registry_id=status.registry_id,
        region=status.region,
        created_at=status.created_at,
        owner=status.owner,
        adopting_since=adopting_since,
        exists_since=exists_since,
        in_sync=status.applied_hash is not None,
        policies_written=policies_written,
        lifecycle_retained=lifecycle is not None and lifecycle.on_removal == LifecycleDeletionPolicy.RETAIN,
    )


def outcome_status(
    previous: Status,
    outcome: Outcome,
    *,
    generation: int,
    now: datetime,
    handled: str | None = None,
) -> Status:
    """`previous` with the conditions of `outcome`, found for `generation`.

    `handled` is the reconcile annotation's value that this look has answered; a retry has answered none.
    """
    update: dict[str, object] = {
        "observed_generation": generation,
        "conditions": tuple(_conditions(previous, outcome, generation, now)),
    }
    if handled is not None and not isinstance(outcome, Retrying):
        update["last_handled_reconcile_at"] = echoed_reconcile_value(handled)
    if not isinstance(outcome, Done | Suspended):
        # Without it a start looks at the object again.
        update["applied_hash"] = None
    return previous.model_copy(update=update)


def fence_status(
    previous: EcrRepositoryStatus,
    managed: Iterable[str],
    *,
    message: str,
    generation: int,
    now: datetime,
) -> EcrRepositoryStatus:
    """`previous` that records `managed` before the first effect.

    The conditions of an object that has been seen before stay as they are until the end of the reconcile;
    that its generation is a new one says that it is being worked on.
    """
    status = with_managed(previous, managed)
    if previous.condition(READY) is not None:
        return status
    working = Condition(
        type=READY,
        status="Unknown",
        reason=Reason.PROGRESSING,
        message=message,
        last_transition_time=now,
        observed_generation=generation,
    )
    reconciling = working.model_copy(update={"type": RECONCILING, "status": "True"})
    return status.model_copy(update={"conditions": (working, reconciling)})


def with_repository(status: EcrRepositoryStatus, observed: ObservedRepository) -> EcrRepositoryStatus:
    """`status` with what AWS says of the repository."""
    return status.model_copy(
        update={
            "repository_uri": observed.uri,
            "repository_arn": observed.arn,
            "registry_id": observed.registry_id,
            "region": observed.region,
            "created_at": observed.created_at,
            "owner": observed.owner,
        }
    )


def with_foreign(status: EcrRepositoryStatus, names: tuple[str, ...] | None) -> EcrRepositoryStatus:
    """`status` that shows the foreign statements of the repository's policy; None: nobody reads them."""
    shown = tuple(name[:NAME_MAX] for name in (names or ())[:FOREIGN_MAX])
    return status.model_copy(update={"foreign_statements": shown or None})


def without_repository(status: EcrRepositoryStatus) -> EcrRepositoryStatus:
    """`status` of an object that has no repository, or none any more."""
    return status.model_copy(
        update={
            "repository_uri": None,
            "repository_arn": None,
            "registry_id": None,
            "region": None,
            "created_at": None,
            "owner": None,
            "foreign_statements": None,
            "lifecycle_policy": None,
            "images": None,
            "scan": None,
            "in_use": None,
            "estimated_monthly_cost_usd": None,
            # The others are about what the repository holds.
            "conditions": tuple(one for one in status.conditions or () if one.type in SUMMARY),
        }
    )


def with_managed(status: EcrRepositoryStatus, parts: Iterable[str]) -> EcrRepositoryStatus:
    """`status` that records `parts` as managed."""
    return status.model_copy(update={"managed": tuple(sorted(parts)) or None})


def with_condition(
    status: Status,
    type: str,
    value: ConditionStatus | None,
    reason: str = "",
    message: str = "",
    *,
    generation: int,
    now: datetime,
) -> Status:
    """`status` with a condition beside Ready, Reconciling and Stalled; `value` None: without it."""
    before = status.condition(type)
    others = [one for one in status.conditions or () if one.type != type]
    if value is not None:
        same = before is not None and before.status == value
        others.append(
            Condition(
                type=type,
                status=value,
                reason=reason,
                message=message,
                last_transition_time=before.last_transition_time if before and same else now,
                observed_generation=generation,
            )
        )
    return status.model_copy(update={"conditions": tuple(others)})


def is_ready(status: CommonStatus, generation: int) -> bool:
    """Whether the object was found in sync at this generation."""
    ready = status.condition(READY)
    return ready is not None and ready.status == "True" and ready.observed_generation == generation


def _conditions(
    previous: CommonStatus, outcome: Outcome, generation: int, now: datetime
) -> Iterable[Condition]:
    def condition(type: str, status: ConditionStatus, reason: Reason, message: str) -> Condition:
        before = previous.condition(type)
        same = before is not None and before.status == status
        return Condition(
            type=type,
            status=status,
            reason=reason,
            message=message,
            last_transition_time=before.last_transition_time if before and same else now,
            observed_generation=generation,
        )

    match outcome:
        case Done(reason, message):
            yield condition(READY, "True", reason, message)
        case Waiting(reason, message):
            yield condition(READY, "False", reason, message)
            yield condition(RECONCILING, "True", reason, message)
        case Retrying(reason, message):
            ready = previous.condition(READY)
            if ready and (ready.reason, ready.observed_generation) == (reason, generation):
                # The details of an outage change from call to call, and are no news.
                message = ready.message
            yield condition(READY, "False", reason, message)
            yield condition(RECONCILING, "True", Reason.PROGRESSING_WITH_RETRY, message)
        case Stalled(reason, message):
            yield condition(READY, "False", reason, message)
            yield condition(STALLED, "True", reason, message)
        case Suspended():
            before = previous.condition(READY)
            yield condition(
                READY,
                before.status if before else "Unknown",
                Reason.SUSPENDED,
                "`suspend` is true: nothing is read or written",
            )
    yield from (other for other in previous.conditions or () if other.type not in SUMMARY)
