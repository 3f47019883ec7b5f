"""The policy documents of accounts: who is refused what, and which statements were of use.

Source: IAM User Guide, "Policy evaluation logic" (an explicit deny wins, what nothing allows is denied) and
"Troubleshoot access denied error messages" (how the sentence ends, for identity-based and for session
policies; aws/aws-cdk#25768 quotes "because no session policy allows the ... action"); "Session policies": the
session's rights are the intersection of the role's policies and the session's. A document holds for all
principals of its account, but for roles that were created with policies of their own. What KMS refuses to ECR
is ECR's KmsException (inferred: its ``kmsError`` is KMS's AccessDeniedException).
"""

from __future__ import annotations

import threading

from ..accounts import Caller
from ..aws_error import AwsError
from ..call import Call
from ..dispatch import LOCK
from ..ecr.encryption import kms_error
from ..permissions import ALWAYS_ALLOWED, access_denied
from ..roles.role import ROLES
from .document import Statement, statements_of
from .requirements import Requirement, requirements

EVERYONE = "*"
"""In the place of an account: all those without a document of their own."""

EXPLICIT = "with an explicit deny in an identity-based policy"
SESSION_EXPLICIT = "with an explicit deny in a session policy"
SESSION_IMPLICIT = "because no session policy allows the {action} action"


class IamPolicies:
    """The documents in force, and what they have allowed so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statements: dict[str, tuple[Statement, ...]] = {}
        self._usage: dict[str, dict[str, set[str]]] = {}

    def set(self, account: str, documents: object) -> None:
        """Put an account, or `EVERYONE`, under a document, or several; None lifts it.

        What was used before is forgotten.
        """
        statements = None if documents is None else statements_of(documents)
        with self._lock:
            self._usage.pop(account, None)
            if statements is None:
                self._statements.pop(account, None)
            else:
                self._statements[account] = statements
                self._usage[account] = {}

    def usage(self, account: str) -> dict[str, list[str]]:
        """The actions that each Allow statement of an account, or of a role (its ARN), has allowed so far; of
        several that allow one, all.
        """
        with self._lock:
            return {name: sorted(actions) for name, actions in sorted(self._usage.get(account, {}).items())}

    def clear(self) -> None:
        """Lift all documents."""
        with self._lock:
            self._statements.clear()
            self._usage.clear()

    def check(self, call: Call, count: bool = True) -> None:
        """Raise the refusal of a call that the documents do not allow; count what they allow, or do not."""
        if call.caller is None or call.action in ALWAYS_ALLOWED:
            return
        holder, statements = self._identity(call.caller)
        limits = call.caller.session.limits if call.caller.session else None
        if statements is None and limits is None:
            return
        with LOCK:
            asked = requirements(call)
        for one in asked:
            allowing = [] if statements is None else judged(call, one, statements, EXPLICIT, None)
            if limits is not None:
                judged(call, one, limits, SESSION_EXPLICIT, SESSION_IMPLICIT)
            if count:
                self._count(holder, one.action, allowing)

    def _identity(self, caller: Caller) -> tuple[str, tuple[Statement, ...] | None]:
        """The identity-based policies of a caller (None: it may do everything), and what to count them
        under.
        """
        role = ROLES.find(caller.role) if caller.role else None
        if role is not None and role.statements is not None:
            return role.arn, role.statements
        return caller.account, self._statements.get(caller.account, self._statements.get(EVERYONE))

    def _count(self, holder: str, action: str, allowing: list[Statement]) -> None:
        with self._lock:
            usage = self._usage.setdefault(holder, {})
            for one in allowing:
                usage.setdefault(one.name, set()).add(action)


def judged(
    call: Call, asked: Requirement, statements: tuple[Statement, ...], denied: str, silent: str | None
) -> list[Statement]:
    """The statements that allow one requirement; raises the refusal where they deny it, or say nothing."""
    covering = [one for one in statements if one.covers(asked.action, asked.resource, asked.context)]
    if not all(one.allows for one in covering):
        raise refusal(call, asked, denied)
    if not covering:
        raise refusal(call, asked, silent)
    return covering


def refusal(call: Call, asked: Requirement, reason: str | None) -> AwsError:
    """AWS's refusal of one requirement."""
    denied = access_denied(call, reason, asked.action, asked.resource)
    return kms_error("AccessDeniedException", denied.message) if asked.asker == "kms" else denied
