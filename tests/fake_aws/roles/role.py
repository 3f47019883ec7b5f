"""Roles: who may assume them, for how long, and what they may do.

Source: IAM User Guide, "How to use an external ID" (a trust policy with the condition ``sts:ExternalId``
refuses who sends another or none; one without it takes any: aws/aws-sdk-js#3869), "AWS JSON policy elements:
Principal" (an account, a user, a role or a session), "Update the maximum session duration for a role" (1 to
12 h, at first 1 h). The refusal is AccessDenied, HTTP 403, and no reason stands behind the role
(phillbaker/terraform-provider-elasticsearch#346, aws/aws-msk-iam-auth#108). Inferred: a role that is not
there is refused in the same words.

Ours to choose: in an account where no test has created a role, every role is there, trusts everybody, and has
the account's rights.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from ..accounts import Caller
from ..ecr.principals import unique_id
from ..iam.document import Statement, statements_of
from ..iam.wildcards import matches

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\x21-\x7e]*/)?[\w+=,.@-]{1,64}")
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
SHORTEST, LONGEST = 3600, 43200


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its trust policy."""

    arn: str
    external_id: str | None = None
    """What sts:ExternalId has to be; None: no such condition."""
    max_session_duration: int = SHORTEST
    trusts: tuple[str, ...] = ("*",)
    """The principals that may call AssumeRole: accounts (id, ARN of root), users, roles, sessions, ``*``."""
    subjects: tuple[str, ...] = ()
    """The subjects of web identity tokens that may assume it, as StringLike reads them."""
    statements: tuple[Statement, ...] | None = None
    """Its permission policies; None: what its account's document allows."""

    def trusts_caller(self, caller: Caller, external_id: str | None) -> bool:
        """Whether the trust policy lets `caller` assume the role."""
        return self.external_id in (None, external_id) and not caller.names.isdisjoint(self.trusts)

    def trusts_subject(self, subject: str) -> bool:
        """Whether the trust policy lets the web identity assume the role."""
        return any(matches(pattern, subject) for pattern in self.subjects)


class Roles:
    """The roles that tests have created."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, dict[str, Role]] = {}

    def create(
        self,
        account: str,
        name: str,
        external_id: str | None = None,
        max_session_duration: int = SHORTEST,
        policy: object = None,
        trusts: Iterable[str] = ("*",),
        subjects: Iterable[str] = (),
        partition: str = "aws",
    ) -> str:
        """Create a role, or put it in the place of the one of this name; its ARN."""
        arn = f"arn:{partition}:iam::{account}:role/{name}"
        if not ROLE_ARN.fullmatch(arn):
            raise ValueError(f"{arn} is no ARN of a role")
        if external_id is not None and not EXTERNAL_ID.fullmatch(external_id):
            raise ValueError(f"an external id is {EXTERNAL_ID.pattern}")
        if not SHORTEST <= max_session_duration <= LONGEST:
            raise ValueError(f"MaxSessionDuration is {SHORTEST} to {LONGEST}")
        if isinstance(trusts, str) or isinstance(subjects, str):
            raise ValueError("trusts and subjects are lists")
        statements = None if policy is None else statements_of(policy)
        role = Role(arn, external_id, max_session_duration, tuple(trusts), tuple(subjects), statements)
        with self._lock:
            self._accounts.setdefault(account, {})[arn] = role
        return arn

    def delete(self, arn: str) -> None:
        """Delete a role; its account goes on having only those that were created."""
        with self._lock:
            del self._accounts[account_of(arn)][arn]

    def find(self, arn: str) -> Role | None:
        """The role of this ARN; None when there is none."""
        with self._lock:
            created = self._accounts.get(account_of(arn))
        return Role(arn, subjects=("*",)) if created is None else created.get(arn)

    def clear(self) -> None:
        """Forget all roles."""
        with self._lock:
            self._accounts.clear()


ROLES = Roles()
"""The one world of roles."""


def account_of(arn: str) -> str:
    """The account of a role."""
    return arn.split(":")[4]


def role_id(arn: str) -> str:
    """The unique id of a role (AROA...)."""
    return unique_id(arn, 0)
