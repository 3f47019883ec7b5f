"""The knobs of roles, of their sessions, and of web identities; see `admin`."""

from __future__ import annotations

from typing import Any

from .roles.role import ROLES
from .roles.web_identity import WEB_IDENTITIES
from .temporary_keys import TEMPORARY_KEYS


class RoleKnobs:
    """What can be turned of roles: every public method is one knob."""

    def create_role(self, account: str, name: str, **settings: Any) -> str:
        """Create or replace a role; its ARN. See `roles.role.Roles.create`."""
        return ROLES.create(account, name, **settings)

    def delete_role(self, arn: str) -> None:
        """Delete a role that was created."""
        ROLES.delete(arn)

    def web_identity_token(self, subject: str, expires_in: float, text: str | None = None) -> str:
        """Issue a web identity token; from now on STS takes only those that were issued."""
        return WEB_IDENTITIES.issue(subject, expires_in, text)

    def session_key(self, account: str, expires_in: float) -> dict[str, Any]:
        """Credentials of a role's session that end in so many seconds."""
        return TEMPORARY_KEYS.issue_to_test(account, expires_in)

    def set_session_life(self, seconds: float | None) -> None:
        """Let the sessions of roles assumed from now on live this long; null: as asked."""
        TEMPORARY_KEYS.session_life = seconds

    def end_sessions(self, account: str | None = None) -> int:
        """End the sessions of an account's roles, or all, now; how many there were."""
        return TEMPORARY_KEYS.end(account)
