"""A policy that would keep its author from ever setting another.

Source: botocore on ``force``: "If the policy you are attempting to set on a repository policy would prevent
you from setting another policy in the future, you must force the SetRepositoryPolicy operation"; IAM User
Guide, "Policy evaluation logic": an explicit deny wins. Inferred: the code and the words, that only denials
without conditions count, and that nothing but denials does (what the caller's own policies allow is not ECR's
to know).
"""

from __future__ import annotations

import re
from typing import Any

from ..accounts import Caller
from ..aws_error import AwsError, invalid_parameter
from .policy_grammar import Document, strings_of

SETTING = "ecr:setrepositorypolicy"


def locked_out() -> AwsError:
    """The refusal."""
    return invalid_parameter(
        "PolicyText", "Repository policy would prevent setting another policy in the future"
    )


def locks_out(document: Document, caller: Caller) -> bool:
    """Whether a document denies `caller` another SetRepositoryPolicy."""
    return any(
        statement["Effect"] == "Deny"
        and not statement.get("Condition")
        and covers_setting(statement)
        and covers_caller(statement, caller)
        for statement in document["Statement"]
    )


def covers_setting(statement: dict[str, Any]) -> bool:
    """Whether a statement is about SetRepositoryPolicy."""
    if "Action" in statement:
        return any(matches(action) for action in strings_of(statement["Action"]))
    return not any(matches(action) for action in strings_of(statement["NotAction"]))


def matches(action: str) -> bool:
    """Whether an action, with wildcards, is SetRepositoryPolicy."""
    pattern = re.escape(action.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, SETTING) is not None


def covers_caller(statement: dict[str, Any], caller: Caller) -> bool:
    """Whether a statement is about the caller."""
    if "Principal" in statement:
        return names_caller(statement["Principal"], caller)
    return not names_caller(statement["NotPrincipal"], caller)


def names_caller(principal: Any, caller: Caller) -> bool:
    """Whether a principal is the caller, its role, its account, or anybody."""
    if principal == "*":
        return True
    values = strings_of(principal["AWS"]) if "AWS" in principal else []
    return not caller.names.isdisjoint(values)
