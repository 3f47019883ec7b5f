"""GetAuthorizationToken.

Source: API reference of GetAuthorizationToken: "valid for 12 hours", base64 of ``AWS:<password>``,
proxyEndpoint of the caller's registry (of each registry asked for); the host of the China partition ends in
``.amazonaws.com.cn``.
"""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta

from moto.core.responses import ActionResult

from ..answering import Answering
from ..clock import CLOCK

TOKEN_LIFE = timedelta(hours=12)


class AuthorizationOperations(Answering):
    """Tokens for the registry's own API."""

    def get_authorization_token(self) -> ActionResult:
        """A new token for each call, valid for 12 h."""
        suffix = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        expires = CLOCK.now() + TOKEN_LIFE
        return ActionResult(
            {
                "authorizationData": [
                    {
                        "authorizationToken": base64.b64encode(
                            f"AWS:{secrets.token_urlsafe(48)}".encode()
                        ).decode(),
                        "expiresAt": expires,
                        "proxyEndpoint": f"https://{registry}.dkr.ecr.{self.region}.{suffix}",
                    }
                    for registry in self.parameters.get("registryIds") or [self.current_account]
                ]
            }
        )
