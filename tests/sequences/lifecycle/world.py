"""Where sequences of lifecycle policies run: a namespace for each, one operator for all of them."""

from typing import Any

from tests.running import RunningOperator
from tests.sequences.pull.world import PullWorld

LIVELY: dict[str, Any] = {
    "inventory_seconds": 1.0,
    "inventory_calls_per_minute": 100_000,
    "put_back_seconds": 0.5,
    "preview_seconds": 0.1,
    "summary_seconds": 0.2,
    "stalled_recheck_seconds": 1.5,
}
"""Images are looked at, and what follows from it is done, within seconds."""
NAMESPACE = "lifecycle"
"""The end of the name of each sequence's namespace."""


class LifecycleWorld(PullWorld):
    """Names of namespaces begin with a prefix of the world's own."""

    def operator(self, **settings: Any) -> RunningOperator:
        """An operator, not started yet."""
        return super().operator(**{**LIVELY, **settings})

    def new_name(self) -> str:
        """A namespace that there never was."""
        return f"{super().new_name()}-{NAMESPACE}"
