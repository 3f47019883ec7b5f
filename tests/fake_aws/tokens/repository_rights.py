"""What a repository policy says to a token's principal.

Source: ECR User Guide, "Private repository policies"; IAM User Guide, "Cross-account policy evaluation logic"
(both accounts have to allow) and "Policy evaluation logic" (an explicit deny wins). That in one account a
repository policy alone may grant is not modelled: here it only denies to its own account's principals.
"""

from __future__ import annotations

import json
from typing import Any

from ..accounts import Caller
from ..call import Call
from ..dispatch import LOCK
from ..ecr.backend import registry_of
from ..iam import conditions, wildcards
from ..iam.requirements import request_keys, resource_keys


def verdict(call: Call, owner: str) -> bool | None:
    """Whether the policy of the repository that `call` names allows the call (True), denies it, or is silent
    (None).
    """
    with LOCK:
        stored = registry_of(owner, call.region).repositories.get(call.repositories[0])
        text = None if stored is None else stored.policies.current
        if text is None:
            return None
        context = {**request_keys(call), "aws:resourceaccount": (owner,), **resource_keys(call, stored)}
    effects = {
        statement.get("Effect")
        for statement in conditions.as_list(json.loads(text).get("Statement"))
        if isinstance(statement, dict) and covers(statement, call, context)
    }
    return None if not effects else "Deny" not in effects


def covers(statement: dict[str, Any], call: Call, context: conditions.Context) -> bool:
    """Whether a statement is about the call and its caller."""
    assert call.caller is not None
    return (
        names(statement, call.caller)
        and any_action(statement, call.action)
        and all(one.holds(context) for one in conditions.parsed(statement.get("Condition", {})))
    )


def names(statement: dict[str, Any], caller: Caller) -> bool:
    """Whether a statement is about the caller."""
    negated = "Principal" not in statement
    principal = statement.get("NotPrincipal" if negated else "Principal")
    values = principal.get("AWS", []) if isinstance(principal, dict) else principal
    return (not caller.names.isdisjoint(map(str, conditions.as_list(values)))) != negated


def any_action(statement: dict[str, Any], action: str) -> bool:
    """Whether a statement is about an action."""
    negated = "Action" not in statement
    patterns = conditions.as_list(statement.get("NotAction" if negated else "Action", []))
    return any(wildcards.matches(str(one), action, ignore_case=True) for one in patterns) != negated
