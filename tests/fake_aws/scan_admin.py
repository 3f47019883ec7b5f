"""The knobs of image scans and of what is scanned when; see `admin`."""

from __future__ import annotations

from typing import Any

from .constraints import check_request
from .dispatch import LOCK
from .ecr.backend import registry_of
from .ecr.scan import SCANS
from .ecr.scan_rules import checked
from .ecr.scan_seeding import complete, seed_raw_scan, seed_scan, seed_scans
from .model import ecr_model


class ScanKnobs:
    """What can be turned of scans: every public method is one knob."""

    def set_scan(self, account: str, region: str, repository: str, image: str, **scan: Any) -> None:
        """Put the last scan of an image in place; see `scan_seeding.seed_scan`."""
        with LOCK:
            seed_scan(registry_of(account, region), repository, image, **scan)

    def set_scan_raw(
        self,
        account: str,
        region: str,
        repository: str,
        image: str,
        members: dict[str, Any] | None,
        type: str | None = None,
    ) -> None:
        """Answer about an image's scan verbatim; see `scan_seeding.seed_raw_scan`."""
        with LOCK:
            seed_raw_scan(registry_of(account, region), repository, image, members, type)

    def scan_images(self, account: str, region: str, repositories: list[str], **scan: Any) -> int:
        """Let all images of many repositories have a good scan; see `scan_seeding.seed_scans`."""
        with LOCK:
            registry = registry_of(account, region)
            return sum(seed_scans(registry, repository, **scan) for repository in repositories)

    def complete_scans(self, account: str, region: str, repository: str | None = None, **outcome: Any) -> int:
        """End the scans that are running; see `scan_seeding.complete`."""
        with LOCK:
            found = registry_of(account, region).repositories
            chosen = found.values() if repository is None else [found[repository]]
            return sum(complete(one, **outcome) for one in chosen)

    def set_scan_seconds(self, seconds: float | None, prefix: str = "", account: str | None = None) -> None:
        """Let scans that were started, or that a push started, take so long."""
        with LOCK:
            SCANS.set_seconds(seconds, prefix, account)

    def set_scan_quota(self, number: int | None, account: str | None = None) -> None:
        """Let only so many basic scans start within 24 hours."""
        with LOCK:
            SCANS.set_quota(number, account)

    def set_registry_scanning(self, account: str, region: str, document: dict[str, Any] | None) -> None:
        """Put a registry's scanning configuration in place; None: the one of a new registry."""
        with LOCK:
            asked = document or {}
            if wrong := set(asked) - {"scanType", "rules"}:
                raise ValueError(f"a document has scanType and rules, no {', '.join(sorted(wrong))}")
            check_request(ecr_model().shape_for("PutRegistryScanningConfigurationRequest"), asked)
            registry = registry_of(account, region)
            registry.registry_scanning_configuration = checked(asked.get("scanType"), asked.get("rules"))
