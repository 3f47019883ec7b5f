"""The images of a repository, as the rules of lifecycle policies see them, and summed up."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.aws.errors import NOT_FOUND, AwsError
from ecr_operator.planning.image_index import IndexChild, children_in
from ecr_operator.planning.inventory import Inventory, InventoryBuilder
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.media_types import INDEXES, is_container_image
from ecr_operator.planning.reported_images import Candidate, ReportedBuilder

if TYPE_CHECKING:
    from ecr_operator.aws.session import Session

IMAGES_PER_PAGE = 1000
IDS_PER_CALL = 100
"""BatchGetImage: "up to 100" `imageIds`."""
_TOKEN_REFUSED = frozenset({"InvalidParameterException"})
"""ECR's answer to a token that it has not given out for this list, or not lately."""
_ARCHIVED = frozenset({"ARCHIVED", "ACTIVATING"})

UsedTag = Callable[[Image], str | None]
Take = Callable[[Mapping[str, Any]], None]
"""Takes an `ImageDetail` of ECR's API, its times as datetimes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass over the images of a repository has found."""

    inventory: Inventory
    calls: int
    """How many calls of DescribeImages it took."""
    images: tuple[Image, ...] = field(default=(), repr=False)
    """Empty unless they were asked for."""
    reported: tuple[Candidate, ...] = ()
    """The images that may be reported; empty unless they were asked for."""


async def read_images(
    session: "Session", repository: str, *, rows: bool = False, used_tag: UsedTag | None = None
) -> Reading | None:
    """Read all images, the archived ones too, 1,000 a call; None: there is no such repository (any more).

    With `rows` each image is kept, as one small row; with `used_tag` (see `ReportedBuilder`) those that may
    be reported. However many there are, one page of answers is in memory at a time. Where AWS does not take
    the token of the next page any more, all is read anew, once. Raises `AwsError`.
    """
    calls = 0
    again = True
    builder, images = InventoryBuilder(), list[Image]()
    reported = used_tag and ReportedBuilder(used_tag)
    token: str | None = None

    def take(detail: Mapping[str, Any]) -> None:
        image, can_be_run = described_image(detail), is_container(detail)
        builder.add(image, detail.get("imageSizeInBytes") or 0, is_container_image=can_be_run)
        if reported is not None and can_be_run:
            reported.add(image)
        if rows:
            images.append(image)

    while True:
        calls += 1
        try:
            token = await _page(session, repository, token, take)
        except AwsError as error:
            if error.code in NOT_FOUND:
                return None
            if token is None or error.code not in _TOKEN_REFUSED or not again:
                raise
            # What was read so far would be counted twice.
            again, token = False, None
            builder, images = InventoryBuilder(), []
            reported = used_tag and ReportedBuilder(used_tag)
            continue
        if token is None:
            candidates = reported.result() if reported is not None else ()
            return Reading(builder.result(), calls, tuple(images), candidates)


async def list_images(session: "Session", repository: str) -> AsyncIterator[Image]:
    """Yield all images, the archived ones too, 1,000 a call; what indexes refer to is not known by that.

    Raises `AwsError`.
    """
    token: str | None = None
    rows: list[Image] = []

    def take(detail: Mapping[str, Any]) -> None:
        rows.append(described_image(detail))

    while True:
        token = await _page(session, repository, token, take)
        for row in rows:
            yield row
        rows.clear()
        if token is None:
            return


async def _page(session: "Session", repository: str, token: str | None, take: Take) -> str | None:
    """Hand over the images of one page; returns the token of the next one.

    The answer goes with this call: the next one is never asked for while it is in memory.
    """
    parameters: dict[str, Any] = {"nextToken": token} if token else {}
    answer = await session.read(
        "ecr",
        "describe_images",
        repositoryName=repository,
        maxResults=IMAGES_PER_PAGE,
        # By itself AWS leaves the archived ones out.
        filter={"imageStatus": "ANY"},
        **parameters,
    )
    # A page may be empty while others follow.
    for detail in answer.get("imageDetails", ()):
        take(detail)
    return answer.get("nextToken") or None


def is_container(detail: Mapping[str, Any]) -> bool:
    """Whether an `ImageDetail` is of an image that can be run, or of an index of such."""
    return is_container_image(
        detail.get("imageManifestMediaType"),
        detail.get("artifactMediaType"),
        detail.get("imageTags") or (),
        detail.get("subjectManifestDigest"),
    )


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


async def image_details(
    session: "Session", repository: str, image_id: Mapping[str, str], *, account: str
) -> Mapping[str, Any] | None:
    """The `ImageDetail` of one image, an archived one too; None: there is no such image.

    `image_id` has its `imageDigest` or its `imageTag`; `account` is the registry. Raises `AwsError`.
    """
    try:
        answer = await session.read(
            "ecr",
            "describe_images",
            registryId=account,
            repositoryName=repository,
            imageIds=[dict(image_id)],
            filter={"imageStatus": "ANY"},
        )
    except AwsError as error:
        if error.code == "ImageNotFoundException":
            return None
        raise
    details: Sequence[Mapping[str, Any]] = answer.get("imageDetails") or ()
    return details[0] if details else None


async def children_of(
    session: "Session", repository: str, digests: Sequence[str], *, account: str | None = None
) -> dict[str, tuple[IndexChild, ...]]:
    """What indexes refer to, by their digest; without those that AWS does not hand out.

    A BatchGetImage counts as a pull. It is by digest alone: by tag it may import images into a repository of
    a pull-through cache. `account` is the registry, if not our own. Raises `AwsError`.
    """
    found: dict[str, tuple[IndexChild, ...]] = {}
    registry = {"registryId": account} if account else {}
    for at in range(0, len(digests), IDS_PER_CALL):
        ids = [{"imageDigest": digest} for digest in digests[at : at + IDS_PER_CALL]]
        answer = await session.read(
            "ecr", "batch_get_image", repositoryName=repository, imageIds=ids, **registry
        )
        for image in answer.get("images", ()):
            found[image["imageId"]["imageDigest"]] = children_in(json.loads(image["imageManifest"]))
    return found
