"""Scans that tests and the benchmark put in place without a call."""

from __future__ import annotations

from typing import Any

from ..clock import CLOCK
from .backend import StoredRegistry, StoredRepository
from .image import StoredImage, images_of
from .image_lookup import named_image
from .scan import GOOD, TYPES, Scan
from .scan_findings import NOTHING, Findings, findings_of
from .scan_rules import scan_type_of
from .scanning import scan_of, unscannable_type

DONE = "done"
"""In the place of a status: that of a scan whose findings are there."""


def image_called(repository: StoredRepository, image: str) -> StoredImage:
    """The image with a digest, or with a tag."""
    return named_image(repository, {"imageDigest" if image.startswith("sha256:") else "imageTag": image})


def type_of(registry: StoredRegistry, scan_type: str | None) -> str:
    """The type that a knob names; the registry's where it names none."""
    scan_type = scan_type or scan_type_of(registry)
    if scan_type not in TYPES:
        raise ValueError(f"type is one of {', '.join(TYPES)}")
    return scan_type


def seed_scan(
    registry: StoredRegistry,
    repository: str,
    image: str,
    type: str | None = None,
    status: str | None = DONE,
    description: str | None = None,
    counts: dict[str, int] | None = None,
    findings: list[dict[str, Any]] | None = None,
    fix: str = "YES",
    completed_at: float | None = None,
    age: float | None = None,
    source_updated_at: float | None = None,
) -> None:
    """Put the last scan of an image in place, or (`status` None) let it never have been scanned.

    `status` is any text, DONE is COMPLETE or ACTIVE. It was started and completed `age` seconds ago (now), or
    at `completed_at`; one in progress only started then, and goes on until it is completed by a knob.
    """
    scan_type = type_of(registry, type)
    found = image_called(registry.repositories[repository], image)
    if status is None:
        found.scans.pop(scan_type, None)
        return
    if age is not None and completed_at is not None:
        raise ValueError("age or completed_at")
    at = CLOCK.time() - (age or 0.0) if completed_at is None else completed_at
    scan = Scan(
        scan_type,
        GOOD[scan_type] if status == DONE else status,
        at,
        findings=findings_of(counts, findings, fix),
        description=description,
    )
    if not scan.is_running:
        scan.completed_at = at
        scan.source_updated_at = at if source_updated_at is None else source_updated_at
    found.scans[scan_type] = scan


def seed_raw_scan(
    registry: StoredRegistry,
    repository: str,
    image: str,
    members: dict[str, Any] | None,
    type: str | None = None,
) -> None:
    """Answer about an image's scan with `members`, whatever they are; None: it was never scanned."""
    scan_type = type_of(registry, type)
    scans = image_called(registry.repositories[repository], image).scans
    if members is None:
        scans.pop(scan_type, None)
    else:
        scans[scan_type] = Scan(scan_type, GOOD[scan_type], CLOCK.time(), raw=members)


def seed_scans(
    registry: StoredRegistry,
    repository: str,
    counts: dict[str, int] | None = None,
    type: str | None = None,
    fix: str = "YES",
    age: float = 0.0,
) -> int:
    """Let all images of a repository that can be scanned have a good scan; how many."""
    scan_type = type_of(registry, type)
    findings = NOTHING if counts is None else Findings(None, counts, fix)
    at = CLOCK.time() - age
    number = 0
    for image in images_of(registry.repositories[repository]):
        if image.image_status == "ACTIVE" and unscannable_type(image) is None:
            image.scans[scan_type] = Scan(scan_type, GOOD[scan_type], at, at, at, findings)
            number += 1
    return number


def complete(
    repository: StoredRepository,
    status: str = DONE,
    description: str | None = None,
    counts: dict[str, int] | None = None,
    findings: list[dict[str, Any]] | None = None,
    fix: str = "YES",
) -> int:
    """End the scans of a repository that the registry shows as running; how many.

    They end as they would by themselves, unless `status` is another, and find what they had to find, or with
    a status that shows nothing by itself nothing, unless `counts` or `findings` say other.
    """
    found = findings_of(counts, findings, fix)
    number = 0
    for image in images_of(repository):
        scan = scan_of(repository, image)
        if scan is None or not scan.is_running:
            continue
        scan.end((scan.outcome or GOOD[scan.type]) if status == DONE else status, CLOCK.time())
        scan.description = description
        scan.findings = found or (scan.findings if scan.status in GOOD.values() else None)
        number += 1
    return number
