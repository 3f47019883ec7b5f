"""Whether a lifecycle policy is applied, from AWS's preview and from what is in use: apply or hold.

"In use" means used in this cluster, or with a tag that `protection.protectedTags` protects. Messages name
images and numbers, never who uses them: a tenant reads them, and the users may be in other namespaces.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from ecr_operator.api.lifecycle import LifecycleActionType
from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecycleProtection
from ecr_operator.planning.deletion import ImageCount
from ecr_operator.planning.lifecycle_preview import Complete, Failed, Listed
from ecr_operator.planning.lifecycle_protection import (
    UsedImages,
    needs_usage,
)
from ecr_operator.planning.usage import UsageUnknown
from ecr_operator.reasons import Reason

SHOWN_IN_STATUS: Final = 10
"""How many images the status lists (`status.lifecyclePolicy.preview.inUseImages`)."""
_SHOWN: Final = 3
"""How many images a message names: it has room for 512 characters."""
_TAG: Final = 40
"""How many characters of a tag a message shows; AWS allows 300."""
_USAGE: Final = 250
"""How many characters of the reason why usage is unknown."""
_DIGEST: Final = len("sha256:") + 12
_VERBS: Final = {LifecycleActionType.EXPIRE: "expire", LifecycleActionType.TRANSITION: "archive"}
_KINDS: Final = {False: "in use in this cluster", True: "with protected tags"}
"""By whether an image is in use only because its tag is protected."""
_ALL_THE_SAME: Final = "The policy is applied all the same (`protection.imagesInUse: Warn`)"


@dataclass(frozen=True, slots=True)
class HeldImage:
    """An image in use that the policy would act on."""

    tag: str | None
    """Of several, the one by which it is in use or protected, if there is one."""
    digest: str
    rule_priority: int


@dataclass(frozen=True, slots=True)
class Apply:
    """The policy may be applied."""

    warnings: tuple[str, ...] = ()
    in_use: tuple[HeldImage, ...] = ()
    """At most `SHOWN_IN_STATUS`."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The policy is not applied until a person or time has changed something."""

    reason: Reason
    message: str
    in_use: tuple[HeldImage, ...] = ()
    """At most `SHOWN_IN_STATUS`, whatever the reason."""


def decide(
    protection: LifecycleProtection,
    preview: Complete,
    images: ImageCount,
    listed: Iterable[Listed],
    usage: UsedImages | UsageUnknown,
    *,
    active: int | None = None,
) -> Apply | Hold:
    """Whether the policy is applied.

    `images` are those of the repository, archived ones included; `active` those that are not archived, where
    that is known. `listed` are the images in use or protected that the preview lists, and no others: each of
    them counts. Where nothing would be acted on, what is in use does not matter.
    """
    setting = protection.effective_images_in_use
    ignored = setting == ImagesInUse.IGNORE
    in_use = [] if ignored else _in_danger(listed, usage)
    shown = tuple(_held(image, protection, usage) for image in in_use[:SHOWN_IN_STATUS])
    if not ignored and _empties(preview, images, active):
        return Hold(Reason.WOULD_EMPTY_REPOSITORY, _emptied(preview, images), shown)
    if in_use and setting == ImagesInUse.HOLD:
        return Hold(Reason.IMAGES_IN_USE, _danger(in_use, shown, protection, usage), shown)
    most = protection.max_expiring_images
    if most is not None and preview.expiring > most:
        return Hold(Reason.TOO_MANY_IMAGES_EXPIRING, _too_many(preview.expiring, most), shown)
    asked = needs_usage(protection, preview)
    unknown = _unknown(usage) if isinstance(usage, UsageUnknown) and asked else None
    if unknown and setting == ImagesInUse.HOLD:
        todo = "The policy is not applied until it is; mend that, or set `protection.imagesInUse: Warn`"
        return Hold(Reason.USAGE_UNKNOWN, f"{unknown}. {todo}", shown)
    warnings = [_danger(in_use, shown, protection, usage)] if in_use else []
    if unknown:
        warnings.append(f"{unknown}. {_ALL_THE_SAME}")
    return Apply(tuple(warnings), shown)


def not_previewed(failure: Failed) -> Hold:
    """Without a preview no policy is applied."""
    return Hold(Reason.PREVIEW_FAILED, failure.message)


def _in_danger(listed: Iterable[Listed], usage: UsedImages | UsageUnknown) -> list[Listed]:
    """The images that would really go, in an order that does not change from one preview to the next."""
    images = {image.digest: image for image in listed}
    kept: set[str] = set()
    if isinstance(usage, UsedImages):
        # AWS does not delete what an index refers to (ImageReferencedByManifestList), but the preview may
        # list it.
        kept.update(
            child
            for index, children in usage.children.items()
            if index in usage.digests and index not in images
            for child in children
        )
    return sorted(
        (image for digest, image in images.items() if digest not in kept),
        key=lambda image: (not image.tags, image.rule_priority, image.tags, image.digest),
    )


def _empties(preview: Complete, images: ImageCount, active: int | None) -> bool:
    """Whether no image would be left, or none that can be pulled. Only active images can be archived."""
    if preview.acted_on == 0:
        return False
    return preview.acted_on >= images.images or (active is not None and preview.archiving >= active > 0)


def _held(image: Listed, protection: LifecycleProtection, usage: UsedImages | UsageUnknown) -> HeldImage:
    used = [tag for tag in image.tags if isinstance(usage, UsedImages) and tag in usage.tags]
    protected = [tag for tag in image.tags if protection.protects(tag)]
    tag = next(iter((*used, *protected, *image.tags)), None)
    return HeldImage(tag, image.digest, image.rule_priority)


def _is_only_protected(
    image: Listed, protection: LifecycleProtection, usage: UsedImages | UsageUnknown
) -> bool:
    used = isinstance(usage, UsedImages) and (
        image.digest in usage.digests or any(tag in usage.tags for tag in image.tags)
    )
    return not used and any(protection.protects(tag) for tag in image.tags)


def _danger(
    images: Collection[Listed],
    shown: Collection[HeldImage],
    protection: LifecycleProtection,
    usage: UsedImages | UsageUnknown,
) -> str:
    actions = {image.action for image in images}
    protected = {_is_only_protected(image, protection, usage) for image in images}
    verbs = [verb for action, verb in _VERBS.items() if action in actions]
    kinds = [kind for only, kind in _KINDS.items() if only in protected]
    named = [_named(image) for image in tuple(shown)[:_SHOWN]]
    more = f" and {len(images) - len(named):,} more" if len(images) > len(named) else ""
    message = (
        f"The policy would {' or '.join(verbs)} {_count(len(images))} {' or '.join(kinds)}: "
        f"{', '.join(named)}{more}."
    )
    if protection.effective_images_in_use == ImagesInUse.WARN:
        return f"{message} {_ALL_THE_SAME}"
    todo = "Add a rule with a lower rulePriority that keeps them, or set `protection.imagesInUse: Warn`"
    return f"{message} {todo}"


def _named(image: HeldImage) -> str:
    digest = image.digest[:_DIGEST]
    if image.tag is None:
        return f"{digest} (rule {image.rule_priority})"
    tag = image.tag if len(image.tag) <= _TAG else f"{image.tag[:_TAG]}…"
    return f"{tag} ({digest}, rule {image.rule_priority})"


def _emptied(preview: Complete, images: ImageCount) -> str:
    return (
        "The policy would leave no image in the repository: it would expire "
        f"{preview.expiring:,} and archive {preview.archiving:,} of {images}. Narrow its rules so that some "
        "are kept, or set `protection.imagesInUse: Ignore`"
    )


def _too_many(expiring: int, most: int) -> str:
    return (
        f"The policy would expire {_count(expiring)}, and `protection.maxExpiringImages` allows {most:,}. "
        "Narrow its rules, or raise the number"
    )


def _unknown(usage: UsageUnknown) -> str:
    return f"Which images are in use is not known: {usage.message[:_USAGE].rstrip('. ')}"


def _count(images: int) -> str:
    return f"{images:,} {'image' if images == 1 else 'images'}"
