"""What a Lease says: who leads, and how long others have to believe it.

Pure; times are seconds of the reader's monotonic clock. The time that a holder wrote says only by its change
that the holder lives, so that clocks of other machines may be wrong. The fields are kept as in client-go's
leader election.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from ecr_operator.kube.client import Json

RELEASED_SECONDS = 1
"""The duration of a record without holder; the server refuses 0."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record (the `spec` of a Lease), and since when the reader has seen it unchanged."""

    record: Json
    since: float

    @property
    def holder(self) -> str:
        """Who holds the Lease; empty for nobody."""
        return self.record.get("holderIdentity") or ""

    def free_at(self, identity: str, duration: float) -> float:
        """When `identity`, whose own setting is `duration`, may take the Lease unless the record changes."""
        if self.holder in ("", identity):
            return -math.inf
        written = self.record.get("leaseDurationSeconds") or whole_seconds(duration)
        # The record has whole seconds: of our own setting we know more. Another holder's own one is binding.
        same = written == whole_seconds(duration)
        return self.since + (duration if same else written)


def seen(before: Sighting | None, record: Json, time: float) -> Sighting:
    """What is known of `record`, read at `time`. Labels and the like are no part of it."""
    return before if before is not None and before.record == record else Sighting(record, time)


def held(record: Json | None, identity: str, duration: float, now: datetime) -> Json:
    """The record after `record` (None: there is no Lease yet) that makes or keeps `identity` the holder."""
    before = record or {}
    keeps = before.get("holderIdentity") == identity
    transitions = before.get("leaseTransitions") or 0
    if record is not None and not keeps:
        transitions += 1
    return {
        **before,
        "holderIdentity": identity,
        "leaseDurationSeconds": whole_seconds(duration),
        "leaseTransitions": transitions,
        "acquireTime": (keeps and before.get("acquireTime")) or _micro_time(now),
        "renewTime": _micro_time(now),
    }


def released(record: Json, now: datetime) -> Json:
    """The record after `record` without a holder: whoever sees it may take the Lease at once."""
    return {
        **record,
        "holderIdentity": "",
        "leaseDurationSeconds": RELEASED_SECONDS,
        "acquireTime": _micro_time(now),
        "renewTime": _micro_time(now),
    }


def whole_seconds(duration: float) -> int:
    """`duration` as a record can say it."""
    return max(1, math.ceil(duration))


def _micro_time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
