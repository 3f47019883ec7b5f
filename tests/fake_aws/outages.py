"""Outages: every call of an account, of a Region, or of all fails until it is lifted.

"refused" closes the connection at once. A real refusal comes before the request is sent; the socket here is
shared by all accounts and by the knobs, so it cannot be closed. "500" is the server fault of each service's
model and of the common errors (ECR: ServerException; others: InternalFailure, HTTP 500). "hang" never
answers.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .aws_error import AwsError
from .call import Call
from .http_server import Severed

KINDS = ("refused", "500", "hang")
LONGEST_HANG = 600.0


@dataclass(frozen=True, slots=True)
class Outage:
    """How calls fail."""

    kind: str
    lifted: threading.Event = field(default_factory=threading.Event)


class Outages:
    """The outages that last, by account and Region; None is all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outages: dict[tuple[str | None, str | None], Outage] = {}

    def set(self, kind: str | None, account: str | None = None, region: str | None = None) -> None:
        """Begin an outage, in the place of one of the same extent; None lifts it, without account and Region
        all.
        """
        if kind not in (None, *KINDS):
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        with self._lock:
            ended = (
                list(self._outages) if (kind, account, region) == (None, None, None) else [(account, region)]
            )
            for extent in ended:
                if outage := self._outages.pop(extent, None):
                    outage.lifted.set()
            if kind is not None:
                self._outages[account, region] = Outage(kind)

    def clear(self) -> None:
        """Lift all outages."""
        self.set(None)

    def strike(self, call: Call) -> None:
        """Fail a call that an outage covers: the one of its account before the one of all."""
        if not self._outages:
            return
        extents = [(call.account, call.region), (call.account, None), (None, call.region), (None, None)]
        with self._lock:
            outage = next((self._outages[extent] for extent in extents if extent in self._outages), None)
        if outage is None:
            return
        if outage.kind == "500":
            raise AwsError("ServerException" if call.service == "ecr" else "InternalFailure", status=500)
        if outage.kind == "hang":
            outage.lifted.wait(LONGEST_HANG)
        raise Severed
