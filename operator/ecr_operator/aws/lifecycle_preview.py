"""The calls around AWS's preview of a lifecycle policy. What follows from them is decided in `planning`."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ecr_operator.api.lifecycle import LifecycleActionType
from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.session import Session
from ecr_operator.planning.deletion import ImageCount
from ecr_operator.planning.lifecycle import same_lifecycle
from ecr_operator.planning.lifecycle_preview import Listed, PreviewState, PreviewStatus

IMAGES_PER_CALL: Final = 100
"""GetLifecyclePolicyPreview: "Maximum number of 100 items" in `imageIds`."""
IMAGES_PER_PAGE: Final = 1000
"""ListImages: `maxResults` "between 1 and 1000"."""

_BUSY: Final = "LifecyclePolicyPreviewInProgressException"
_NO_PREVIEW: Final = "LifecyclePolicyPreviewNotFoundException"
_NO_IMAGE: Final = "ImageNotFoundException"
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
"""API reference, ImageIdentifier: "The sha256 digest of the image manifest"."""
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
"""What a registry takes for a tag (OCI Distribution Specification, "Pulling manifests")."""


@dataclass(frozen=True, slots=True)
class Started:
    """AWS previews our policy."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A preview is in progress: somebody else's, or ours from before a restart. Ours was not started."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The result that was asked about is not there any more; `state` is what is there instead."""

    state: PreviewState


@dataclass(frozen=True, slots=True)
class RepositoryImages:
    """The images of a repository, of every status."""

    count: ImageCount
    selected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The digests of those with a selected tag, and these tags."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no image at all."""
        return self.count.images == 0 and not self.count.more


async def start_preview(session: Session, repository: str, text: str) -> Started | Busy:
    """Have AWS preview the policy `text`. Raises `AwsError`."""
    try:
        await session.write(
            "ecr", "start_lifecycle_policy_preview", repositoryName=repository, lifecyclePolicyText=text
        )
    except AwsError as error:
        if error.code == _BUSY:
            return Busy()
        raise
    return Started()


async def preview_state(session: Session, repository: str) -> PreviewState:
    """The preview that the repository has now, whoever has started it. Raises `AwsError`."""
    answer = await _preview(session, repository, maxResults=1)
    return _state(answer)


async def listed_among(
    session: Session, repository: str, text: str, digests: Collection[str], tags: Collection[str] = ()
) -> tuple[Listed, ...] | Taken:
    """Those of the images that the preview of `text` lists, in one call for a hundred of them.

    `tags` are for images whose digest is not known. What names no image of the repository is not listed;
    AWS may leave it out, or refuse the whole call: then the others are asked about without it. Raises
    `AwsError`.
    """
    # What cannot be an id of ECR is not sent: it would fail the call for all others.
    ids = [{"imageDigest": digest} for digest in sorted(set(digests)) if _DIGEST.fullmatch(digest)]
    ids += [{"imageTag": tag} for tag in sorted(set(tags)) if _TAG.fullmatch(tag)]
    listed: dict[str, Listed] = {}
    todo = [ids[start : start + IMAGES_PER_CALL] for start in range(0, len(ids), IMAGES_PER_CALL)]
    while todo:
        asked = todo.pop()
        try:
            answer = await _preview(session, repository, imageIds=asked)
        except AwsError as error:
            if error.code != _NO_IMAGE:
                raise
            half = len(asked) // 2
            todo += [part for part in (asked[:half], asked[half:]) if half]
            continue
        state = _state(answer)
        if state.status != PreviewStatus.COMPLETE or not same_lifecycle(text, state.text):
            return Taken(state)
        listed |= {image.digest: image for image in map(_listed, answer.get("previewResults", ()))}
    return tuple(listed[digest] for digest in sorted(listed))


async def repository_images(
    session: Session,
    repository: str,
    *,
    selects: Callable[[str], bool] | None = None,
    whole: bool = False,
) -> RepositoryImages:
    """Count images and find those with a tag that `selects` is true of. Raises `AwsError`.

    Without `selects` and `whole` one page is read: enough to know whether there are images.
    """
    parameters: dict[str, Any] = {
        "repositoryName": repository,
        "maxResults": IMAGES_PER_PAGE,
        # Archived ones are hidden unless asked for.
        "filter": {"imageStatus": "ANY"},
    }
    digests: set[str] = set()
    selected: dict[str, tuple[str, ...]] = {}
    while True:
        answer = await session.read("ecr", "list_images", **parameters)
        for image in answer.get("imageIds", ()):
            # One entry for each tag.
            digest, tag = image.get("imageDigest", ""), image.get("imageTag")
            digests.add(digest)
            if tag is not None and selects is not None and selects(tag):
                selected[digest] = (*selected.get(digest, ()), tag)
        token = answer.get("nextToken")
        # A page may be empty while others follow.
        if not token or (digests and selects is None and not whole):
            return RepositoryImages(ImageCount(len(digests), more=bool(token)), selected)
        parameters["nextToken"] = token


async def _preview(session: Session, repository: str, **parameters: Any) -> Mapping[str, Any]:
    try:
        return await session.read(
            "ecr", "get_lifecycle_policy_preview", repositoryName=repository, **parameters
        )
    except AwsError as error:
        if error.code == _NO_PREVIEW:
            return {"status": PreviewStatus.NONE}
        raise


def _state(answer: Mapping[str, Any]) -> PreviewState:
    summary = answer.get("summary", {})
    counts = summary.get("transitioningImageTotalCounts", ())
    try:
        status = PreviewStatus(answer["status"])
    except ValueError:
        # One that this version does not know is no result: it is waited for, and not for ever.
        status = PreviewStatus.IN_PROGRESS
    return PreviewState(
        status,
        answer.get("lifecyclePolicyText"),
        summary.get("expiringImageTotalCount"),
        sum(count["imageTotalCount"] for count in counts),
    )


def _listed(result: Mapping[str, Any]) -> Listed:
    action = result.get("action", {}).get("type", "")
    is_archived = action == LifecycleActionType.TRANSITION.upper()
    return Listed(
        result["imageDigest"],
        tuple(sorted(result.get("imageTags", ()))),
        LifecycleActionType.TRANSITION if is_archived else LifecycleActionType.EXPIRE,
        result["appliedRulePriority"],
    )
