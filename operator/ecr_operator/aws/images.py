"""The images of a repository, as the rules of lifecycle policies see them."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.planning.lifecycle_image import Image

if TYPE_CHECKING:
    from ecr_operator.aws.session import Session

IMAGES_PER_PAGE = 1000
IDS_PER_CALL = 100
"""BatchGetImage: "up to 100" `imageIds`."""
INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
"""Media types of manifests that refer to other manifests."""
_ARCHIVED = frozenset({"ARCHIVED", "ACTIVATING"})


async def list_images(session: "Session", repository: str) -> AsyncIterator[Image]:
    """Yield all images, the archived ones too, 1,000 a call; what indexes refer to is not known by that.

    Raises `AwsError`.
    """
    parameters: dict[str, Any] = {
        "repositoryName": repository,
        "maxResults": IMAGES_PER_PAGE,
        # By itself AWS leaves the archived ones out.
        "filter": {"imageStatus": "ANY"},
    }
    while True:
        answer = await session.read("ecr", "describe_images", **parameters)
        for detail in answer.get("imageDetails", ()):
            yield described_image(detail)
        token = answer.get("nextToken")
        if not token:
            return
        parameters["nextToken"] = token


def described_image(detail: Mapping[str, Any]) -> Image:
    """An `ImageDetail` of ECR's API, its times as datetimes."""
    archived = detail.get("imageStatus") in _ARCHIVED
    return Image(
        digest=detail["imageDigest"],
        pushed_at=detail["imagePushedAt"],
        tags=tuple(sorted(detail.get("imageTags") or ())),
        storage_class=LifecycleStorageClass.ARCHIVE if archived else LifecycleStorageClass.STANDARD,
        pulled_at=detail.get("lastRecordedPullTime"),
        archived_at=detail.get("lastArchivedAt"),
        activated_at=detail.get("lastActivatedAt"),
        is_index=detail.get("imageManifestMediaType") in INDEXES,
        subject=detail.get("subjectManifestDigest"),
    )


async def children_of(
    session: "Session", repository: str, digests: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """What indexes refer to, by their digest; without those that AWS does not hand out.

    A BatchGetImage counts as a pull. It is by digest alone: by tag it may import images into a repository of
    a pull-through cache. Raises `AwsError`.
    """
    found: dict[str, tuple[str, ...]] = {}
    for at in range(0, len(digests), IDS_PER_CALL):
        ids = [{"imageDigest": digest} for digest in digests[at : at + IDS_PER_CALL]]
        answer = await session.read("ecr", "batch_get_image", repositoryName=repository, imageIds=ids)
        for image in answer.get("images", ()):
            manifests = json.loads(image["imageManifest"]).get("manifests") or ()
            found[image["imageId"]["imageDigest"]] = tuple(one["digest"] for one in manifests)
    return found
