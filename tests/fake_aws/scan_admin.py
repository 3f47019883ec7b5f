"""The knobs of what is scanned when; see `admin`."""

from __future__ import annotations

from typing import Any

from .constraints import check_request
from .dispatch import LOCK
from .ecr.backend import registry_of
from .ecr.scan_rules import checked
from .model import ecr_model


class ScanKnobs:
    """What can be turned of scans: every public method is one knob."""

    def set_registry_scanning(self, account: str, region: str, document: dict[str, Any] | None) -> None:
        """Put a registry's scanning configuration in place; None: the one of a new registry."""
        with LOCK:
            asked = document or {}
            if wrong := set(asked) - {"scanType", "rules"}:
                raise ValueError(f"a document has scanType and rules, no {', '.join(sorted(wrong))}")
            check_request(ecr_model().shape_for("PutRegistryScanningConfigurationRequest"), asked)
            registry = registry_of(account, region)
            registry.registry_scanning_configuration = checked(asked.get("scanType"), asked.get("rules"))
