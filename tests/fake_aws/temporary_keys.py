"""Keys that end: those that a test asks for, and how long the sessions of assumed roles live.

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
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .aws_error import AwsError
from .clock import CLOCK

DIGITS = string.digits + string.ascii_uppercase


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """Whose session a key is, and when it ends by AWS's clock."""

    account: str
    arn: str
    expires_at: float


class TemporaryKeys:
    """The keys that were issued to tests, and the life of sessions to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._keys: dict[str, TemporaryKey] = {}
        self.session_life: float | None = None
        """Seconds that the session of a role assumed from now on lives; None: as it was asked for."""

    def issue(self, account: str, expires_in: float) -> dict[str, Any]:
        """Credentials of an account that end in so many seconds, as STS writes them."""
        with self._lock:
            number = next(self._numbers)
            ending = "".join(DIGITS[number // 36**place % 36] for place in (3, 2, 1, 0))
            key = f"ASIA{account}{ending}"
            end = CLOCK.time() + expires_in
            self._keys[key] = TemporaryKey(
                account, f"arn:aws:sts::{account}:assumed-role/ecr-operator/session-{number}", end
            )
        return {
            "AccessKeyId": key,
            "SecretAccessKey": "opens-nothing",
            "SessionToken": secrets.token_urlsafe(32),
            "Expiration": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def find(self, key: str) -> TemporaryKey | None:
        """What is known of a key."""
        return self._keys.get(key)

    def clear(self) -> None:
        """Forget all keys; sessions live as long as they are asked to."""
        with self._lock:
            self._keys.clear()
            self.session_life = None


TEMPORARY_KEYS = TemporaryKeys()
"""The one registry of the process."""


def expired(service: str) -> AwsError:
    """The refusal of a key whose session has ended."""
    if service in {"sts", "iam"}:
        return AwsError("ExpiredToken", status=403)
    return AwsError("ExpiredTokenException")
