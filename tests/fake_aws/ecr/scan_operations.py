"""DescribeImageScanFindings and StartImageScan.

Source: the API reference of both operations, botocore's ecr model, and the AWS CLI's examples (a start
answers IN_PROGRESS; the id that comes back has the digest, and the tag if the request named one:
aws/aws-cli#6759). What has not ended has no `imageScanFindings` (alexjurkiewicz/ecr-scan-image#3).

Inferred: counts are complete on every page; a token is good for the one scan that gave it; an archived or
restoring image is IMAGE_ARCHIVED without findings, whether it was ever scanned or not; what is neither in
progress nor good has findings only where a knob put some.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import ScanNotFoundException

from ..answering import Answering
from ..rendering import Verbatim
from .backend import StoredRegistry, StoredRepository
from .image import StoredImage
from .image_lookup import named_image, shown_id
from .pagination import page
from .scan import DESCRIPTIONS, GOOD, Scan
from .scan_findings import NOTHING, Place, basic, enhanced
from .scanning import scan_of, start_scan


class ScanOperations(Answering):
    """The operations on the scans of one image."""

    ecr_backend: StoredRegistry

    def _named(self) -> tuple[StoredRepository, StoredImage]:
        """The repository and the image that the request names."""
        repository = self.ecr_backend._get_repository(self.parameters["repositoryName"])
        return repository, named_image(repository, self.parameters["imageId"])

    def start_image_scan(self) -> ActionResult:
        """Start a basic scan."""
        repository, image = self._named()
        scan = start_scan(repository, image)
        return ActionResult({**self._heading(repository, image), "imageScanStatus": {"status": scan.status}})

    def describe_image_scan_findings(self) -> ActionResult:
        """Answer how far the last scan is, and what it has found."""
        repository, image = self._named()
        scan = scan_of(repository, image)
        heading = self._heading(repository, image)
        if scan is not None and scan.raw is not None:
            answer = {**heading, **scan.raw}
            return ActionResult(Verbatim({name: one for name, one in answer.items() if one is not None}))
        if image.image_status != "ACTIVE":
            status = {"status": "IMAGE_ARCHIVED", "description": DESCRIPTIONS["IMAGE_ARCHIVED"]}
            return ActionResult({**heading, "imageScanStatus": status})
        if scan is None:
            raise ScanNotFoundException(
                image_id=shown_id(self.parameters["imageId"]),
                repository_name=repository.name,
                registry_id=repository.registry_id,
            )
        findings, token = self._findings(repository, image, scan)
        return ActionResult(
            {
                **heading,
                "imageScanStatus": {"status": scan.status, "description": scan.words},
                "imageScanFindings": findings,
                "nextToken": token,
            }
        )

    def _heading(self, repository: StoredRepository, image: StoredImage) -> dict[str, Any]:
        """What both answers begin with."""
        return {
            "registryId": repository.registry_id,
            "repositoryName": repository.name,
            "imageId": {
                "imageDigest": image.image_digest,
                "imageTag": self.parameters["imageId"].get("imageTag"),
            },
        }

    def _findings(
        self, repository: StoredRepository, image: StoredImage, scan: Scan
    ) -> tuple[dict[str, Any] | None, str | None]:
        """One page of the findings, and the token of the next; None for a scan that shows none."""
        said = scan.findings or NOTHING
        shows = not scan.is_running and (scan.status in GOOD.values() or scan.findings is not None)
        places, token = page(
            said.places() if shows else (),
            number_of,
            f"DescribeImageScanFindings/{repository.name}/{image.image_digest}/{scan.serial}",
            self.parameters,
        )
        if not shows:
            return None, None
        found = [said.at(place) for place in places]
        if scan.type == "BASIC":
            listed = {"findings": [basic(one) for one in found]}
        else:
            observed = scan.completed_at or scan.started
            listed = {"enhancedFindings": [enhanced(one, repository, image, observed) for one in found]}
        return {
            "imageScanCompletedAt": scan.completed_at,
            "vulnerabilitySourceUpdatedAt": scan.source_updated_at,
            "findingSeverityCounts": said.severity_counts(),
            **listed,
        }, token


def number_of(place: Place) -> int:
    """The number of a place in the list."""
    return place[0]
