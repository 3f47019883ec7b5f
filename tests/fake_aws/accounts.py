"""Who calls: an access key id belongs to an account, and accounts are separate worlds."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import PARTITION_NAMES

from .temporary_keys import TEMPORARY_KEYS, TemporaryKey

OWN_KEY = re.compile(r"AKIA(\d{12})([A-Z0-9]{4})")
"""A key id of ours: account 111111111111 has AKIA111111111111TEST (20 characters, as AWS's key ids have)."""

UNSEEN = "LOOK"
"""The ending of a key id whose calls leave no trace: not counted, delayed, denied or failed (for tests' own
eyes).
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal of a request."""

    key: str
    account: str
    arn: str
    unseen: bool = False
    expires_at: float | None = None
    """When the key ends by AWS's clock; None: never."""
    session: TemporaryKey | None = None
    """The session of an assumed role that the key is of."""

    @property
    def role(self) -> str | None:
        """The ARN of the role that the caller has assumed (without its path where STS does not know it)."""
        if self.session is not None:
            return self.session.role
        head, found, rest = self.arn.partition(":assumed-role/")
        return f"{head.replace(':sts:', ':iam:')}:role/{rest.split('/')[0]}" if found else None

    @property
    def names(self) -> frozenset[str]:
        """What a Principal element may call the caller: itself, its role, its account, or anybody.

        Source: IAM User Guide, "AWS JSON policy elements: Principal".
        """
        root = f"arn:{self.arn.split(':')[1]}:iam::{self.account}:root"
        role = {self.role} if self.role else set()
        return frozenset({"*", self.arn, self.account, root} | role)


CALLERS: dict[str, Caller] = {}
"""The principals with lasting keys that have called, by key."""


def caller(key: str) -> Caller | None:
    """The principal that `key` belongs to; None for a key that AWS has never given out."""
    if temporary := TEMPORARY_KEYS.find(key):
        return Caller(key, temporary.account, temporary.arn, False, temporary.expires_at, temporary)
    if key not in CALLERS:
        found = caller_of(key)
        if found is None:
            return None
        CALLERS[key] = found
    return CALLERS[key]


def caller_of(key: str) -> Caller | None:
    """Look up the principal of a key that is not one of `temporary_keys`.

    A long-lived key (AKIA) belongs to a user, a key from AssumeRoleWithSAML (ASIA), which is moto's, to the
    assumed role.
    """
    if own := OWN_KEY.fullmatch(key):
        account, ending = own.groups()
        return Caller(key, account, f"arn:aws:iam::{account}:user/ecr-operator", unseen=ending == UNSEEN)
    for account, partitions in list(iam_backends.items()):
        for partition in PARTITION_NAMES:
            if partition in partitions and key in partitions[partition].access_keys:
                role = sts_backends[account][partition].get_assumed_role_from_access_key(key)
                user = partitions[partition].get_user_from_access_key_id(key)
                holder = role or user
                arn = holder.arn if holder else f"arn:{partition}:iam::{account}:user/unknown"
                end = calendar.timegm(role.expiration.utctimetuple()) if role else None
                return Caller(key, account, arn, expires_at=end)
    return None
