"""What a repository holds, in a few figures: from what DescribeImages says of each image, and nothing else.

- Everything that ECR calls an image is counted: images, indexes, what indexes refer to, charts, signatures,
  other artifacts, archived ones. It is the number that ECR's console shows, and that its quota is about.
- The size is the sum of the compressed sizes of all manifests but indexes. ECR gives an index the size of
  its largest child (`ImageDetail.imageSizeInBytes`: "the max size of all manifests in the list"), and lists
  each child by itself: an index can only be pushed when its children are there, and they cannot be deleted
  before it. So the children are counted once, and the index adds nothing to them. No manifest has to be
  fetched for that, which would count as a pull.
- A layer that several images share is stored once and counted with each: the size is an upper bound.
- The figures are not of one moment: images come and go while pages are read, and the next reading tells.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.planning.lifecycle_image import Image

_MOVING_TAG: Final = "latest"


@dataclass(frozen=True, slots=True)
class LatestImage:
    """The container image that was pushed last: an index, where it has several platforms.

    One with a tag is preferred to a later one without, and no archived one is meant, which cannot be pulled.
    """

    tag: str | None
    """Its longest tag, the most exact one (`1.4.2` of `1`, `1.4` and `1.4.2`), then the first in alphabetical
    order; `latest` only where there is no other."""
    digest: str
    pushed_at: datetime
    """In UTC and whole seconds."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The figures of one reading. Equal ones are equal; a repository without images has the default."""

    count: int = 0
    tagged_count: int = 0
    """Images with at least one tag."""
    size_bytes: int = 0
    """Compressed, of all storage classes; an upper bound."""
    latest: LatestImage | None = None
    last_pulled_at: date | None = None
    """The day (UTC) of the last pull that ECR has recorded, which may be a day behind the last one."""
    active_count: int = 0
    """Images that are not archived: what the quota is about. One being restored is not active yet."""
    archived_size_bytes: int = 0
    """The part of `size_bytes` that is in the archive."""

    def same_figures(self, other: "Inventory") -> bool:
        """Whether a status that reports one need not be written for the other.

        What a status does not hold (`active_count`, `archived_size_bytes`) is not compared.
        """
        return _reported(self) == _reported(other)


def _reported(inventory: Inventory) -> tuple[object, ...]:
    latest, pulled = inventory.latest, inventory.last_pulled_at
    return inventory.count, inventory.tagged_count, inventory.size_bytes, latest, pulled


class InventoryBuilder:
    """Sums up images in whatever order they come; keeps none of them but the latest."""

    __slots__ = ("_active", "_archived_size", "_count", "_latest", "_pulled", "_size", "_tagged")

    def __init__(self) -> None:
        self._count = self._tagged = self._active = self._size = self._archived_size = 0
        self._latest: Image | None = None
        self._pulled: datetime | None = None

    def add(self, image: Image, size: int, *, is_container_image: bool) -> None:
        """Count an image of `size` bytes, as `imageSizeInBytes` has it; each image once."""
        is_active = image.storage_class == LifecycleStorageClass.STANDARD
        self._count += 1
        self._tagged += bool(image.tags)
        self._active += is_active
        if not image.is_index:
            self._size += size
            self._archived_size += 0 if is_active else size
        if image.pulled_at is not None and (self._pulled is None or image.pulled_at > self._pulled):
            self._pulled = image.pulled_at
        if is_container_image and is_active and (self._latest is None or _rank(image) > _rank(self._latest)):
            self._latest = image

    def result(self) -> Inventory:
        """The figures of all images added so far."""
        return Inventory(
            count=self._count,
            tagged_count=self._tagged,
            size_bytes=self._size,
            latest=None if self._latest is None else _latest_image(self._latest),
            last_pulled_at=None if self._pulled is None else self._pulled.astimezone(UTC).date(),
            active_count=self._active,
            archived_size_bytes=self._archived_size,
        )


def _rank(image: Image) -> tuple[bool, datetime, bool, str]:
    """The latest has the highest. A replica may have an index and its children from the same moment."""
    return bool(image.tags), image.pushed_at, image.is_index, image.digest


def exact_tag(tags: Iterable[str]) -> str | None:
    """The tag that says most of an image; see `LatestImage.tag`."""
    return min(tags, key=lambda tag: (tag == _MOVING_TAG, -len(tag), tag), default=None)


def _latest_image(image: Image) -> LatestImage:
    return LatestImage(
        exact_tag(image.tags), image.digest, image.pushed_at.astimezone(UTC).replace(microsecond=0)
    )
