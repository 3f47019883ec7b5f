"""Both policies of a repository: what the spec gets wrong, and the changes that make AWS match."""

from datetime import datetime, timedelta

from ecr_operator.planning.changes import (
    LIFECYCLE,
    Change,
    DeleteLifecyclePolicy,
    PutLifecyclePolicy,
    statement_part,
)
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle import oversize, rule_count, same_lifecycle
from ecr_operator.planning.lifecycle_gate import LifecycleGate
from ecr_operator.planning.managed import Reads, managed_after, reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Plan, Waiting, refuse
from ecr_operator.planning.policy_document import sids_of
from ecr_operator.planning.repository_policy import plan_policy, policy_refusal
from ecr_operator.reasons import Reason


def spec_refusal(desired: DesiredRepository, place: Place) -> Plan | None:
    """Why the spec cannot be carried out, whatever AWS holds; None: nothing is known against it."""
    if refusal := oversize(desired.lifecycle or ""):
        return refuse(Reason.POLICY_TOO_LARGE, refusal)
    return policy_refusal(desired, place)


def plan_policies(
    desired: DesiredRepository,
    lifecycle: str | None,
    policy: str | None,
    managed: frozenset[str],
    place: Place,
    known: Reads,
    *,
    new: bool = False,
    gate: LifecycleGate = LifecycleGate.OPEN,
    retained: bool = False,
) -> tuple[Change, ...] | Plan:
    """The changes of both policies, or a refusal.

    `lifecycle` and `policy` are the texts that AWS holds, as far as they are `known`; `managed` is what the
    status records; `new` says that the same plan creates the repository. `retained`: a lifecycle policy that
    is not wanted any more is left there.
    """
    if not known.covers(reads(desired, managed)):
        raise ValueError("a policy that the plan depends on was not read")
    changes: list[Change] = []
    if known.policy:
        change = plan_policy(desired, policy, managed, place, new=new)
        if isinstance(change, Plan):
            return change
        changes += [change] if change else []
    if known.lifecycle:
        first = _lifecycle_change(desired, lifecycle, LIFECYCLE in managed, retained, gate)
        # First: what it sets does not hang on whether AWS finds the policy's principals.
        changes[:0] = [first] if first else []
    return tuple(changes)


def _lifecycle_change(
    desired: DesiredRepository, there: str | None, ours: bool, retained: bool, gate: LifecycleGate
) -> PutLifecyclePolicy | DeleteLifecyclePolicy | None:
    """`ours`: what is `there` was set by the object."""
    text = desired.lifecycle
    if desired.lifecycle_at_rest or gate == LifecycleGate.CLOSED:
        return None
    if text is None:
        taken = ours and not retained and there is not None
        return DeleteLifecyclePolicy(desired.name) if taken else None
    if gate == LifecycleGate.WITHDRAWN:
        taken = there is not None and (ours or same_lifecycle(text, there))
        return DeleteLifecyclePolicy(desired.name, withdrawn=True) if taken else None
    if same_lifecycle(text, there):
        return None
    return PutLifecyclePolicy(desired.name, text, rules=rule_count(text), replaces=there is not None)


def unseen_parts(
    desired: DesiredRepository, lifecycle: str | None, policy: str | None, managed: frozenset[str]
) -> tuple[str, ...]:
    """The recorded parts that are to be taken back and that AWS does not show, sorted.

    Either somebody has removed them, or AWS's answer is older than our last write.
    """
    parts = {part for part in managed - managed_after(desired) if part.startswith(statement_part(""))}
    parts -= {statement_part(sid) for sid in sids_of(policy)}
    if LIFECYCLE in managed and desired.lifecycle_source is None and lifecycle is None:
        parts.add(LIFECYCLE)
    return tuple(sorted(parts))


def waits_for(
    unseen: tuple[str, ...], written: datetime | None, now: datetime, propagation: timedelta
) -> Waiting | None:
    """Waiting where `unseen` parts may only not be shown yet, because a policy was just `written`."""
    # A clock that was set back meanwhile makes nobody wait.
    if not unseen or written is None or not written <= now < written + propagation:
        return None
    return Waiting(
        Reason.PROGRESSING,
        f"AWS does not show yet what was just written, to take it back: {', '.join(unseen)}",
        min(5.0, (written + propagation - now).total_seconds()),
    )
