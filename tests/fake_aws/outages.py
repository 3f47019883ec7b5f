"""Outages: every call of an account, of a Region, of a service, or of all fails until it is lifted.

"refused" closes the connection at once. A real refusal comes before the request is sent; the socket here is
shared by all accounts and by the knobs, so it cannot be closed. "500" is the server fault of each service's
model and of the common errors (ECR: ServerException; others: InternalFailure, HTTP 500). "hang" never
answers.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field

from .aws_error import AwsError
from .call import Call
from .http_server import Severed

KINDS = ("refused", "500", "hang")
LONGEST_HANG = 600.0

Extent = tuple[str | None, str | None, str | None]
"""Account, Region and service; None is all."""


@dataclass(frozen=True, slots=True)
class Outage:
    """How calls fail."""

    kind: str
    lifted: threading.Event = field(default_factory=threading.Event)


class Outages:
    """The outages that last, by extent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outages: dict[Extent, Outage] = {}

    def set(
        self,
        kind: str | None,
        account: str | None = None,
        region: str | None = None,
        service: str | None = None,
    ) -> None:
        """Begin an outage, in the place of one of the same extent; None lifts it, without any extent all.

        A service is named as in signatures: ``sts``, ``ecr``, ``ecr-public``, ``tagging``.
        """
        if kind not in (None, *KINDS):
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        extent = (account, region, service)
        everything = kind is None and extent == (None, None, None)
        with self._lock:
            for one in list(self._outages) if everything else [extent]:
                if outage := self._outages.pop(one, None):
                    outage.lifted.set()
            if kind is not None:
                self._outages[extent] = Outage(kind)

    def clear(self) -> None:
        """Lift all outages."""
        self.set(None)

    def strike(self, call: Call) -> None:
        """Fail a call that an outage covers: that of its account before that of its Region, that before that
        of its service, and that before that of all.
        """
        if not self._outages:
            return
        extents = itertools.product((call.account, None), (call.region, None), (call.service, None))
        with self._lock:
            outage = next((self._outages[extent] for extent in extents if extent in self._outages), None)
        if outage is None:
            return
        if outage.kind == "500":
            code = "ServerException" if call.service in {"ecr", "ecr-public"} else "InternalFailure"
            raise AwsError(code, status=500)
        if outage.kind == "hang":
            outage.lifted.wait(LONGEST_HANG)
        raise Severed
