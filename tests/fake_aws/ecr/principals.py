"""Whom a policy names: their form, whether they exist, and what becomes of a policy when one is deleted.

Source: IAM User Guide, "AWS JSON policy elements: Principal": accounts (12 digits or the ARN of root), users,
roles, sessions, services, federated and canonical users; no wildcard in an ARN; groups are no principals; a
policy keeps the unique id of a user or role, shows it once that is deleted, and does not match one of the
same name created later. "IAM identifiers": AIDA is a user's prefix, AROA a role's. That ECR does not find
what was just created is hashicorp/terraform-provider-aws#39064, in these words. Inferred: that it does not
find a unique id either, and the form of a service's name.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from ..aws_error import AwsError, invalid_parameter

ACCOUNT = re.compile(r"\d{12}")
UNIQUE_ID = re.compile(r"A(IDA|ROA)[A-Z0-9]{12,124}")
IAM_ARN = re.compile(r"arn:([a-z-]+):iam::(\d{12}):(root|(user|role)/[\x21-)+->@-\x7e]+)")
STS_ARN = re.compile(r"arn:([a-z-]+):sts::(\d{12}):(assumed-role/[\w+=,.@-]+/|federated-user/)[\w+=,.@-]+")
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


def root_of(account: str, partition: str) -> str:
    """The ARN that stands for an account."""
    return f"arn:{partition}:iam::{account}:root"


def unique_id(arn: str, generation: int) -> str:
    """The unique id of a user or role: 21 characters, another one for each time it was created."""
    prefix = "AIDA" if ":user/" in arn else "AROA"
    digest = hashlib.sha256(f"{generation} {arn}".encode()).digest()
    return prefix + base64.b32encode(digest).decode()[:17]


def check_principal(principal: Any, partition: str) -> bool:
    """Whether a Principal or NotPrincipal is well formed."""
    if principal == "*":
        return True
    if not isinstance(principal, dict) or not principal or not principal.keys() <= KINDS:
        return False
    for kind, values in principal.items():
        listed = values if isinstance(values, list) else [values]
        if not listed or not all(isinstance(one, str) and one for one in listed):
            return False
        if kind == "AWS" and not all(is_aws_principal(one, partition) for one in listed):
            return False
        if kind == "Service" and not all(SERVICE.fullmatch(one) for one in listed):
            return False
    return True


def is_aws_principal(value: str, partition: str) -> bool:
    """Whether a value of "AWS" is an account, a user, a role or a session of this partition, or anybody."""
    if value == "*" or ACCOUNT.fullmatch(value) or UNIQUE_ID.fullmatch(value):
        return True
    found = IAM_ARN.fullmatch(value) or STS_ARN.fullmatch(value)
    return found is not None and found.group(1) == partition


def aws_principals(document: dict[str, Any]) -> list[str]:
    """All values of "AWS" in a document; one that is malformed has those that can be found."""
    found: list[str] = []
    statements = document.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Principal", "NotPrincipal"):
            principal = statement.get(name) if isinstance(statement, dict) else None
            values = principal.get("AWS") if isinstance(principal, dict) else None
            listed = values if isinstance(values, list) else [values]
            found.extend(one for one in listed if isinstance(one, str))
    return found


class Principals:
    """Which principals there are: every one, but for those that tests took away or have just created."""

    def __init__(self) -> None:
        self._missing: tuple[str, ...] = ()
        self._appears: dict[str, float] = {}
        self._deleted: set[str] = set()
        self._generations: Counter[str] = Counter()

    def clear(self) -> None:
        """Every principal exists again, and none was ever deleted."""
        self.__init__()  # type: ignore[misc]

    def set_missing(self, patterns: Iterable[str]) -> None:
        """Let no principal exist that matches one of these globs, unless it is created."""
        self._missing = tuple(patterns)

    def create(self, arn: str, visible_after: float) -> None:
        """Create a principal that is found after so many seconds."""
        self._deleted.discard(arn)
        self._appears[arn] = time.monotonic() + visible_after

    def delete(self, arn: str) -> str:
        """Delete a principal, and tell its unique id: the next one of this name is another."""
        gone = unique_id(arn, self._generations[arn])
        self._deleted.add(arn)
        self._appears.pop(arn, None)
        self._generations[arn] += 1
        return gone

    def exists(self, value: str) -> bool:
        """Whether a value of "AWS" names something that is there."""
        if value == "*":
            return True
        if UNIQUE_ID.fullmatch(value) or value in self._deleted:
            return False
        if value in self._appears:
            return time.monotonic() >= self._appears[value]
        names = {value}
        if root := re.fullmatch(r"arn:[a-z-]+:iam::(\d{12}):root", value):
            names.add(root.group(1))
        return not any(fnmatchcase(name, pattern) for name in names for pattern in self._missing)

    def check(self, values: Iterable[str]) -> None:
        """Refuse values that name nothing."""
        if not all(self.exists(value) for value in values):
            raise principal_not_found()

    def bind(self, values: Iterable[str]) -> dict[str, int]:
        """Which user or role of its name each value means now."""
        return {value: self._generations[value] for value in values if is_user_or_role(value)}

    def gone(self, bound: dict[str, int]) -> dict[str, str]:
        """The unique ids of those that were bound and have been deleted since, by ARN."""
        return {
            arn: unique_id(arn, generation)
            for arn, generation in bound.items()
            if self._generations[arn] != generation
        }


def is_user_or_role(value: str) -> bool:
    """Whether a value of "AWS" is a principal with a unique id."""
    found = IAM_ARN.fullmatch(value)
    return found is not None and found.group(3) != "root"


def principal_not_found() -> AwsError:
    """The refusal of a policy with principals that are not there."""
    return invalid_parameter("PolicyText", "Principal not found")


PRINCIPALS = Principals()
"""The one world of principals: names are unique over accounts."""
