"""Amazon ECR Public, as far as it hands out tokens.

Source: API reference of ECR Public's GetAuthorizationToken (one structure, without a proxyEndpoint; "requires
the ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken permissions"; UnsupportedCommandException:
"The action isn't supported in this Region"); botocore's endpoints: the service is in us-east-1 and us-west-2
alone; ECR Public User Guide, "Registry authentication": tokens come from us-east-1. A host that is not there
cannot be had with one address for all: a call to it is cut, as in an outage.
"""

from __future__ import annotations

from functools import cache

from botocore.session import get_session
from moto.core.responses import ActionResult

from .answering import Answering
from .aws_error import AwsError
from .call import Call
from .http_server import Severed
from .tokens.issued import TOKENS

REGION = "us-east-1"
"""Where tokens come from."""


@cache
def regions() -> frozenset[str]:
    """The Regions where ECR Public has an endpoint."""
    return frozenset(get_session().get_available_regions("ecr-public"))


def check_endpoint(call: Call) -> None:
    """Cut a call to an endpoint that AWS does not have."""
    if call.service == "ecr-public" and call.region not in regions():
        raise Severed


class EcrPublicResponse(Answering):
    """The operations of ECR Public: this one."""

    def get_authorization_token(self) -> ActionResult:
        """A new token for each call."""
        if self.region != REGION:
            raise AwsError("UnsupportedCommandException", "The action isn't supported in this Region.")
        assert self.call.caller is not None
        token = TOKENS.issue(self.call.caller, self.region, public=True)
        return ActionResult(
            {"authorizationData": {"authorizationToken": token.text, "expiresAt": token.expires_at}}
        )
