"""What is wrong with a statement that a user wrote, before AWS says only that the policy is invalid.

IAM User Guide, "IAM JSON policy element reference", and ECR User Guide, "Private repository policies".
The API server has checked what it can; the values of `Principal`, `Action`, `Resource` and `Condition` may be
text or lists, and have no type there.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ecr_operator.api.iam import RESERVED_SID_PREFIX
from ecr_operator.planning.lockout import locks_out
from ecr_operator.planning.naming import Place
from ecr_operator.planning.policy_equality import ACCOUNT_PATTERN, is_deleted

MEMBERS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "Condition",
)
PRINCIPAL_KINDS: Final = ("AWS", "Service", "Federated", "CanonicalUser")

_ACTION: Final = re.compile(r"\*|ecr:[a-z*?]+", re.IGNORECASE)
_ARN: Final = re.compile(r"arn:([a-z0-9-]+):(iam|sts)::([0-9]{12}):(root|[a-z-]+/.+)")


def statement_problem(statements: Sequence[dict[str, Any]], place: Place, name: str) -> str | None:
    """A sentence on the first statement that is wrong, with its Sid; None: AWS may accept them all.

    `name` is the repository's.
    """
    sids = Counter(statement.get("Sid") for statement in statements)
    for number, statement in enumerate(statements):
        sid = statement.get("Sid")
        if not isinstance(sid, str) or not sid:
            return f"`repositoryPolicy.statements[{number}]` has no `Sid`; give it one that is unique"
        problem = (
            f"its `Sid` is used {sids[sid]} times; give each statement its own"
            if sids[sid] > 1
            else next(_problems(statement, place, name), None)
        )
        if problem:
            return f"Statement {sid} of `repositoryPolicy`: {problem}"
    return None


def principal_problem(principals: Iterable[str], place: Place) -> str | None:
    """What is wrong with the first bad one of principals that are ARNs or accounts; None: nothing."""
    return next(filter(None, (_aws_problem(principal, place) for principal in principals)), None)


def sent(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement as it is sent: without `Resource`, which AWS refuses in several reports."""
    return {member: value for member, value in statement.items() if member != "Resource"}


def _problems(statement: dict[str, Any], place: Place, name: str) -> Iterator[str]:
    if str(statement["Sid"]).lower().startswith(RESERVED_SID_PREFIX.lower()):
        yield f"a `Sid` that begins with {RESERVED_SID_PREFIX} is the operator's own; choose another"
    unknown = [member for member in statement if member not in MEMBERS]
    if unknown:
        yield f"`{unknown[0]}` is no member of a statement; there are {', '.join(MEMBERS)}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "`Effect` must be Allow or Deny"
    for member in ("Principal", "Action"):
        if (member in statement) == (f"Not{member}" in statement):
            yield f"it must have either `{member}` or `Not{member}`"
    if "NotPrincipal" in statement and statement.get("Effect") == "Allow":
        yield "`NotPrincipal` goes with the `Effect` Deny alone: with Allow it would let in everybody else"
    yield from _principal_problems(statement, place)
    yield from _action_problems(statement)
    yield from _resource_problems(statement, place, name)
    yield from _condition_problems(statement)
    if locks_out(statement, place):
        yield (
            "it would keep everybody, the operator too, from reading or changing the policy ever again; "
            "add a `Condition`, or leave ecr:SetRepositoryPolicy and ecr:GetRepositoryPolicy out of it"
        )


def _principal_problems(statement: dict[str, Any], place: Place) -> Iterator[str]:
    for member in ("Principal", "NotPrincipal"):
        value = statement.get(member)
        if value is None or value == "*":
            continue
        if not isinstance(value, dict) or not value:
            yield f'`{member}` must be "*" or an object such as {{AWS: "123456789012"}}'
            continue
        for kind, entries in value.items():
            if kind not in PRINCIPAL_KINDS:
                yield f"`{member}.{kind}` is not known; there are {', '.join(PRINCIPAL_KINDS)}"
            elif not _is_texts(entries):
                yield f"`{member}.{kind}` must be a text or a list of texts; put account ids in quotes"
            elif kind == "AWS":
                problem = principal_problem((entry for entry in _list(entries) if entry != "*"), place)
                if problem:
                    yield f"`{member}.AWS`: {problem}"
            elif kind == "Service" and not all("." in entry for entry in _list(entries)):
                yield f"`{member}.Service` must hold services such as codebuild.amazonaws.com"


def _aws_problem(principal: str, place: Place) -> str | None:
    if ACCOUNT_PATTERN.fullmatch(principal):
        return None
    if re.fullmatch(r"[0-9]+", principal):
        return f"{principal} has {len(principal)} digits, an account id has 12"
    if is_deleted(principal):
        return f"{principal} is the id of a deleted principal; write the ARN of one that exists"
    arn = _ARN.fullmatch(principal)
    if arn is None or "*" in principal or "?" in principal:
        return (
            f"{principal} is neither an account id of 12 digits nor the whole ARN of a role, a user or an "
            "account's root"
        )
    if arn[1] != place.partition:
        return f"{principal} is of the partition {arn[1]}, the registry is in {place.partition}"
    return None


def _action_problems(statement: dict[str, Any]) -> Iterator[str]:
    for member in ("Action", "NotAction"):
        value = statement.get(member)
        if value is None:
            continue
        if not _is_texts(value):
            yield f"`{member}` must be a text or a list of texts"
            continue
        for action in _list(value):
            if not _ACTION.fullmatch(action):
                yield f"`{member}` holds {action}, which is no action of ECR such as ecr:BatchGetImage"
            elif action.lower() == "ecr:getauthorizationtoken":
                yield (
                    f"`{member}` holds {action}, which is for all of a registry: ECR refuses it here; grant "
                    "it to the principal by an IAM policy"
                )


def _resource_problems(statement: dict[str, Any], place: Place, name: str) -> Iterator[str]:
    value = statement.get("Resource")
    if value is None:
        return
    if not _is_texts(value):
        yield "`Resource` must be a text or a list of texts"
        return
    for resource in _list(value):
        if resource != "*" and not place.is_repository(resource, name):
            yield f'`Resource` holds {resource}; leave it out, or write "*" or the ARN of this repository'


def _condition_problems(statement: dict[str, Any]) -> Iterator[str]:
    condition = statement.get("Condition")
    if condition is None:
        return
    if not isinstance(condition, dict):
        yield "`Condition` must be an object of operators such as StringEquals"
        return
    for operator, operands in condition.items():
        if not isinstance(operands, dict) or not operands:
            yield f"`Condition.{operator}` must be an object of condition keys"
        elif any(not _is_scalars(values) for values in operands.values()):
            yield f"`Condition.{operator}` must give each key a value or a list of values"


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _is_texts(value: Any) -> bool:
    entries = _list(value)
    return bool(entries) and all(isinstance(entry, str) and entry for entry in entries)


def _is_scalars(value: Any) -> bool:
    entries = _list(value)
    return bool(entries) and all(isinstance(entry, str | bool | int | float) for entry in entries)
