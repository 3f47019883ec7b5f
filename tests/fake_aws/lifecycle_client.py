"""The knobs of lifecycle policies that are previewed and run, as methods; see `client`."""

from __future__ import annotations

from typing import Any

from .session import ACCOUNT, REGION


class LifecycleTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of lifecycle policies."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def set_previews(
        self,
        seconds: float | None = 0.0,
        outcome: str = "COMPLETE",
        unknown_images: str = "omitted",
        prefix: str = "",
        account: str | None = None,
    ) -> None:
        """Say how the lifecycle policy previews of repositories with `prefix` go, of all or of one account.

        They are IN_PROGRESS for `seconds` of AWS's clock (None: until this is turned again), then `outcome`:
        COMPLETE, FAILED or EXPIRED. `unknown_images`: an id of no image is "omitted", or "refused" with
        ImageNotFoundException. It holds at once, also for previews that were started before; the longest
        prefix counts.
        """
        self.turn(
            "set_previews",
            seconds=seconds,
            outcome=outcome,
            unknown_images=unknown_images,
            prefix=prefix,
            account=account,
        )

    def run_lifecycle_policies(
        self, repository: str | None = None, account: str = ACCOUNT, region: str = REGION
    ) -> dict[str, list[dict[str, Any]]]:
        """Do what AWS does within 24 hours, by the policies in force (of one repository) and AWS's clock.

        Returns what went, by repository, in the order of the pushes: imageDigest, imageTags, action ("EXPIRE"
        or "TRANSITION", to the archive), rulePriority, and subject: the digest of what a reference artifact
        followed (then without a rulePriority). Repositories of which nothing went are left out.
        """
        found: dict[str, list[dict[str, Any]]] = self.turn(
            "run_lifecycle_policies", repository=repository, account=account, region=region
        )
        return found
