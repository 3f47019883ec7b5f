"""The knobs that tests turn while the fake runs: slowness, delays of consistency, page sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Behaviour:
    """How this AWS behaves at the moment. The defaults are an AWS on its best day."""

    latency: float = 0.0
    """Seconds that every call takes, in parallel with others."""
    propagation: float = 0.0
    """Seconds for which a new repository is not found by anything but another CreateRepository."""
    page_size: int | None = None
    """The most that one page of a listing holds, whatever the request asks for (AWS may return fewer);
    None: as asked.
    """
    tagging_lag: float = 0.0
    """Seconds after which GetResources sees a write of tags or a deletion."""
    tagging_frozen_at: float | None = None
    """The monotonic moment after which GetResources sees nothing; None: it does. What a long lag is to a
    test.
    """
    ghosts_seconds: float | None = 0.0
    """Seconds for which GetResources goes on listing a deleted repository; None: until cleared."""
    policy_propagation: float = 0.0
    """Seconds for which GetRepositoryPolicy goes on answering what was before a set or a delete."""
    policy_resources: bool = False
    """Whether a repository policy may have `Resource` and `NotResource`."""
    policy_doubled_sids: bool = True
    """Whether two statements of a repository policy may have the same Sid."""
    lifecycle_reformat: str = "plain"
    """How a lifecycle policy comes back: "plain" as kept, "expanded" with the default storage class said and
    tag lists in another order.
    """


BEHAVIOUR = Behaviour()
"""The one behaviour of the process: accounts share a simulator, tests keep apart by account and prefix."""


def reset() -> None:
    """Back to the best day."""
    fresh = Behaviour()
    for name in Behaviour.__slots__:
        setattr(BEHAVIOUR, name, getattr(fresh, name))
