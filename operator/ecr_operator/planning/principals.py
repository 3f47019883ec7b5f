"""What follows when AWS refuses a policy because of its principals.

"Principal not found" has three causes: the principal is new and AWS does not know it everywhere yet, it does
not exist, or its account has not enabled the Region (ECR User Guide, "Allow another account"). Before 2024
AWS said only that the policy is invalid, and may still do so.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from ecr_operator.planning.changes import SetRepositoryPolicy
from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Stalled, Waiting
from ecr_operator.planning.policy_document import PolicyDocument, UnreadablePolicyError, parse_policy
from ecr_operator.planning.policy_equality import is_deleted
from ecr_operator.reasons import Reason

SHOWN: Final = 3
"""How many principals a message names: it has room for 512 characters."""
_HEAD, _TAIL = 33, 64
"""What is shown of a long ARN: up to its account, and the longest name that a role may have."""


def policy_refused(
    change: SetRepositoryPolicy,
    reason: Reason,
    message: str,
    *,
    place: Place,
    since: datetime,
    now: datetime,
    propagation: timedelta,
) -> Waiting | Stalled:
    """The outcome when AWS has refused `change`, with its `message`; first at `since`.

    A principal that has just been made is found within `propagation`.
    """
    suspects = _suspects(change, place)
    if reason == Reason.PRINCIPAL_NOT_FOUND:
        text = (
            f"AWS does not find a principal of the repository's policy{_shown(suspects)}. It was made "
            "moments ago, it does not exist (or was deleted), or its account has not enabled the Region "
            f"{place.region}"
        )
    else:
        # The message is cut at its end: there are up to 50 Sids.
        text = f"AWS refuses the repository's policy: {message} (statements {', '.join(change.statements)})"
    left = since + propagation - now
    # A clock that was set back meanwhile makes nobody wait longer.
    if not suspects or not timedelta() < left <= propagation:
        return Stalled(reason, text)
    # Sooner in the beginning; never later than the end of the time that a new principal may take.
    after = max(1.0, min((now - since).total_seconds() / 2, 15.0, left.total_seconds()))
    return Waiting(reason, text, after)


def _suspects(change: SetRepositoryPolicy, place: Place) -> tuple[str, ...]:
    """The principals that the policy did not hold before, and those that AWS itself shows as deleted."""
    after = dict.fromkeys(_principals(parse_policy(change.text), place))
    try:
        before = set(_principals(parse_policy(change.was), place))
    except UnreadablePolicyError:
        before = set()
    return tuple(sorted(one for one in after if one not in before or is_deleted(one))) or tuple(sorted(after))


def _principals(document: PolicyDocument, place: Place) -> Iterator[str]:
    for statement in document.statements:
        if not isinstance(statement, dict):
            continue
        for member in ("Principal", "NotPrincipal"):
            value: Any = statement.get(member)
            values = value.get("AWS") if isinstance(value, dict) else value
            for entry in values if isinstance(values, list) else [values]:
                if isinstance(entry, str) and entry != "*":
                    yield place.root(entry) if entry.isdigit() else entry


def _shown(principals: tuple[str, ...]) -> str:
    more = len(principals) - SHOWN
    names = ", ".join(map(_short, principals[:SHOWN]))
    return ": " * bool(principals) + names + (f" or {more} more" if more > 0 else "")


def _short(principal: str) -> str:
    if len(principal) <= _HEAD + _TAIL + 3:
        return principal
    return f"{principal[:_HEAD]}...{principal[-_TAIL:]}"
