"""Which images of a repository are reported: those in use first, then the newest ones with a tag."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.api.vulnerability_policy import REPORT_MAX
from ecr_operator.planning.inventory import exact_tag
from ecr_operator.planning.lifecycle_image import Image


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may be reported."""

    digest: str
    tag: str | None
    pushed_at: datetime
    is_index: bool = False
    is_archived: bool = False
    is_used: bool = False


class ReportedBuilder:
    """Takes images in whatever order they come, and keeps as many as a status can list.

    `used_tag` says of an image whether workloads use it, and by which of its tags: None: they do not, ''; by
    its digest alone. Charts, signatures and other artifacts are not to be given.
    """

    __slots__ = ("_heap", "_used_tag")

    def __init__(self, used_tag: Callable[[Image], str | None]) -> None:
        self._used_tag = used_tag
        self._heap: list[tuple[tuple[bool, bool, datetime, bool, str], Candidate]] = []

    def add(self, image: Image) -> None:
        """Of an image that is given again, as it moves between pages, the first is kept."""
        used = self._used_tag(image)
        if used is None and not image.tags:
            return
        archived = image.storage_class != LifecycleStorageClass.STANDARD
        candidate = Candidate(
            digest=image.digest,
            tag=used or exact_tag(image.tags),
            pushed_at=image.pushed_at,
            is_index=image.is_index,
            is_archived=archived,
            is_used=used is not None,
        )
        # An archived image cannot be pulled: it comes after all that can.
        rank = (candidate.is_used, not archived, image.pushed_at, image.is_index, image.digest)
        is_full = len(self._heap) >= REPORT_MAX
        if is_full and rank < self._heap[0][0]:
            return
        if any(held.digest == image.digest for _, held in self._heap):
            return
        (heapq.heappushpop if is_full else heapq.heappush)(self._heap, (rank, candidate))

    def result(self) -> tuple[Candidate, ...]:
        """The first of them are to be reported."""
        return tuple(candidate for _, candidate in sorted(self._heap, reverse=True, key=lambda one: one[0]))
