"""What stands between a call and its effect, in the order in which a call meets it; and the ledger beside it.

An outage comes first: nothing behind it is reached. Then AWS wants to know who calls, by a signature of now
and with a key that has not ended; then faults, rates, and permissions. That throttling comes before
authorisation is inferred.
"""

from __future__ import annotations

from .accounts import Caller
from .aws_error import AwsError
from .call import UNSIGNED_STS, Call
from .clock import CLOCK, check_signature_time
from .faults import Faults
from .iam.policies import IamPolicies
from .ledger import Ledger
from .outages import Outages
from .permissions import Permissions
from .rates import Rates
from .roles.role import ROLES
from .roles.web_identity import WEB_IDENTITIES
from .temporary_keys import TEMPORARY_KEYS, expired
from .tokens.issued import TOKENS


class Gates:
    """All of them, for one process."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.outages = Outages()
        self.faults = Faults()
        self.rates = Rates()
        self.permissions = Permissions()
        self.policies = IamPolicies()

    def clear(self) -> None:
        """Open all gates and forget all calls; the clock is right again, and no key, role or token known."""
        for gate in (self.ledger, self.outages, self.faults, self.rates, self.permissions, self.policies):
            gate.clear()
        for registry in (TEMPORARY_KEYS, ROLES, WEB_IDENTITIES, TOKENS):
            registry.clear()
        CLOCK.offset = 0.0

    def authorize(self, call: Call) -> None:
        """Refuse what comes too fast, and what is not allowed."""
        self.rates.check(call)
        self.permissions.check(call)
        self.policies.check(call)


def authenticate(call: Call, signed_at: str | None) -> None:
    """Refuse a caller that AWS does not know, or not now; `signed_at` is the request's X-Amz-Date."""
    if call.caller is None:
        if call.operation not in UNSIGNED_STS:
            raise unrecognized(call)
        return
    check_signature_time(signed_at, call.service)
    if has_ended(call.caller):
        raise expired(call.service)


def has_ended(caller: Caller) -> bool:
    """Whether the key's session is over."""
    return caller.expires_at is not None and CLOCK.time() >= caller.expires_at


def unrecognized(call: Call) -> AwsError:
    """The refusal of a key that AWS has never given out."""
    if call.service in {"sts", "iam"}:
        return AwsError("InvalidClientTokenId", status=403)
    return AwsError("UnrecognizedClientException")
