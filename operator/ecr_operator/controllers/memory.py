"""What is remembered of objects between reconciles, and when each is looked at again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.controllers.scan_memory import ScanMemory
from ecr_operator.controllers.subject import Json, object_key
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Done, Outcome, Stalled, Waiting
from ecr_operator.reasons import Reason

CREDENTIALS_RECHECK_SECONDS = 60.0
"""Asking for credentials costs AWS nothing, and nothing works without them."""


@dataclass
class Memory:
    """What is remembered of an object (of this uid); a restart may lose it."""

    uid: str
    failing_since: datetime | None = None
    adopting_since: datetime | None = None
    exists_since: datetime | None = None
    """When AWS last said that the repository exists, by creating it or by refusing to."""
    refused: tuple[int, datetime] | None = None
    """The generation whose repository policy AWS has refused, and when it first did."""
    policies_written: datetime | None = None
    """When a policy of the repository was last written."""
    contended: int = 0
    """How often in a row somebody else has changed the repository's policy under a reconcile."""
    unseen_since: datetime | None = None
    """Since when AWS does not show the repository's policy that was written."""
    lifecycle: LifecycleMemory = field(default_factory=LifecycleMemory)
    """Its lifecycle policy and its images."""
    scans: ScanMemory = field(default_factory=ScanMemory)
    """The scans of its images."""
    look_after: float | None = None
    """Seconds after which its lifecycle policy wants to be looked at, though all else is in sync."""
    waits: int = 0
    """How often in a row the object was found waiting."""

    def is_settling(self, now: datetime, propagation: timedelta) -> bool:
        """Whether IAM may not see the repository's owner tag yet: conditions on tags lag behind."""
        since = max((at for at in (self.adopting_since, self.exists_since) if at is not None), default=None)
        return since is not None and now - since < propagation


class Memories:
    """The memory of each object."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memories: dict[ObjectKey, Memory] = {}

    def of(self, obj: Json) -> Memory:
        """The memory of an object; an empty one for another uid of the same name."""
        key, uid = object_key(obj), obj["metadata"]["uid"]
        memory = self._memories.get(key)
        if memory is None or memory.uid != uid:
            memory = self._memories[key] = Memory(uid)
        return memory

    def forget(self, key: ObjectKey) -> None:
        """The object is gone."""
        self._memories.pop(key, None)

    def report_after(self, obj: Json) -> float | None:
        """Seconds until a failure that goes on is to be shown on the object; None: that is past."""
        since = self.of(obj).failing_since
        if since is None:
            return None
        lasting = (self._context.now() - since).total_seconds()
        left = self._context.settings.transient_seconds - lasting
        return self._context.jittered(left) if left > 0 else None

    def next_look(self, obj: Json, outcome: Outcome | None) -> float | None:
        """Seconds until the object is looked at again; None: at the next sweep or change."""
        settings, memory = self._context.settings, self.of(obj)
        waits, memory.waits = memory.waits, memory.waits + 1 if isinstance(outcome, Waiting) else 0
        match outcome:
            case Waiting(after=None):
                # What has waited for long is looked at less often.
                seconds = settings.waiting_recheck_seconds * 1.5 ** min(waits, 20)
                longest = max(settings.waiting_recheck_seconds, settings.stalled_recheck_seconds)
                return self._context.jittered(min(seconds, longest))
            case Waiting(after=after):
                return after
            case Stalled(reason=Reason.CREDENTIALS_MISSING):
                seconds = min(settings.stalled_recheck_seconds, CREDENTIALS_RECHECK_SECONDS)
                return self._context.jittered(seconds, 0.5)
            case Stalled():
                longest = self._context.jittered(settings.stalled_recheck_seconds, 0.5)
                return longest if memory.look_after is None else min(longest, memory.look_after)
            case Done() if memory.look_after is not None:
                return memory.look_after
        return None
