"""The knobs of roles, of their sessions, and of web identities as methods; see `client`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .session import ACCOUNT


class RoleTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of roles and sessions."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def create_role(
        self,
        account: str,
        name: str,
        external_id: str | None = None,
        max_session_duration: int = 3600,
        policy: Any = None,
        trusts: Iterable[str] = ("*",),
        subjects: Iterable[str] = (),
        partition: str = "aws",
    ) -> str:
        """Create a role, or replace the one of this name; returns its ARN.

        `trusts`: the principals that may assume it (account ids, ARNs, ``*``), with `external_id` if that is
        given. `subjects`: the web identities that may, as globs of the token's subject. `policy`: what its
        sessions may do, a document or several; None: what the account's document allows (`iam_usage` of the
        role's ARN tells what was of use). From the first role on, an account has only those that were
        created.
        """
        found: str = self.turn(
            "create_role",
            account=account,
            name=name,
            external_id=external_id,
            max_session_duration=max_session_duration,
            policy=policy,
            trusts=list(trusts),
            subjects=list(subjects),
            partition=partition,
        )
        return found

    def delete_role(self, arn: str) -> None:
        """Delete a role that was created; its sessions go on."""
        self.turn("delete_role", arn=arn)

    def web_identity_token(
        self,
        subject: str = "system:serviceaccount:default:default",
        expires_in: float = 86400.0,
        text: str | None = None,
    ) -> str:
        """Issue a web identity token (a JWT, or `text`); from now on STS takes only those issued."""
        found: str = self.turn("web_identity_token", subject=subject, expires_in=expires_in, text=text)
        return found

    def session_key(self, account: str = ACCOUNT, expires_in: float = 3600.0) -> dict[str, Any]:
        """Credentials as STS writes them (AccessKeyId, ..., Expiration) that end in so many seconds."""
        found: dict[str, Any] = self.turn("session_key", account=account, expires_in=expires_in)
        return found

    def set_session_life(self, seconds: float | None) -> None:
        """Let sessions of roles assumed from now on live this long; None: as long as they ask for."""
        self.turn("set_session_life", seconds=seconds)

    def end_sessions(self, account: str | None = None) -> int:
        """End all sessions of roles now, or those in an account; how many there were."""
        found: int = self.turn("end_sessions", account=account)
        return found
