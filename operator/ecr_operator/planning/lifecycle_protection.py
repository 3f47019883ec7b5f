"""What a lifecycle policy must not do to a repository, and what has to be known to tell whether it would."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecycleProtection
from ecr_operator.planning.deletion import ImageCount
from ecr_operator.planning.lifecycle_preview import Complete


@dataclass(frozen=True, slots=True)
class UsedImages:
    """What is in use of a repository, as far as the preview was asked about it."""

    digests: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    children: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The digests that indexes of the repository refer to, by the index's digest, where they are known.

    Only an index counts whose own digest is in `digests`: of others it is not known whether the preview
    lists them.
    """


def needs_preview(protection: LifecycleProtection, *, new: bool, empty: bool) -> bool:
    """Whether a preview is needed. `new`: the repository was created in this reconcile."""
    if new or empty:
        return False
    return (
        protection.effective_images_in_use != ImagesInUse.IGNORE or protection.max_expiring_images is not None
    )


def needs_usage(protection: LifecycleProtection, preview: Complete) -> bool:
    """Whether it has to be known which images are in use, and which of them the preview lists."""
    return protection.effective_images_in_use != ImagesInUse.IGNORE and preview.acted_on > 0


def needs_whole_count(protection: LifecycleProtection, preview: Complete, images: ImageCount) -> bool:
    """Whether all images have to be counted to know that some are left."""
    return needs_usage(protection, preview) and images.more and preview.acted_on >= images.images
