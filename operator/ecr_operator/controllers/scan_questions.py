"""What AWS is asked about the scan of an image, or of the images that an index refers to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.images import children_of
from ecr_operator.aws.registry import Registry
from ecr_operator.aws.scans import read_scan
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.controllers.pull_times import PullTimes
from ecr_operator.controllers.scan_memory import AskedScan, ScanMemory
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.image_scan import ARCHIVED, SCAN_NOT_FOUND, ImageScan, together
from ecr_operator.planning.reported_images import Candidate
from ecr_operator.reasons import Reason


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer says of one image."""

    scan: ImageScan | None
    """None: there is no such image, or it is an index and not read, or not whole."""
    calls: int = 0
    parts: dict[str, ImageScan] = field(default_factory=dict)
    """Of an index: the scans of its images."""
    is_whole: bool = True
    """Whether all was read; else `parts` has what was."""
    error: AwsError | None = None
    """Why it was not, unless the calls had come to their limit."""


def can_be_asked(candidate: Candidate, lifecycle: LifecycleMemory) -> bool:
    """Whether AWS tells of it: it scans no archived image, and of an index the images have to be known."""
    is_resolved = not candidate.is_index or candidate.digest in lifecycle.children
    return is_resolved and not candidate.is_archived


async def ask(
    registry: Registry,
    repository: str,
    candidate: Candidate,
    known: AskedScan | None,
    memory: ScanMemory,
    lifecycle: LifecycleMemory,
    limit: int,
) -> Found:
    """Ask about one image; an index has been resolved before, if it can be.

    About the images of an index it is asked until there were `limit` calls; the last may take some more.
    """
    session = registry.session
    if candidate.is_archived:
        # AWS scans none, and there is nothing to pull.
        return Found(ImageScan(ARCHIVED, memory.type))
    if not candidate.is_index:
        before = known.scan if known else None
        try:
            found = await read_scan(
                session, repository, candidate.digest, before=before, registry_type=memory.type
            )
        except AwsError as error:
            return Found(None, 1, is_whole=False, error=error)
        return Found(found.scan, found.calls)
    children = lifecycle.children.get(candidate.digest)
    if children is None:
        return Found(None)
    calls = 0
    parts = dict(known.begun) if known else {}
    earlier = known.parts if known else {}
    for child in children:
        if not child.is_image or child.digest in parts:
            continue
        if calls >= limit:
            return Found(None, calls, parts, is_whole=False)
        before = earlier.get(child.digest)
        try:
            found = await read_scan(
                session, repository, child.digest, before=before, registry_type=memory.type
            )
        except AwsError as error:
            return Found(None, calls + 1, parts, is_whole=False, error=error)
        calls += found.calls
        if found.scan is not None:
            parts[child.digest] = found.scan
    whole = together(tuple(parts.values())) if parts else ImageScan(SCAN_NOT_FOUND, memory.type)
    return Found(whole, calls, parts)


async def resolve(
    registry: Registry,
    desired: DesiredRepository,
    indexes: Sequence[Candidate],
    pull_times: PullTimes,
    memory: ScanMemory,
    lifecycle: LifecycleMemory,
) -> int:
    """Learn what these indexes refer to, all by one call, and not where that would do harm.

    Each is asked for once. How many calls it took; raises `AwsError` for what passes by itself.
    """
    wanted = [one.digest for one in indexes if one.digest not in lifecycle.children]
    if not wanted:
        return 0
    memory.pull_times = await pull_times.objection(
        registry, desired.name, lifecycle.in_force, desired.lifecycle
    )
    if memory.pull_times is not None:
        return 1
    try:
        found = await children_of(registry.session, desired.name, wanted)
    except AwsError as error:
        if error.reason != Reason.ACCESS_DENIED:
            raise
        memory.indexes_denied = error.message
        return 2
    memory.indexes_denied = None
    # Of the others AWS may not be able to read the manifest (`KmsError`, `ImageInaccessible`): they are not
    # judged. Those that were deleted meanwhile are not listed any more at the next inventory.
    lifecycle.children |= found
    return 2
