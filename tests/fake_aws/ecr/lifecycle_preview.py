"""StartLifecyclePolicyPreview and GetLifecyclePolicyPreview.

Source: the API reference of both operations (the text is optional: "The policy to be evaluated against. If
you do not specify a policy, the current policy for the repository is used"; pages of 100; "this option cannot
be used when you specify images with imageIds"), botocore's ecr model (no ImageNotFoundException;
`transitioningImageTotalCounts` "is only present if at least one image will be transitioned";
`targetStorageClass` "is only present when the type is TRANSITION"), and the AWS CLI's examples (a start
answers IN_PROGRESS).

Inferred: images are judged as they are at the start; an untagged child of an index that is there is listed
(`lifecycle_run` then leaves it); what is still IN_PROGRESS, FAILED or EXPIRED has no results and a summary
of none, so whoever does not read the status takes it for harmless; results come in the order of the pushes;
a token is good for the one preview that gave it. An id that names no image is left out, or refused: see
`previews`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import ImageNotFoundException, LifecyclePolicyNotFoundException

from ..answering import Answering
from ..aws_error import AwsError, invalid_parameter
from ..clock import CLOCK
from .backend import StoredRegistry, StoredRepository
from .image import images_of
from .image_lookup import Lookup
from .lifecycle_evaluation import Mark, evaluate
from .lifecycle_grammar import rules_of
from .lifecycle_policy import shown_text, stored_text
from .pagination import page, refuse_paging, to_come
from .previews import PREVIEWS, Preview

Result = dict[str, Any]


class LifecyclePreviewOperations(Answering):
    """The operations on the one preview that a repository has."""

    ecr_backend: StoredRegistry

    def start_lifecycle_policy_preview(self) -> ActionResult:
        """Evaluate a policy, valid as PutLifecyclePolicy has it, in the place of the last preview."""
        repository = self.ecr_backend._get_repository(self.parameters["repositoryName"])
        text = self._text_to_preview(repository)
        if repository.preview is not None and status_of(repository) == "IN_PROGRESS":
            raise AwsError(
                "LifecyclePolicyPreviewInProgressException",
                f"A lifecycle policy preview is already in progress for the repository with name "
                f"'{repository.name}' in the registry with id '{repository.registry_id}'",
            )
        now = CLOCK.time()
        results = [result_of(mark) for mark in evaluate(rules_of(text), images_of(repository), now)]
        repository.preview = Preview(text, now, results, summary_of(results))
        return self._preview(repository, repository.preview, status="IN_PROGRESS")

    def get_lifecycle_policy_preview(self) -> ActionResult:
        """Answer how far the preview is, and what it has found."""
        repository = self.ecr_backend._get_repository(self.parameters["repositoryName"])
        ids = self.parameters.get("imageIds")
        if ids is not None:
            refuse_paging(self.parameters, "images with imageIds")
        preview = repository.preview
        if preview is None:
            raise AwsError(
                "LifecyclePolicyPreviewNotFoundException",
                f"Lifecycle policy preview not found for the repository with name '{repository.name}' in the "
                f"registry with id '{repository.registry_id}'",
            )
        status = status_of(repository)
        found, summary = (preview.results, preview.summary) if status == "COMPLETE" else ([], summary_of([]))
        token = None
        if ids is None:
            listing = f"GetLifecyclePolicyPreview/{repository.name}/{preview.serial}"
            results, token = page(
                self._wanted(to_come(found, position_in_preview, listing, self.parameters)),
                position_in_preview,
                listing,
                self.parameters,
            )
        else:
            wanted = named(repository, preview, ids)
            results = list(self._wanted(one for one in wanted if found))
        return self._preview(
            repository,
            preview,
            status=status,
            previewResults=results,
            summary=summary,
            nextToken=token,
        )

    def _text_to_preview(self, repository: StoredRepository) -> str:
        """The text to evaluate: the request's, or that of the policy in force."""
        if self.parameters.get("lifecyclePolicyText") is not None:
            return stored_text(self.parameters["lifecyclePolicyText"])
        if repository.lifecycle_policy is None:
            raise LifecyclePolicyNotFoundException(repository.name, repository.registry_id)
        return str(repository.lifecycle_policy)

    def _wanted(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results that the request's filter lets through."""
        status = (self.parameters.get("filter") or {}).get("tagStatus", "ANY")
        return (one for one in results if status == "ANY" or (status == "TAGGED") == bool(one["imageTags"]))

    def _preview(self, repository: StoredRepository, preview: Preview, **more: Any) -> ActionResult:
        return ActionResult(
            {
                "registryId": repository.registry_id,
                "repositoryName": repository.name,
                "lifecyclePolicyText": shown_text(preview.text),
                **more,
            }
        )


def status_of(repository: StoredRepository) -> str:
    """How far a repository's preview is at this moment."""
    assert repository.preview is not None
    return PREVIEWS.status(repository.registry_id, repository.name, repository.preview)


def named(repository: StoredRepository, preview: Preview, ids: list[dict[str, str]]) -> list[Result]:
    """The results of the images that `ids` name, each once."""
    refuses = PREVIEWS.course(repository.registry_id, repository.name).unknown_images == "refused"
    lookup = Lookup(repository) if refuses else None
    found: dict[int, Result] = {}
    for image_id in ids:
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        if digest is None and tag is None:
            raise invalid_parameter("imageIds", "both tag and digest cannot be null")
        result = preview.find(image_id)
        if result is not None:
            found[result["position"][0]] = result
        elif lookup is not None and lookup.find(image_id) is None:
            shown = f"{{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}}"
            raise ImageNotFoundException(shown, repository.name, repository.registry_id)
    return [result for _, result in sorted(found.items())]


def position_in_preview(result: Result) -> list[int]:
    """The place of a result among the others."""
    position: list[int] = result["position"]
    return position


def result_of(mark: Mark) -> Result:
    """A mark as the preview shows it."""
    image = mark.image
    return {
        "position": [image.sequence],
        "imageTags": list(image.image_tags) or None,
        "imageDigest": image.image_digest,
        "imagePushedAt": image.image_pushed_at,
        "action": {"type": mark.action, "targetStorageClass": mark.target},
        "appliedRulePriority": mark.priority,
        "storageClass": mark.storage_class,
    }


def summary_of(results: list[Result]) -> dict[str, Any]:
    """How many images of all results expire, and how many move."""
    moving = sum(one["action"]["type"] == "TRANSITION" for one in results)
    summary: dict[str, Any] = {"expiringImageTotalCount": len(results) - moving}
    if moving:
        summary["transitioningImageTotalCounts"] = [
            {"targetStorageClass": "ARCHIVE", "imageTotalCount": moving}
        ]
    return summary
