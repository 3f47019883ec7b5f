"""The status of an EcrPullSecret: one function writes all of it, from facts."""

from dataclasses import dataclass
from datetime import datetime

from ecr_operator.api.meta import ConditionStatus
from ecr_operator.api.pull_secret import EcrPullSecretStatus, NamespaceCounts, NamespaceFailure, RegistryHost
from ecr_operator.planning.plan import Outcome, Suspended
from ecr_operator.planning.pull_secret_status import NamespacesSummary
from ecr_operator.planning.status import READY, outcome_status, with_condition
from ecr_operator.planning.token_life import Life
from ecr_operator.reasons import Reason

NAMESPACES_FAILED, EXPIRING_SOON, LEAST_PRIVILEGE = "NamespacesFailed", "ExpiringSoon", "LeastPrivilege"


@dataclass(frozen=True, slots=True)
class Held:
    """The credentials that are handed out; nothing of them is a secret."""

    hash: str
    """Of the Secrets' data."""
    life: Life
    identity: str | None
    hosts: tuple[str, ...]
    spec: str
    """The hash of the part of the spec that they are for."""
    narrowed: bool
    """Whether a session policy narrows them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status says beside outcome and namespaces. `held` None: there are no credentials yet."""

    secret_name: str
    held: Held | None = None


def pull_secret_status(
    previous: EcrPullSecretStatus,
    outcome: Outcome,
    facts: Facts,
    sums: NamespacesSummary,
    *,
    generation: int,
    now: datetime,
    handled: str | None = None,
) -> EcrPullSecretStatus:
    """The new status. A suspended object's says no more than when its credentials end."""
    status = outcome_status(previous, outcome, generation=generation, now=now, handled=handled)
    life = facts.held.life if facts.held else recorded_life(previous)
    status = _with_expiry(status, life, generation, now)
    if isinstance(outcome, Suspended):
        return status
    # Whatever the outcome: `contentHash` is still of what the Secrets were written for.
    status = status.model_copy(update={"applied_hash": previous.applied_hash})
    update: dict[str, object] = {
        "secret_name": facts.secret_name,
        "namespaces": NamespaceCounts(matched=sums.matched, ready=sums.ready, failed=sums.failed),
        "failures": tuple(
            NamespaceFailure(namespace=one.namespace, reason=one.reason, message=one.message)
            for one in sums.failures
        )
        or None,
    }
    if facts.held is not None:
        update |= {
            "applied_hash": facts.held.spec,
            "expires_at": facts.held.life.expires,
            "next_refresh_at": facts.held.life.refresh,
            "content_hash": facts.held.hash,
            "identity": facts.held.identity,
            "registries": tuple(RegistryHost(host=host) for host in facts.held.hosts),
        }
        status = _with_privilege(status, facts.held.narrowed, generation, now)
    return _with_namespaces(status.model_copy(update=update), sums, generation, now)


def is_news(before: EcrPullSecretStatus, now: EcrPullSecretStatus) -> bool:
    """Whether they differ in more than how far the namespaces are."""
    return _without_progress(before) != _without_progress(now)


def _without_progress(status: EcrPullSecretStatus) -> EcrPullSecretStatus:
    progress = (READY, NAMESPACES_FAILED)
    conditions = tuple(one for one in status.conditions or () if one.type not in progress)
    return status.model_copy(update={"conditions": conditions, "namespaces": None, "failures": None})


def recorded_life(status: EcrPullSecretStatus) -> Life | None:
    """The life of the credentials that a status tells of."""
    if status.expires_at is None or status.next_refresh_at is None:
        return None
    return Life.of_status(status.expires_at, status.next_refresh_at)


def _with_expiry(
    status: EcrPullSecretStatus, life: Life | None, generation: int, now: datetime
) -> EcrPullSecretStatus:
    if life is None or not life.is_expiring_soon(now):
        return with_condition(status, EXPIRING_SOON, None, generation=generation, now=now)
    when = life.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    if life.is_expired(now):
        reason, message = (
            Reason.EXPIRED,
            f"Credentials expired at {when}: registries refuse them",
        )
    else:
        reason = Reason.NOT_REFRESHED
        message = f"The credentials expire at {when} and were not refreshed; Ready says why"
    return with_condition(status, EXPIRING_SOON, "True", reason, message, generation=generation, now=now)


def _with_privilege(
    status: EcrPullSecretStatus, narrowed: bool, generation: int, now: datetime
) -> EcrPullSecretStatus:
    value: ConditionStatus = "True" if narrowed else "Unknown"
    if narrowed:
        reason = Reason.SESSION_NARROWED
        message = "A session policy narrows the session of `auth.roleArn` to what `auth.access` says"
    else:
        reason = Reason.OPERATOR_IDENTITY_USED
        message = "The credentials reach as far as the operator's own identity; `auth.roleArn` narrows them"
    return with_condition(status, LEAST_PRIVILEGE, value, reason, message, generation=generation, now=now)


def _with_namespaces(
    status: EcrPullSecretStatus, sums: NamespacesSummary, generation: int, now: datetime
) -> EcrPullSecretStatus:
    if not sums.failed:
        return with_condition(status, NAMESPACES_FAILED, None, generation=generation, now=now)
    reason = sums.reasons[0][0]
    return with_condition(
        status, NAMESPACES_FAILED, "True", reason, sums.failed_message, generation=generation, now=now
    )
