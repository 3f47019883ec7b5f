"""STS: GetCallerIdentity names the principal that refusals name too, and sessions live as long as is set.

Source: API reference of AssumeRole (DurationSeconds, by default an hour; Expiration says when the session
ends).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.sts import urls
from moto.sts.models import AssumedRole, STSBackend, sts_backends

from .accounts import OWN_KEY, caller_of
from .clock import CLOCK
from .temporary_keys import TEMPORARY_KEYS


class StoredSessions(STSBackend):
    """moto's STS, which calls every unknown key's holder ``user/moto``."""

    @property
    def _url_module(self) -> Any:
        """moto looks for the URLs beside the class."""
        return urls

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:
        """User id, ARN and account of the caller."""
        own = OWN_KEY.fullmatch(access_key_id) or TEMPORARY_KEYS.find(access_key_id)
        caller = caller_of(access_key_id) if own else None
        if caller is None:
            return super().get_caller_identity(access_key_id, region)
        return f"AIDA{caller.account}TEST", caller.arn, caller.account

    def assume_role(self, *args: Any, **kwargs: Any) -> AssumedRole:
        """Assume a role, with a web identity too; the session ends by this AWS's clock."""
        role = super().assume_role(*args, **kwargs)
        life = TEMPORARY_KEYS.session_life
        role.expiration = CLOCK.naive() + timedelta(seconds=kwargs["duration"] if life is None else life)
        return role


def install() -> None:
    """Put ours in the place of moto's, before any account exists."""
    sts_backends.backend = StoredSessions
