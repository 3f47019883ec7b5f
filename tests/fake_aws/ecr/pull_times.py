"""BatchGetImage, which is the pull of a manifest, and who leaves no time of it.

Source: botocore's ecr model ("When an image is pulled, the BatchGetImage API is called once"; ImageDetail:
"if you pull an image once an hour, because Amazon ECR refreshes the lastRecordedPullTime timestamp at least
once every 24 hours, the result may not be the exact time"; RegisterPullTimeUpdateExclusion and its errors);
ECR User Guide, "Pull-time update exclusions" (100 an account, pages of 100) and "Archiving an image"
("archived images cannot be pulled").

Inferred: a time is refreshed once it is 24 h old, never sooner; an archived or restoring image is
ImageNotFound here; users can be excluded too, as the model's pattern has it, though the guide speaks of
roles; 100 exclusions are for each Region, as the registry's other settings are.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from ..accounts import Caller
from ..answering import Answering
from ..aws_error import AwsError
from ..clock import CLOCK
from .backend import StoredRegistry
from .deletion import DIGEST, failure
from .image import StoredImage
from .image_lookup import Lookup
from .pagination import page

REFRESHED_AFTER = 86_400.0
MOST_EXCLUSIONS = 100


class PullOperations(Answering):
    """Pulls, and the principals whose pulls are not recorded."""

    ecr_backend: StoredRegistry

    def batch_get_image(self) -> ActionResult:
        """Pull manifests by tag, digest or both; what fails does not keep the rest."""
        repository = self.ecr_backend._get_repository(self.parameters["repositoryName"])
        lookup = Lookup(repository)
        images: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        for image_id in self.parameters["imageIds"]:
            image = pulled(lookup, image_id)
            if isinstance(image, dict):
                failures.append(image)
                continue
            if self._records_pulls():
                record_pull(image)
            images.append(
                {
                    "registryId": image.registry_id,
                    "repositoryName": image.repository_name,
                    "imageId": {
                        "imageDigest": image.image_digest,
                        "imageTag": image_id.get("imageTag"),
                    },
                    "imageManifest": image.image_manifest,
                    "imageManifestMediaType": image.image_manifest_media_type,
                }
            )
        return ActionResult({"images": images, "failures": failures})

    def _records_pulls(self) -> bool:
        """Whether the caller's pulls are recorded: a test's own eyes leave no trace."""
        caller: Caller | None = self.call.caller
        if caller is None or caller.unseen:
            return False
        return not {caller.arn, caller.role} & self.ecr_backend.pull_exclusions.keys()

    def register_pull_time_update_exclusion(self) -> ActionResult:
        """Leave a principal's pulls unrecorded."""
        arn: str = self.parameters["principalArn"]
        exclusions = self.ecr_backend.pull_exclusions
        if arn in exclusions:
            raise AwsError(
                "ExclusionAlreadyExistsException",
                "The specified pull time update exclusion already exists for the registry.",
            )
        if len(exclusions) >= MOST_EXCLUSIONS:
            raise AwsError(
                "LimitExceededException",
                f"The registry already has {MOST_EXCLUSIONS} pull time update exclusions",
            )
        exclusions[arn] = CLOCK.time()
        return ActionResult({"principalArn": arn, "createdAt": exclusions[arn]})

    def deregister_pull_time_update_exclusion(self) -> ActionResult:
        """Record a principal's pulls again."""
        arn: str = self.parameters["principalArn"]
        if self.ecr_backend.pull_exclusions.pop(arn, None) is None:
            raise AwsError(
                "ExclusionNotFoundException", "The specified pull time update exclusion was not found."
            )
        return ActionResult({"principalArn": arn})

    def list_pull_time_update_exclusions(self) -> ActionResult:
        """The principals whose pulls are not recorded, in the order of their ARNs."""
        arns, token = page(
            sorted(self.ecr_backend.pull_exclusions),
            lambda one: one,
            "ListPullTimeUpdateExclusions",
            self.parameters,
        )
        return ActionResult({"pullTimeUpdateExclusions": arns, "nextToken": token})


def pulled(lookup: Lookup, image_id: dict[str, str]) -> StoredImage | dict[str, Any]:
    """The image that an id names, or why it cannot be pulled."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    if digest is None and tag is None:
        reason = "Invalid request parameters: both tag and digest cannot be null"
        return failure({}, "MissingDigestAndTag", reason)
    if digest is not None and not DIGEST.fullmatch(digest):
        reason = f"Invalid request parameters: image digest should satisfy the regex '{DIGEST.pattern}'"
        return failure(image_id, "InvalidImageDigest", reason)
    image = lookup.by_digest.get(digest) if digest else lookup.by_tag.get(tag or "")
    if image is None or image.image_status != "ACTIVE":
        return failure(image_id, "ImageNotFound", "Requested image not found")
    if tag is not None and tag not in image.image_tags:
        return failure(image_id, "ImageTagDoesNotMatchDigest", "Image tag does not match image digest")
    return image


def record_pull(image: StoredImage) -> None:
    """Refresh the time of the last pull, if that is long enough ago."""
    now = CLOCK.time()
    if image.last_recorded_pull_time is None or now >= image.last_recorded_pull_time + REFRESHED_AFTER:
        image.last_recorded_pull_time = now
