"""The knobs of lifecycle policies that are previewed and run; see `admin`."""

from __future__ import annotations

from typing import Any

from .clock import CLOCK
from .dispatch import LOCK
from .ecr.backend import registry_of
from .ecr.lifecycle_run import run
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

    def run_lifecycle_policies(
        self, account: str, region: str, repository: str | None = None
    ) -> dict[str, list[dict[str, Any]]]:
        """Expire and archive what the policies in force say at present; see `lifecycle_run`.

        The answer has the repositories of which something went.
        """
        with LOCK:
            found = registry_of(account, region).repositories
            chosen = list(found.values()) if repository is None else [found[repository]]
            gone = {one.name: run(one, CLOCK.time()) for one in chosen}
            return {name: images for name, images in gone.items() if images}
