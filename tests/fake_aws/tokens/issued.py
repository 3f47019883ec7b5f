"""The tokens that were issued: whose they are, and until when they are good.

Source: API reference of GetAuthorizationToken of ECR and of ECR Public: base64 of ``AWS:<password>``, "valid
for 12 hours"; it "represents your IAM authentication credentials". AWS has no call that takes a token back
(aws/containers-roadmap#936). A private token lives its 12 h whatever becomes of the session that asked for it
(nothing says otherwise, no report of one that died). A public one is an STS service bearer token; one was
reported to die with the session, before the ``expiresAt`` that it came with (GoogleContainerTools/
kaniko#3199): so it does here (inferred). That a token is good in the Region alone that issued it is what
clients take for granted (inferred).
"""

from __future__ import annotations

import base64
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from ..accounts import Caller
from ..clock import CLOCK

LIFE = 12 * 3600.0
USER = "AWS"


@dataclass(slots=True)
class Token:
    """A password for a registry, and who asked for it."""

    caller: Caller
    region: str
    public: bool
    issued: float
    expires_at: float
    """When it ends, as its answer says."""
    password: str = field(default_factory=lambda: secrets.token_urlsafe(384))
    revoked: bool = False

    @property
    def text(self) -> str:
        """The authorizationToken."""
        return base64.b64encode(f"{USER}:{self.password}".encode()).decode()

    @property
    def ends(self) -> float:
        """When it really ends."""
        session = self.caller.expires_at
        return min(self.expires_at, session) if self.public and session is not None else self.expires_at

    @property
    def valid(self) -> bool:
        """Whether a registry takes it now."""
        return not self.revoked and CLOCK.time() < self.ends


class Tokens:
    """All tokens of all accounts, in the order in which they were issued."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self.life: float = LIFE
        """Seconds that tokens live that are issued from now on."""

    def issue(self, caller: Caller, region: str, public: bool = False) -> Token:
        """A new token."""
        now = CLOCK.time()
        token = Token(caller, region, public, now, now + self.life)
        with self._lock:
            self._tokens[token.password] = token
        return token

    def find(self, text: str) -> Token | None:
        """The token of an authorizationToken, of its ``AWS:<password>``, or of the password alone."""
        return self._tokens.get(password_of(text))

    def all(self) -> list[Token]:
        """Every token issued so far."""
        with self._lock:
            return list(self._tokens.values())

    def revoke(self, account: str | None = None) -> int:
        """End the tokens of an account (None: of all) now; how many were good."""
        ended = [one for one in self.all() if one.valid and account in (None, one.caller.account)]
        for one in ended:
            one.revoked = True
        return len(ended)

    def clear(self) -> None:
        """Forget all tokens; they live 12 h."""
        with self._lock:
            self._tokens.clear()
            self.life = LIFE


TOKENS = Tokens()
"""The one registry of the process."""


def password_of(text: str) -> str:
    """The password in whatever of a token a test holds in hand."""
    with suppress(ValueError):
        text = base64.b64decode(text, validate=True).decode()
    return text.removeprefix(f"{USER}:")
