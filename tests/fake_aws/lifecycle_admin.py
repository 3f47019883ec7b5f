"""The knobs of lifecycle policies that are previewed; see `admin`."""

from __future__ import annotations

from .dispatch import LOCK
from .ecr.previews import PREVIEWS, Course


class LifecycleKnobs:
    """What can be turned of them: every public method is one knob."""

    def set_previews(
        self,
        seconds: float | None = 0.0,
        outcome: str = "COMPLETE",
        unknown_images: str = "omitted",
        prefix: str = "",
        account: str | None = None,
    ) -> None:
        """Say how previews of repositories with `prefix` go; see `previews.Course`."""
        with LOCK:
            PREVIEWS.set(Course(seconds, outcome, unknown_images), prefix, account)
