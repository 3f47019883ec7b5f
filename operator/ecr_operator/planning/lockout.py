"""Whether a statement would keep everybody of the registry's account from ever changing the policy again.

AWS refuses such a policy unless it is forced (ECR API, SetRepositoryPolicy, `force`), which the operator
never does. One that nobody can read is the same to the operator, which never writes what it has not read.
"""

import re
from fnmatch import fnmatchcase
from typing import Any, Final

from ecr_operator.planning.naming import Place

_NEEDED: Final = ("ecr:setrepositorypolicy", "ecr:getrepositorypolicy")


def locks_out(statement: dict[str, Any], place: Place) -> bool:
    """Whether the statement denies all, or all of the registry's own account, to set or read the policy.

    One with a condition, or that spares somebody of the account by `NotPrincipal`, is left to AWS to judge.
    """
    if "NotPrincipal" in statement:
        everybody = not _spares_some(statement["NotPrincipal"], place)
    else:
        everybody = _covers_everybody(statement.get("Principal"), place)
    return (
        statement.get("Effect") == "Deny"
        and not statement.get("Condition")
        and everybody
        and _covers_action(statement)
    )


def _spares_some(principal: Any, place: Place) -> bool:
    """Whether a `NotPrincipal` names anybody of the account, or one whose account its text does not tell."""
    if not isinstance(principal, dict):
        return True
    return any(_account_of(text) in (place.own_account, None) for text in _texts(principal.get("AWS")))


def _account_of(principal: str) -> str | None:
    if re.fullmatch(r"\d{12}", principal):
        return principal
    arn = re.match(r"arn:[^:]*:(?:iam|sts):[^:]*:(\d{12}):", principal)
    return arn.group(1) if arn else None


def _covers_everybody(principal: Any, place: Place) -> bool:
    everybody = {"*", place.own_account, place.root(place.own_account)}
    values = principal.get("AWS") if isinstance(principal, dict) else principal
    return not everybody.isdisjoint(_texts(values))


def _covers_action(statement: dict[str, Any]) -> bool:
    if "NotAction" in statement:
        spared = _texts(statement["NotAction"])
        return not all(any(_matches(pattern, action) for pattern in spared) for action in _NEEDED)
    patterns = _texts(statement.get("Action"))
    return any(_matches(pattern, action) for pattern in patterns for action in _NEEDED)


def _matches(pattern: str, action: str) -> bool:
    # `[` is a plain character in a policy.
    return fnmatchcase(action, re.sub(r"\[", "[[]", pattern.lower()))


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [entry for entry in values if isinstance(entry, str)]
