"""STS: GetCallerIdentity names the principal that refusals name too; what assumes roles is in `roles`.

Source: API reference of GetCallerIdentity (of an assumed role, UserId is the role's id and the session's
name).
"""

from __future__ import annotations

from typing import Any

from moto.sts import urls
from moto.sts.models import STSBackend, sts_backends

from .accounts import OWN_KEY, caller_of
from .roles.role import role_id
from .temporary_keys import TEMPORARY_KEYS


class StoredSessions(STSBackend):
    """moto's STS, which calls every unknown key's holder ``user/moto``."""

    @property
    def _url_module(self) -> Any:
        """moto looks for the URLs beside the class."""
        return urls

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:
        """User id, ARN and account of the caller."""
        if session := TEMPORARY_KEYS.find(access_key_id):
            return f"{role_id(session.role)}:{session.arn.rpartition('/')[2]}", session.arn, session.account
        found = caller_of(access_key_id) if OWN_KEY.fullmatch(access_key_id) else None
        if found is None:
            return super().get_caller_identity(access_key_id, region)
        return f"AIDA{found.account}TEST", found.arn, found.account


def install() -> None:
    """Put ours in the place of moto's, before any account exists."""
    sts_backends.backend = StoredSessions
