"""The policy documents of accounts: who is refused what, and which statements were of use.

Source: IAM User Guide, "Policy evaluation logic" (an explicit deny wins, what nothing allows is denied) and
"Troubleshoot access denied error messages" (the two ends of the sentence). A document holds for all
principals of its account. What KMS refuses to ECR is ECR's KmsException (inferred: its ``kmsError`` is KMS's
AccessDeniedException).
"""

from __future__ import annotations

import threading

from ..aws_error import AwsError
from ..call import Call
from ..dispatch import LOCK
from ..ecr.encryption import kms_error
from ..permissions import ALWAYS_ALLOWED, access_denied
from .document import Statement, statements_of
from .requirements import Requirement, requirements

EVERYONE = "*"
"""In the place of an account: all those without a document of their own."""

EXPLICIT = "with an explicit deny in an identity-based policy"


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
        """The actions that each Allow statement has allowed so far; of several that allow one, all."""
        with self._lock:
            return {name: sorted(actions) for name, actions in sorted(self._usage.get(account, {}).items())}

    def clear(self) -> None:
        """Lift all documents."""
        with self._lock:
            self._statements.clear()
            self._usage.clear()

    def check(self, call: Call) -> None:
        """Raise the refusal of a call that the documents do not allow."""
        statements = self._statements.get(call.account, self._statements.get(EVERYONE))
        if statements is None or call.caller is None or call.action in ALWAYS_ALLOWED:
            return
        with LOCK:
            asked = requirements(call)
        for one in asked:
            self._check(call, statements, one)

    def _check(self, call: Call, statements: tuple[Statement, ...], asked: Requirement) -> None:
        covering = [one for one in statements if one.covers(asked.action, asked.resource, asked.context)]
        if not all(one.allows for one in covering):
            raise refusal(call, asked, EXPLICIT)
        if not covering:
            raise refusal(call, asked, None)
        with self._lock:
            usage = self._usage.setdefault(call.account, {})
            for one in covering:
                usage.setdefault(one.name, set()).add(asked.action)


def refusal(call: Call, asked: Requirement, reason: str | None) -> AwsError:
    """AWS's refusal of one requirement."""
    denied = access_denied(call, reason, asked.action, asked.resource)
    return kms_error("AccessDeniedException", denied.message) if asked.asker == "kms" else denied
