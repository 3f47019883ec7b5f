"""When an image is scanned: on push, or because somebody asks for it.

Source: ECR User Guide, "Scan images for OS vulnerabilities" (24 h, scan on push included; 100,000 a day and
registry) and "Restoring an image" (an image that is restored is scanned as a pushed one is; what was found
before it was archived is gone); botocore's ecr model (UnsupportedImageTypeException,
ImageArchivedException); docker/setup-buildx-action#186 quotes AWS's answer for an index ("An artifact with
media type '...' cannot be scanned. For more information, see the Amazon ECR documentation."),
alexjurkiewicz/ecr-scan-image#44 the one under enhanced scanning ("This feature is disabled").

Inferred: what cannot be scanned is never scanned on push, by neither type, so it is ScanNotFoundException;
an image without a file system (an attestation, which has the media types of an image) ends as
UNSUPPORTED_IMAGE; another scan of an image finds what the last one found; a push beyond the quota leaves
LIMIT_EXCEEDED; enhanced scanning on push ends as COMPLETE, continuous scanning as ACTIVE. Left out: Inspector
looks by itself at images that were there when enhanced scanning was turned on; `scan_images` does.
"""

from __future__ import annotations

import json
from bisect import bisect_right, insort

from ..aws_error import AwsError
from ..clock import CLOCK
from .backend import StoredRegistry, StoredRepository, registry_of
from .image import MANIFEST, StoredImage
from .scan import DAY, GOOD, RUNNING, SCANS, Scan
from .scan_findings import NOTHING, Findings
from .scan_rules import in_force, scan_type_of

SCANNED_MANIFESTS = frozenset({MANIFEST, "application/vnd.docker.distribution.manifest.v2+json"})
SCANNED_ARTIFACTS = frozenset(
    {
        None,
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
    }
)


def unscannable_type(image: StoredImage) -> str | None:
    """The media type for which an image cannot be scanned; None for one that can."""
    if image.image_manifest_media_type not in SCANNED_MANIFESTS:
        return str(image.image_manifest_media_type)
    return image.artifact_media_type if image.artifact_media_type not in SCANNED_ARTIFACTS else None


def has_file_system(image: StoredImage) -> bool:
    """Whether the layers are parts of a file system, as far as their media types say."""
    layers = json.loads(image.image_manifest).get("layers") or ()
    return not layers or any(".tar" in one.get("mediaType", ".tar") for one in layers)


def scan_of(repository: StoredRepository, image: StoredImage) -> Scan | None:
    """The scan that the registry shows of an image at this moment: the last of the type that it has now."""
    registry = registry_of(repository.account_id, repository.region_name)
    scan = image.scans.get(scan_type_of(registry))
    if scan is not None:
        SCANS.settle(scan, repository.account_id, repository.name)
    return scan


def starts_left(registry: StoredRegistry) -> int:
    """How many basic scans may still start."""
    started = len(registry.scan_starts) - bisect_right(registry.scan_starts, CLOCK.time() - DAY)
    return SCANS.quota(registry.account_id) - started


def begin(registry: StoredRegistry, image: StoredImage, scan_type: str, outcome: str, at: float) -> Scan:
    """Begin a scan, in the place of the last of its type."""
    last = image.scans.get(scan_type)
    findings: Findings | None = NOTHING if last is None or last.findings is None else last.findings
    if not has_file_system(image):
        outcome, findings = "UNSUPPORTED_IMAGE", None
    if scan_type == "BASIC":
        insort(registry.scan_starts, at)
    image.scans[scan_type] = Scan(scan_type, RUNNING[scan_type], at, findings=findings, outcome=outcome)
    return image.scans[scan_type]


def scan_pushed(repository: StoredRepository, image: StoredImage) -> None:
    """Scan an image that was pushed or restored, if its repository says so."""
    if image.image_status != "ACTIVE" or unscannable_type(image) is not None:
        return
    registry = registry_of(repository.account_id, repository.region_name)
    frequency, _ = in_force(registry, repository)
    if frequency == "MANUAL":
        return
    scan_type = scan_type_of(registry)
    at: float = image.last_activated_at or image.image_pushed_at
    if scan_type == "BASIC" and at > CLOCK.time() - DAY and starts_left(registry) <= 0:
        image.scans[scan_type] = Scan(scan_type, "LIMIT_EXCEEDED", at - DAY)
        return
    outcome = GOOD[scan_type] if frequency == "CONTINUOUS_SCAN" else "COMPLETE"
    begin(registry, image, scan_type, outcome, at)


def start_scan(repository: StoredRepository, image: StoredImage) -> Scan:
    """Start a scan because somebody asks for it; raises AwsError for what AWS refuses."""
    registry = registry_of(repository.account_id, repository.region_name)
    if scan_type_of(registry) != "BASIC":
        raise AwsError("ValidationException", "This feature is disabled")
    if image.image_status != "ACTIVE":
        raise AwsError("ImageArchivedException", "The specified image is archived and cannot be scanned.")
    if media_type := unscannable_type(image):
        raise AwsError(
            "UnsupportedImageTypeException",
            f"An artifact with media type '{media_type}' cannot be scanned. For more information, see the "
            "Amazon ECR documentation.",
        )
    last = image.scans.get("BASIC")
    if last is not None and CLOCK.time() < last.started + DAY:
        raise AwsError(
            "LimitExceededException", "The scan quota per image has been exceeded. Wait and try again."
        )
    if starts_left(registry) <= 0:
        raise AwsError(
            "LimitExceededException", "The scan quota per registry has been exceeded. Wait and try again."
        )
    return begin(registry, image, "BASIC", GOOD["BASIC"], CLOCK.time())
