"""The knobs of registry tokens; see `admin`."""

from __future__ import annotations

from typing import Any

from .gates import Gates
from .roles.web_identity import WEB_IDENTITIES
from .temporary_keys import TEMPORARY_KEYS
from .tokens import registry_requests
from .tokens.issued import LIFE, TOKENS, Token
from .tokens.rights import rights

UNKNOWN = {"known": False, "valid": False, "allowed": [], "refused": {}, "may": {}}


def described(token: Token) -> dict[str, Any]:
    """A token, but for its rights."""
    return {
        "token": token.text,
        "password": token.password,
        "account": token.caller.account,
        "arn": token.caller.arn,
        "region": token.region,
        "public": token.public,
        "issued": token.issued,
        "expires_at": token.expires_at,
        "ends": token.ends,
        "valid": token.valid,
    }


class TokenKnobs:
    """What can be turned of tokens: every public method is one knob."""

    _gates: Gates

    def token(
        self, text: str, repository: str = "any", registry: str | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """Whose a token is, whether it is good, and what it may do to a repository; see `tokens.rights`."""
        token = TOKENS.find(text)
        if token is None:
            return UNKNOWN
        return {
            "known": True,
            **described(token),
            **rights(self._gates, token, repository, registry, region),
        }

    def registry_request(self, host: str, method: str, path: str, authorization: str) -> dict[str, Any]:
        """What a private registry answers to a request; status 200: it may come in."""
        return registry_requests.verdict(self._gates, host, method, path, authorization)._asdict()

    def tokens(self, account: str | None = None) -> list[dict[str, Any]]:
        """Every token issued so far, in order."""
        return [described(one) for one in TOKENS.all() if account in (None, one.caller.account)]

    def secrets(self) -> list[str]:
        """Every text that is secret and was issued so far: of registries, of sessions, of web identities."""
        tokens = [text for token in TOKENS.all() for text in (token.text, token.password)]
        return [*tokens, *TEMPORARY_KEYS.secrets(), *WEB_IDENTITIES.secrets()]

    def set_token_life(self, seconds: float | None) -> None:
        """Let tokens issued from now on live this long; null: 12 h."""
        TOKENS.life = LIFE if seconds is None else seconds

    def revoke_tokens(self, account: str | None = None) -> int:
        """End the tokens of an account, or all, now; how many were good."""
        return TOKENS.revoke(account)
