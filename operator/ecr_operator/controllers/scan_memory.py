"""What is remembered of the scans of a repository's images; a restart may lose it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ecr_operator.api.scan_status import ScanType
from ecr_operator.planning.image_index import IndexChild
from ecr_operator.planning.image_scan import ARCHIVED, ImageScan
from ecr_operator.planning.reported_images import Candidate

NEVER: Final = float("-inf")


@dataclass
class AskedScan:
    """The scan of one image, as AWS told it last."""

    scan: ImageScan | None
    """None: it is an index, and not read."""
    due: float
    """When AWS is asked again, in monotonic seconds."""
    polls: int = 0
    """How often in a row it was found running."""
    parts: dict[str, ImageScan] = field(default_factory=dict)
    """The scans of the images that an index refers to, by digest."""
    begun: dict[str, ImageScan] = field(default_factory=dict)
    """Those that were read since, where it ended before all of them were: they are not asked for again."""
    begun_at: float = 0.0
    """When the first of these was read, in monotonic seconds."""
    unread: str | None = None
    """AWS's sentence, where it does not tell of this image and that does not pass by itself."""
    is_doubted: bool = False
    """Whether the status says that it does not pass, for a reason that is not known any more."""
    is_recalled: bool = False
    """Whether the status says so: AWS was not asked since the start."""

    @property
    def is_of_archive(self) -> bool:
        """Whether it is of the time when the image was archived."""
        return self.scan is not None and self.scan.status == ARCHIVED


@dataclass
class ScanMemory:
    """Of one object."""

    reported: tuple[Candidate, ...] | None = None
    """The images that may be reported; None: they were not listed yet."""
    asked: dict[str, AskedScan] = field(default_factory=dict)
    """By digest."""
    has_read: bool = False
    """Whether AWS has told all that it was asked since the start."""
    type: ScanType | None = None
    type_since: float = NEVER
    """When an answer about an image has told that, in monotonic seconds; `NEVER`: the registry does."""
    refuted: ScanType | None = None
    """What an answer told, and the registry did not confirm."""
    frequency: str | None = None
    by_registry: bool = False
    """See `ScanLook`."""
    denied: str | None = None
    """AWS's sentence, where it refuses to tell findings."""
    denied_until: float = 0.0
    """When AWS is asked again that has refused, in monotonic seconds."""
    indexes_denied: str | None = None
    """AWS's sentence, where it refuses to tell what indexes refer to."""
    pull_times: str | None = None
    """Why indexes are not asked for, and what to do."""
    missing: tuple[str, ...] = ()
    """Images without a scan, of which one is to be started."""
    started: set[str] = field(default_factory=set)
    """Images of which AWS has taken on a scan: once is enough."""
    refused: set[str] = field(default_factory=set)
    """Images of which it will start none, until a person asks for it anew."""
    fails: bool = False
    """Whether the verdict was last that images fail, which an event has told."""
    told: frozenset[str] = frozenset()
    """Critical findings that an event may have named already."""

    def reports(self, digest: str) -> bool:
        """Whether this image is still to be reported."""
        return any(one.digest == digest for one in self.reported or ())

    def drop(self, digest: str) -> None:
        """This image is gone."""
        if self.reported is not None:
            self.reported = tuple(one for one in self.reported if one.digest != digest)
        self.asked.pop(digest, None)

    def forget_starts(self, indexes: Mapping[str, Sequence[IndexChild]], *, refused: bool) -> None:
        """Of images that are reported no more, in `indexes` neither; with `refused` all refusals, too."""
        there = {one.digest for one in self.reported or ()}
        there |= {part.digest for index in there for part in indexes.get(index, ())}
        self.started &= there
        self.refused = set() if refused else self.refused & there

    def switch(self, type: ScanType, since: float = NEVER) -> None:
        """The other kind's findings are hidden from now on, and say nothing for this one.

        `since` is when an answer about an image has told that; `NEVER`: the registry itself does.
        """
        if since == NEVER < self.type_since and self.type != type:
            # Some images may go on telling of the other kind: they are not believed again.
            self.refuted = self.type
        elif type == self.refuted:
            self.refuted = None
        if self.type != type:
            for known in self.asked.values():
                known.begun = {}
        self.type, self.type_since = type, since
        self.asked = {
            digest: known
            for digest, known in self.asked.items()
            if known.scan is None or known.scan.type in (None, type)
        }
