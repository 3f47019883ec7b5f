"""Keys that end: those that a test asks for, and those of assumed roles.

Source: IAM User Guide, "Temporary security credentials": key ids begin with ASIA, and after their end AWS "no
longer recognizes them"; ECR's and STS's lists of common errors: ExpiredTokenException (JSON services) and
ExpiredToken (STS, HTTP 403), "The security token included in the request is expired". That a key of
`session_key` belongs to a role's session is ours to choose. Session tokens are not compared.
"""

from __future__ import annotations

import itertools
import secrets
import string
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .aws_error import AwsError
from .clock import CLOCK
from .iam.document import Statement

DIGITS = string.digits + string.ascii_uppercase


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """Whose session a key is, and when it ends by AWS's clock."""

    account: str
    arn: str
    expires_at: float
    role: str
    """The ARN of the role whose session it is."""
    limits: tuple[Statement, ...] | None = None
    """The session policy; None: there is none, and the session has all rights of its role."""


class TemporaryKeys:
    """The keys that were issued, and the life of sessions to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._keys: dict[str, TemporaryKey] = {}
        self._secrets: list[str] = []
        self.session_life: float | None = None
        """Seconds that the session of a role assumed from now on lives; None: as it was asked for."""

    def issue_to_test(self, account: str, expires_in: float) -> dict[str, Any]:
        """Credentials of an account that end in so many seconds."""
        role = f"arn:aws:iam::{account}:role/ecr-operator"
        return self.issue(role, f"session-{next(self._numbers)}", expires_in)

    def issue(
        self, role: str, session: str, expires_in: float, limits: tuple[Statement, ...] | None = None
    ) -> dict[str, Any]:
        """Credentials of a role's session that end in so many seconds, as STS writes them."""
        _, partition, _, _, account, path = role.split(":", 5)
        name = path.rpartition("/")[2]
        arn = f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}"
        end = CLOCK.time() + expires_in
        with self._lock:
            number = next(self._numbers)
            ending = "".join(DIGITS[number // 36**place % 36] for place in (3, 2, 1, 0))
            key = f"ASIA{account}{ending}"
            secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(96)
            self._keys[key] = TemporaryKey(account, arn, end, role, limits)
            self._secrets += [secret, token]
        return {
            "AccessKeyId": key,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def find(self, key: str) -> TemporaryKey | None:
        """What is known of a key."""
        return self._keys.get(key)

    def end(self, account: str | None = None) -> int:
        """End the sessions of an account (None: of all) now, and count them."""
        now = CLOCK.time()
        with self._lock:
            ended = {
                key: replace(one, expires_at=now)
                for key, one in self._keys.items()
                if account in (None, one.account) and one.expires_at > now
            }
            self._keys |= ended
        return len(ended)

    def secrets(self) -> list[str]:
        """The secret keys and session tokens of all keys."""
        with self._lock:
            return list(self._secrets)

    def clear(self) -> None:
        """Forget all keys; sessions live as long as they are asked to."""
        with self._lock:
            self._keys.clear()
            self._secrets.clear()
            self.session_life = None


TEMPORARY_KEYS = TemporaryKeys()
"""The one registry of the process."""


def expired(service: str) -> AwsError:
    """The refusal of a key whose session has ended."""
    if service in {"sts", "iam"}:
        return AwsError("ExpiredToken", status=403)
    return AwsError("ExpiredTokenException")
