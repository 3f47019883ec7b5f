"""From grants and statements, and the policy that AWS holds, to the change of the policy.

Ours are the statements that the spec asks for, those that the status records, and each whose Sid begins with
`EcrOperator`. All others are foreign: they stay, unless the spec says `foreignStatements: Remove`.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from ecr_operator.api.iam import RESERVED_SID_PREFIX
from ecr_operator.planning.access import granted_statements
from ecr_operator.planning.changes import (
    DeleteRepositoryPolicy,
    SetRepositoryPolicy,
    SharedPolicyChange,
    statement_part,
)
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.naming import Place
from ecr_operator.planning.plan import Plan, refuse
from ecr_operator.planning.policy_document import (
    EMPTY,
    OLD_VERSION,
    VERSION,
    PolicyDocument,
    UnreadablePolicyError,
    parse_policy,
    shown_names,
    sid_of,
)
from ecr_operator.planning.policy_equality import canonical, deleted_principals, same_statements
from ecr_operator.planning.statement_check import principal_problem, sent, statement_problem
from ecr_operator.reasons import Reason

TEXT_MAX: Final = 10_240
"""Characters of `policyText` (botocore's model of ECR)."""

Numbered = tuple[int, Any]
"""A statement with its place in the document, from 1."""


def wanted_statements(desired: DesiredRepository, place: Place) -> tuple[dict[str, Any], ...]:
    """All statements that the spec asks for."""
    return (*granted_statements(desired.access, place), *map(sent, desired.statements))


def policy_refusal(desired: DesiredRepository, place: Place) -> Plan | None:
    """What is wrong with the spec's own statements, whatever AWS holds."""
    problem = _access_problem(desired, place) or statement_problem(desired.statements, place, desired.name)
    if problem:
        return refuse(Reason.INVALID_POLICY, problem)
    statements = wanted_statements(desired, place)
    size = len(PolicyDocument(EMPTY.members, statements).text())
    return _too_large(size, 0) if statements and size > TEXT_MAX else None


def plan_policy(
    desired: DesiredRepository, there: str | None, managed: frozenset[str], place: Place, *, new: bool
) -> SharedPolicyChange | Plan | None:
    """The change, a refusal, or None: the policy is as it should be.

    `there` is the text that AWS holds; `managed` what the status records; `new` says that the repository is
    created by the same plan, so that nobody else can have written to it.
    """
    wanted = wanted_statements(desired, place)
    try:
        document = parse_policy(there)
    except UnreadablePolicyError as error:
        if not desired.remove_foreign:
            return _unreadable(wanted, managed, str(error))
        document = EMPTY
    mine = {str(statement["Sid"]) for statement in wanted}
    kept = () if desired.remove_foreign else tuple(_foreign(document, mine, managed))
    target = (*(statement for _, statement in kept), *wanted)
    if there is None and not target:
        return None
    merged = PolicyDocument(document.members if kept else EMPTY.members, target)
    if merged.version == OLD_VERSION and _has_variables(wanted):
        if _has_variables(statement for _, statement in kept):
            return _two_versions(kept)
        merged = PolicyDocument({**merged.members, "Version": VERSION}, target)
    if there is not None and document is not EMPTY and _same(document, merged, place):
        return None
    left = {number for number, _ in kept}
    gone = [
        (number, statement)
        for number, statement in enumerate(document.statements, 1)
        if number not in left and sid_of(statement) not in mine
    ]
    removed = tuple(sorted({sid for sid in (sid_of(statement) for _, statement in gone) if sid}))
    if not target:
        names = ", ".join(shown_names(gone))
        return DeleteRepositoryPolicy(desired.name, removed=removed, was=there, detail=names)
    text = merged.text()
    # One that becomes smaller may be tried: AWS may hold a text longer than the one that was sent.
    if len(text) > TEXT_MAX and len(text) >= len(document.text()):
        return _too_large(len(text), len(kept))
    return SetRepositoryPolicy(
        desired.name,
        text,
        statements=tuple(sorted(mine)),
        removed=removed,
        was=there,
        new=new,
        detail=_detail(document, wanted, gone, kept, place),
    )


def foreign_names(
    there: str | None, desired: DesiredRepository, managed: frozenset[str], place: Place
) -> tuple[str, ...]:
    """The Sids of the foreign statements (``#<n>`` for one without), as the status shows them."""
    try:
        document = parse_policy(there)
    except UnreadablePolicyError:
        return ("#1",)
    mine = {str(statement["Sid"]) for statement in wanted_statements(desired, place)}
    return shown_names(_foreign(document, mine, managed))


def _foreign(document: PolicyDocument, mine: set[str], managed: frozenset[str]) -> list[Numbered]:
    return [
        (number, statement)
        for number, statement in enumerate(document.statements, 1)
        if not _is_ours(sid_of(statement), mine, managed)
    ]


def _is_ours(sid: str | None, mine: set[str], managed: frozenset[str]) -> bool:
    if sid is None:
        return False
    return sid in mine or sid.startswith(RESERVED_SID_PREFIX) or statement_part(sid) in managed


def _same(document: PolicyDocument, merged: PolicyDocument, place: Place) -> bool:
    # The version matters to variables alone (IAM User Guide, "Version").
    same_version = document.version == merged.version or not _has_variables(merged.statements)
    return same_version and same_statements(document.statements, merged.statements, place)


def _has_variables(statements: Iterable[Any]) -> bool:
    """Whether a text in them is a variable, or plain characters in a document of the old version."""
    return any("${" in json.dumps(statement) for statement in statements)


def _two_versions(kept: tuple[Numbered, ...]) -> Plan:
    others = shown_names(one for one in kept if _has_variables([one[1]]))
    return refuse(
        Reason.INVALID_POLICY,
        f"The spec's statements hold variables (`${{...}}`), which need `Version` {VERSION}. The "
        f"repository's policy in AWS has {OLD_VERSION}, which makes `${{` plain text in foreign statements "
        f"({', '.join(others)}). Mend it in AWS, or set `foreignStatements: Remove`",
    )


def _access_problem(desired: DesiredRepository, place: Place) -> str | None:
    if desired.access is None:
        return None
    for name, grant in (("pull", desired.access.pull), ("push", desired.access.push)):
        problem = principal_problem((grant.principals if grant else None) or (), place)
        if problem:
            return f"`access.{name}.principals`: {problem}"
    functions = (desired.access.lambda_.functions if desired.access.lambda_ else None) or ()
    for function in functions:
        if function.split(":")[1] != place.partition:
            return (
                f"`access.lambda.functions`: {function} is of another partition, the registry is in "
                f"{place.partition}"
            )
    return None


def _unreadable(wanted: tuple[dict[str, Any], ...], managed: frozenset[str], why: str) -> Plan | None:
    recorded = any(part.startswith(statement_part("")) for part in managed)
    if not wanted and not recorded:
        return None
    return refuse(
        Reason.INVALID_POLICY,
        f"The repository's policy in AWS cannot be merged with the spec's statements, because {why}; it is "
        "kept. Mend it in AWS, or set `foreignStatements: Remove` to replace it",
    )


def _too_large(size: int, foreign: int) -> Plan:
    others = f", {foreign} foreign statement{'s' * (foreign > 1)} included" if foreign else ""
    return refuse(
        Reason.POLICY_TOO_LARGE,
        f"The repository's policy would have {size:,} characters{others}, AWS allows {TEXT_MAX:,}; use "
        "`organizations` in place of many accounts, or remove statements",
    )


def _detail(
    document: PolicyDocument,
    wanted: tuple[dict[str, Any], ...],
    gone: list[Numbered],
    kept: tuple[Numbered, ...],
    place: Place,
) -> str:
    """What becomes of each statement, by its Sid."""
    before: dict[str | None, Any] = {sid_of(statement): statement for statement in document.statements}
    added, changed = [], []
    for statement in wanted:
        sid = statement["Sid"]
        if sid not in before:
            added.append(sid)
        elif canonical(before[sid], place) != canonical(statement, place):
            ids = ", ".join(deleted_principals(before[sid]))
            changed.append(f"{sid} (deleted principal {ids})" if ids else sid)
    names = {"add": added, "change": changed, "remove": shown_names(gone), "keep": shown_names(kept)}
    return "; ".join(f"{verb} {', '.join(sids)}" for verb, sids in names.items() if sids)
