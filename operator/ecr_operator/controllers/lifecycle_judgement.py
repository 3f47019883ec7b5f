"""Judges a lifecycle policy by the images that a repository holds and who uses them."""

import asyncio
import json
from dataclasses import replace

from pydantic import ValidationError

from ecr_operator.api.lifecycle import LifecycleRule
from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecyclePolicy, LifecyclePolicyState
from ecr_operator.aws.errors import NOT_FOUND, AwsError
from ecr_operator.aws.policies import lifecycle_policy
from ecr_operator.aws.registry import Registry
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.index_children import known_children
from ecr_operator.controllers.lifecycle_memory import LifecycleMemory
from ecr_operator.controllers.subject import Subject
from ecr_operator.planning.changes import LIFECYCLE
from ecr_operator.planning.lifecycle import canonical_text
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.lifecycle_progress import text_hash
from ecr_operator.planning.lifecycle_risk import Risk, risks
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown

MANY = 2000
"""Images from which on they are judged in a thread, so that nothing else waits for it."""


async def learn_policy(subject: Subject, registry: Registry, memory: LifecycleMemory) -> None:
    """After a start, of a policy at rest: AWS runs it every day, and nobody else reads it."""
    ours = LIFECYCLE in (subject.status.managed or ())
    if not subject.desired.lifecycle_at_rest or not ours or memory.in_force is not None:
        return
    try:
        memory.in_force = canonical_text(await lifecycle_policy(registry, subject.desired.name))
    except AwsError as error:
        if error.code not in NOT_FOUND:
            raise


def to_judge(subject: Subject, memory: LifecycleMemory) -> str | None:
    """The policy in force that is ours, or the one that was taken off and is to be put back."""
    desired, before = subject.desired, subject.status.lifecycle_policy
    setting = desired.lifecycle_protection.effective_images_in_use
    if desired.observe or desired.lifecycle_source is None or setting == ImagesInUse.IGNORE:
        return None
    if memory.in_force is not None:
        return memory.in_force
    if desired.lifecycle is None or before is None or before.hash != text_hash(desired.lifecycle):
        return None
    # After a start: what the status says of it is all that is known.
    judged = before.state in (LifecyclePolicyState.APPLIED, LifecyclePolicyState.WITHDRAWN)
    return desired.lifecycle if judged else None


async def risks_of(
    context: Context,
    subject: Subject,
    registry: Registry,
    text: str,
    images: tuple[Image, ...],
    usage: RepositoryUsage | UsageUnknown,
    memory: LifecycleMemory,
) -> tuple[Risk, ...] | None:
    """The images in use that the policy `text` would act on; None: that is not known."""
    rules = _understood(text)
    if rules is None:
        return None
    protection = subject.desired.lifecycle_protection
    needed = {
        image.digest
        for image in images
        if any(map(protection.protects, image.tags))
        or (isinstance(usage, RepositoryUsage) and is_used(image, usage))
    }
    found = await _judged(context, rules, images, needed) if needed else ()
    if any(not risk.tag and not risk.is_index for risk in found) and "sinceImagePulled" not in text:
        # It may be part of an index that stays, which AWS does not break.
        indexes = [image.digest for image in images if image.is_index and image.digest in needed]
        children = await known_children(registry, subject.desired.name, indexes, memory)
        found = await _judged(
            context, rules, tuple(_with_children(image, children) for image in images), needed
        )
    # That protected tags are safe says nothing of images whose users are not known.
    return None if isinstance(usage, UsageUnknown) and not found else found


async def _judged(
    context: Context, rules: tuple[LifecycleRule, ...], images: tuple[Image, ...], needed: set[str]
) -> tuple[Risk, ...]:
    now = context.now()
    if len(images) < MANY:
        return risks(rules, images, needed, now)
    return await asyncio.to_thread(risks, rules, images, needed, now)


def _understood(text: str) -> tuple[LifecycleRule, ...] | None:
    """The rules that AWS holds; None: somebody else has written what this version does not know."""
    try:
        return LifecyclePolicy.from_json(json.loads(text)).rules
    except ValidationError:
        return None


def is_used(image: Image, usage: RepositoryUsage) -> bool:
    """Whether somebody uses the image, by its digest or a tag."""
    return image.digest in usage.by_reference or any(tag in usage.by_reference for tag in image.tags)


def _with_children(image: Image, children: dict[str, tuple[str, ...]]) -> Image:
    return replace(image, children=children[image.digest]) if image.digest in children else image
