"""Web identity tokens: what an OpenID Connect provider signed, and STS checks.

Source: API reference of AssumeRoleWithWebIdentity (ExpiredTokenException: "is expired or is not valid",
InvalidIdentityToken: "could not be validated by AWS", both HTTP 400); EKS User Guide, "IAM roles for service
accounts" (audience ``sts.amazonaws.com``, subject ``system:serviceaccount:<namespace>:<name>``, 24 h). The
words are those of public reports: awslabs/aws-orbit-workbench#771 ("Token expired: current date/time ...
must be before the expiration date/time ..."), aws/aws-sdk-js-v3#3052 ("Couldn't retrieve verification key
...", for a signature that nobody here has made), "The ID Token provided is not a valid JWT".

Ours to choose: as long as no test has issued a token, every text is taken for one, of the subject "".
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
from dataclasses import dataclass

from ..aws_error import AwsError
from ..clock import CLOCK

AUDIENCE = "sts.amazonaws.com"
ISSUER = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")

NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
UNVERIFIED = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Whom a token is of, and until when."""

    subject: str
    expires_at: float = float("inf")


class WebIdentities:
    """The tokens that were issued."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, WebIdentity] = {}

    def issue(self, subject: str, expires_in: float, text: str | None = None) -> str:
        """A token of `subject` that ends in so many seconds: a JWT, or the `text` that a test wants."""
        now = CLOCK.time()
        identity = WebIdentity(subject, now + expires_in)
        text = text or jwt(subject, now, identity.expires_at)
        with self._lock:
            self._tokens[text] = identity
        return text

    def verified(self, text: str) -> WebIdentity:
        """Whom `text` is of; raises the refusal of what was not issued, or is over."""
        with self._lock:
            identity = self._tokens.get(text) if self._tokens else WebIdentity("")
        if identity is None:
            raise AwsError("InvalidIdentityToken", UNVERIFIED if JWT.fullmatch(text) else NO_JWT, 400)
        now = CLOCK.time()
        if now >= identity.expires_at:
            message = (
                f"Token expired: current date/time {int(now)} must be before the expiration "
                f"date/time {int(identity.expires_at)}"
            )
            raise AwsError("ExpiredTokenException", message, 400)
        return identity

    def secrets(self) -> list[str]:
        """All tokens."""
        with self._lock:
            return list(self._tokens)

    def clear(self) -> None:
        """Forget all tokens."""
        with self._lock:
            self._tokens.clear()


WEB_IDENTITIES = WebIdentities()
"""The one registry of the process."""


def jwt(subject: str, now: float, end: float) -> str:
    """A JSON Web Token as Kubernetes' API server signs it; the signature is noise."""
    claims = {"aud": [AUDIENCE], "iss": ISSUER, "sub": subject, "iat": int(now), "exp": int(end)}
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    signed = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*signed, secrets.token_urlsafe(64)])
