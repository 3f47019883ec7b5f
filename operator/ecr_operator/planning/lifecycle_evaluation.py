"""What a lifecycle policy would do to the images of a repository: our reading of AWS's documentation.

From the ECR User Guide ("Lifecycle policy evaluation rules" and "Examples of lifecycle policies"):

- Each image is judged by one rule: of those for its storage class whose tag status, patterns or prefixes it
  matches, the one of the highest priority. That it does not act on the image shields it from all others.
- Several patterns or prefixes mean AND: each has to match one of the image's tags. Tags are case-sensitive.
- `imageCountMoreThan` counts all images that match the rule, also those that rules before it judge or act on.
- Older than n days means more than n times 24 hours.
- What was restored from the archive is as old as its restoration, or as a pull after it.
- What an index refers to is not acted on before the index is deleted or archived.
- A reference artifact (a signature, an SBOM) goes with its subject, whatever rule it is judged by itself.

Where the documentation is silent, the reading counts that acts on more images, because images in use are
protected by what comes out here. AWS's preview stays the judge of a policy that is to be applied.

- Which of several images pushed at the same moment count as newer is not said. Where `countNumber` would
  keep only some of them, all are acted on here (`Verdict.tied`).
- Indexes, their children and reference artifacts count in `imageCountMoreThan` like any image; a rule may
  act on each of them by itself.
- An index and its children may go in one run. An archived index does not hold its children: "deleted or
  archived first".
- An image that is being restored counts as archived, and one without a time of archiving as archived when it
  was pushed.
- A reference artifact whose subject is not in the repository is judged like any image.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ecr_operator.api.lifecycle import (
    LifecycleActionType,
    LifecycleCountType,
    LifecycleRule,
    LifecycleSelection,
    LifecycleStorageClass,
    LifecycleTagStatus,
)
from ecr_operator.planning.lifecycle_image import Image

_DAY: Final = timedelta(days=1)
_STRENGTH: Final = {None: 0, LifecycleActionType.TRANSITION: 1, LifecycleActionType.EXPIRE: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one image."""

    action: LifecycleActionType | None = None
    """None: the image is kept."""
    rule: int | None = None
    """`rulePriority` of the rule that acts, or under which the image is kept; None: no rule is about it."""
    held_by: str | None = None
    """The index because of which the rule does not act."""
    follows: str | None = None
    """The subject with which it goes."""
    tied: bool = False
    """AWS keeps some of the images that were pushed at that moment, and does not say which."""


def evaluate(rules: Iterable[LifecycleRule], images: Iterable[Image], at: datetime) -> dict[str, Verdict]:
    """Return what happens to each image at the time `at`, by its digest. The order of both means nothing.

    It is one run over the images as they are: nothing is pushed, pulled or archived until then.
    """
    by_digest = {image.digest: image for image in images}
    judged = _judged(sorted(rules, key=lambda rule: rule.rule_priority), by_digest.values(), at)
    referrers: defaultdict[str, list[Image]] = defaultdict(list)
    for image in by_digest.values():
        if image.subject:
            referrers[image.subject].append(image)
    held: dict[str, str] = {}
    while True:
        acted = _with_referrers(judged, referrers, held)
        found = _held(by_digest.values(), acted)
        if found.keys() == held.keys():
            break
        # An index that is kept may be what holds another index.
        held = found
    return {
        digest: acted.get(digest) or _kept(judged.get(digest, Verdict()), held.get(digest))
        for digest in by_digest
    }


def matcher(selection: LifecycleSelection) -> Callable[[Image], bool]:
    """Return what tells whether an image meets a rule's tagging requirements, whatever its storage class."""
    match selection.tag_status:
        case LifecycleTagStatus.ANY:
            return lambda image: True
        case LifecycleTagStatus.UNTAGGED:
            return lambda image: not image.tags
        case LifecycleTagStatus.TAGGED:
            globs = selection.tag_pattern_list or ()
            patterns = [re.compile(".*".join(map(re.escape, glob.split("*"))), re.DOTALL) for glob in globs]
            # A prefix may hold a `*`, which stands for itself then.
            patterns += [
                re.compile(f"{re.escape(one)}.*", re.DOTALL) for one in selection.tag_prefix_list or ()
            ]
            return lambda image: all(any(map(pattern.fullmatch, image.tags)) for pattern in patterns)


def _judged(rules: Sequence[LifecycleRule], images: Collection[Image], at: datetime) -> dict[str, Verdict]:
    """What happens to each image by its rule alone; `rules` by priority."""
    judged: dict[str, Verdict] = {}
    for rule in rules:
        selection = rule.selection
        matches = matcher(selection)
        storage_class = selection.effective_storage_class
        matching = [
            image
            for image in images
            # Those that are judged already count only where images are counted.
            if (
                image.digest not in judged or selection.count_type == LifecycleCountType.IMAGE_COUNT_MORE_THAN
            )
            and image.storage_class == storage_class
            and matches(image)
        ]
        acted, tied = _acted(selection, matching, at)
        for image in matching:
            if image.digest not in judged:
                judged[image.digest] = Verdict(
                    rule.action.type if image.digest in acted else None,
                    rule.rule_priority,
                    tied=image.digest in tied,
                )
    return judged


def _acted(
    selection: LifecycleSelection, matching: Sequence[Image], at: datetime
) -> tuple[set[str], set[str]]:
    """The images that a rule would act on, and those of them that tie with images that it would keep."""
    number = selection.count_number
    times = {image.digest: image.time_of(selection.count_type) for image in matching}
    if selection.count_type != LifecycleCountType.IMAGE_COUNT_MORE_THAN:
        return {digest for digest, time in times.items() if _is_older(at - time, number)}, set()
    if len(times) <= number:
        return set(), set()
    newest = sorted(times.values(), reverse=True)
    limit = newest[number]
    tied = {digest for digest, time in times.items() if time == limit == newest[number - 1]}
    return {digest for digest, time in times.items() if time <= limit}, tied


def _is_older(age: timedelta, days: int) -> bool:
    """Whether it is more than so many days, of which there may be more than a timedelta takes."""
    whole, rest = divmod(age, _DAY)
    return whole > days or (whole == days and bool(rest))


def _with_referrers(
    judged: Mapping[str, Verdict], referrers: Mapping[str, Sequence[Image]], held: Collection[str]
) -> dict[str, Verdict]:
    """What is acted on: by its own rule where no index holds it, or with its subject."""
    acted = {digest: one for digest, one in judged.items() if one.action and digest not in held}
    subjects = [digest for digest in acted if digest in referrers]
    while subjects:
        subject = subjects.pop()
        verdict = replace(acted[subject], follows=subject)
        for image in referrers.get(subject, ()):
            own = acted.get(image.digest, Verdict()).action
            # What is archived already has nowhere to go with a subject that is being archived.
            there = (
                image.storage_class == LifecycleStorageClass.ARCHIVE
                and verdict.action == LifecycleActionType.TRANSITION
            )
            if image.digest not in held and not there and _STRENGTH[verdict.action] > _STRENGTH[own]:
                acted[image.digest] = verdict
                subjects.append(image.digest)
    return acted


def _held(images: Iterable[Image], acted: Mapping[str, Verdict]) -> dict[str, str]:
    """The children of indexes that stay in standard storage, each with the first of these indexes."""
    held: dict[str, str] = {}
    for image in images:
        if (
            image.children
            and image.storage_class == LifecycleStorageClass.STANDARD
            and image.digest not in acted
        ):
            for child in image.children:
                held[child] = min(image.digest, held.get(child, image.digest))
    return held


def _kept(judged: Verdict, index: str | None) -> Verdict:
    """The verdict of an image that nothing happens to; `index` is one that holds it."""
    return Verdict(rule=judged.rule, held_by=index if judged.action else None)
