"""GetAuthorizationToken.

Source: API reference of GetAuthorizationToken: "valid for 12 hours", base64 of ``AWS:<password>``,
proxyEndpoint of the caller's registry, or of each in registryIds (1 to 10, deprecated: "specifying a registry
ID doesn't change the permissions scope of the authorization token"). The host ends in the partition's suffix
(botocore's endpoints: ``.amazonaws.com.cn`` in China, ``.amazonaws.eu`` in the EU sovereign cloud).
"""

from __future__ import annotations

from functools import cache

from botocore.session import get_session
from moto.core.responses import ActionResult

from ..answering import Answering
from ..tokens.issued import TOKENS


@cache
def suffix_of(partition: str) -> str:
    """How the hosts of a partition end."""
    resolver = get_session().get_component("endpoint_resolver")
    return str(resolver.get_partition_dns_suffix(partition))


class AuthorizationOperations(Answering):
    """Tokens for the registry's own API."""

    def get_authorization_token(self) -> ActionResult:
        """A new token for each registry of each call, with the rights of the caller."""
        assert self.call.caller is not None
        registries = self.parameters.get("registryIds") or [self.current_account]
        tokens = [TOKENS.issue(self.call.caller, self.region) for _ in registries]
        return ActionResult(
            {
                "authorizationData": [
                    {
                        "authorizationToken": token.text,
                        "expiresAt": token.expires_at,
                        "proxyEndpoint": f"https://{registry}.dkr.ecr.{self.region}.{suffix_of(self.partition)}",
                    }
                    for registry, token in zip(registries, tokens, strict=True)
                ]
            }
        )
