"""STS: GetCallerIdentity names the principal that refusals name too."""

from __future__ import annotations

from typing import Any

from moto.sts import urls
from moto.sts.models import STSBackend, sts_backends

from .accounts import OWN_KEY, caller_of


class StoredSessions(STSBackend):
    """moto's STS, which calls every unknown key's holder ``user/moto``."""

    @property
    def _url_module(self) -> Any:
        """moto looks for the URLs beside the class."""
        return urls

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:
        """User id, ARN and account of the caller."""
        caller = caller_of(access_key_id) if OWN_KEY.fullmatch(access_key_id) else None
        if caller is None:
            return super().get_caller_identity(access_key_id, region)
        return f"AIDA{caller.account}TEST", caller.arn, caller.account


def install() -> None:
    """Put ours in the place of moto's, before any account exists."""
    sts_backends.backend = StoredSessions
