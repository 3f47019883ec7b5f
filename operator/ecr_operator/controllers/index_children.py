"""What indexes refer to: asked of AWS once, because it never changes."""

from collections.abc import Collection

from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.images import children_of
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.planning.image_index import IndexChild
from ecr_operator.reasons import Reason


async def index_children(
    registry: Registry, repository: str, digests: Collection[str], memory: LifecycleMemory
) -> dict[str, tuple[IndexChild, ...]]:
    """What those of the digests that are indexes refer to; without those that AWS does not hand out."""
    missing = sorted(digest for digest in digests if digest not in memory.children)
    if missing:
        try:
            found = await children_of(registry.session, repository, missing)
        except AwsError as error:
            if error.reason != Reason.ACCESS_DENIED:
                raise
            found = {}
        memory.children |= found
    return {digest: memory.children[digest] for digest in digests if digest in memory.children}


async def known_children(
    registry: Registry, repository: str, digests: Collection[str], memory: LifecycleMemory
) -> dict[str, tuple[str, ...]]:
    """Their digests alone."""
    found = await index_children(registry, repository, digests, memory)
    return {index: tuple(one.digest for one in children) for index, children in found.items()}
