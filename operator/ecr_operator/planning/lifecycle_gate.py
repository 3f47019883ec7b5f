"""What a plan may do to the lifecycle policy of a repository."""

from enum import StrEnum


class LifecycleGate(StrEnum):
    """What a plan may do to the lifecycle policy."""

    OPEN = "open"
    """Make AWS match."""
    CLOSED = "closed"
    """Leave AWS as it is."""
    WITHDRAWN = "withdrawn"
    """Take off what is there."""
