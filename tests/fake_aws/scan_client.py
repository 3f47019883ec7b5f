"""The knobs of image scans as methods; see `client`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .session import ACCOUNT, REGION


class ScanTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of scans."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def set_registry_scanning(
        self, document: Mapping[str, Any] | None, account: str = ACCOUNT, region: str = REGION
    ) -> None:
        """Put the registry's scanning configuration in place, uncounted: scanType and rules, as
        PutRegistryScanningConfiguration takes them. None: the one of a new registry, BASIC without rules.
        """
        self.turn("set_registry_scanning", document=document, account=account, region=region)
