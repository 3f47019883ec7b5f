"""What a lifecycle policy must not do to a repository, and what has to be known to tell whether it would."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from ecr_operator.api.lifecycle_policy import LifecycleProtection
from ecr_operator.planning.deletion import ImageCount
from ecr_operator.planning.lifecycle_preview import Complete


class OnImagesInUse(StrEnum):
    """`protection.imagesInUse`: what becomes of a policy that would act on images in use."""

    HOLD = "Hold"
    WARN = "Warn"
    IGNORE = "Ignore"


@dataclass(frozen=True, slots=True)
class Protection:
    """What a policy must not do."""

    images_in_use: OnImagesInUse = OnImagesInUse.HOLD
    max_expiring_images: int | None = None
    """Holds whatever `images_in_use` says: it was asked for."""
    protected_tags: tuple[str, ...] = ()
    """Globs, as for namespaces and repository names: `*` is any characters, `?` one."""

    def protects(self, tag: str) -> bool:
        """Whether an image with this tag counts as in use."""
        return any(fnmatchcase(tag, glob) for glob in self.protected_tags)


def protection_of(spec: LifecycleProtection) -> Protection:
    """What a user wrote."""
    setting = OnImagesInUse(spec.effective_images_in_use.value)
    return Protection(setting, spec.max_expiring_images, spec.protected_tags or ())


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


def needs_preview(protection: Protection, *, new: bool, empty: bool) -> bool:
    """Whether a preview is needed. `new`: the repository was created in this reconcile."""
    if new or empty:
        return False
    return protection.images_in_use != OnImagesInUse.IGNORE or protection.max_expiring_images is not None


def needs_usage(protection: Protection, preview: Complete) -> bool:
    """Whether it has to be known which images are in use, and which of them the preview lists."""
    return protection.images_in_use != OnImagesInUse.IGNORE and preview.acted_on > 0


def needs_whole_count(protection: Protection, preview: Complete, images: ImageCount) -> bool:
    """Whether all images have to be counted to know that some are left."""
    return needs_usage(protection, preview) and images.more and preview.acted_on >= images.images
