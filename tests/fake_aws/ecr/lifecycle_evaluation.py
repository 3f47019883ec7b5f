"""Which images a lifecycle policy marks at a moment, and by which rule.

Source: ECR User Guide, "Automate the cleanup of images by using lifecycle policies", "Lifecycle policy
evaluation rules", whose sentences stand at what they decide, and "Examples of lifecycle policies".

Inferred: a day is 86,400 seconds and "older" is longer ago than that, to the moment; of images pushed at one
moment the one stored later is younger; indexes, their children and reference artifacts are counted and marked
like any other image; an ACTIVATING image still is of the storage class archive; a restored image's time of
restoring stands for its push in ages too, not in the order alone; a rule shields only images of the storage
class that it selects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .image import StoredImage
from .lifecycle_grammar import Rule, class_of

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to become of an image."""

    image: StoredImage
    action: str
    """EXPIRE or TRANSITION."""
    priority: int
    """The rule's."""
    storage_class: str
    """STANDARD or ARCHIVE: that of the image."""

    @property
    def target(self) -> str | None:
        """The storage class that the image moves to."""
        return "ARCHIVE" if self.action == "TRANSITION" else None


def evaluate(rules: Iterable[Rule], images: Sequence[StoredImage], now: float) -> list[Mark]:
    """The marks of valid rules on images at `now`, in the order in which the images were stored.

    "All rules are evaluated at the same time, regardless of rule priority. After all rules are evaluated,
    they are then applied based on rule priority"; "an image that matches the tagging requirements of a rule
    cannot be expired or archived by a rule with a lower priority"; "an image is expired or archived by
    exactly one or zero rules".
    """
    taken: set[int] = set()
    marks: list[Mark] = []
    for rule in sorted(rules, key=lambda one: one["rulePriority"]):
        seen = [image for image in images if in_class(image, class_of(rule)) and fits(rule, image)]
        marks += [
            Mark(image, rule["action"]["type"].upper(), rule["rulePriority"], class_of(rule).upper())
            for image in chosen(rule["selection"], seen, now)
            if image.sequence not in taken
        ]
        taken.update(image.sequence for image in seen)
    return sorted(marks, key=lambda mark: mark.image.sequence)


def in_class(image: StoredImage, storage_class: str) -> bool:
    """Whether an image is of a storage class."""
    return (image.image_status == "ACTIVE") == (storage_class == "standard")


def fits(rule: Rule, image: StoredImage) -> bool:
    """Whether an image has what the rule's tagging requirements ask for.

    "An image is successfully matched if all of the tags in the tagPatternList or tagPrefixList value are
    matched against any of the image's tags": each entry by some tag, not one tag by all entries.
    """
    selection = rule["selection"]
    if selection["tagStatus"] == "any":
        return True
    if selection["tagStatus"] == "untagged":
        return not image.image_tags
    if "tagPatternList" in selection:
        patterns = [pattern_of(one) for one in selection["tagPatternList"]]
        return all(any(pattern.fullmatch(tag) for tag in image.image_tags) for pattern in patterns)
    return all(any(tag.startswith(one) for tag in image.image_tags) for one in selection["tagPrefixList"])


@lru_cache(4096)
def pattern_of(text: str) -> re.Pattern[str]:
    """A tag pattern: ``*`` is any characters or none, everything else is itself."""
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def chosen(selection: dict[str, Any], seen: list[StoredImage], now: float) -> list[StoredImage]:
    """The images that a rule marks of those that it sees.

    What it sees has no regard to other rules: "rules can never mark images that are marked by higher priority
    rules, but can still identify them as if they haven't been expired or archived".
    """
    number = selection["countNumber"]
    if selection["countType"] == "imageCountMoreThan":
        youngest = sorted(seen, key=lambda image: (pushed(image), image.sequence), reverse=True)
        return youngest[number:]
    since = SINCE[selection["countType"]]
    return [image for image in seen if now - since(image) > number * DAY]


def pushed(image: StoredImage) -> float:
    """When an image was pushed: "if an image was archived and then restored at any point in the past, the
    image's last_activated_at is used instead of pushed_at_time".
    """
    return float(image.last_activated_at or image.image_pushed_at)


def pulled(image: StoredImage) -> float:
    """When an image was pulled: "if an image was never pulled, the image's pushed_at_time is used instead";
    "if an image was archived and then restored at any point in the past, but never pulled since the image was
    restored, the image's last_activated_at is used instead".
    """
    last = image.last_recorded_pull_time
    if last is None:
        return pushed(image)
    return max(float(last), image.last_activated_at or 0.0)


def transitioned(image: StoredImage) -> float:
    """When an image was archived."""
    return float(image.last_archived_at or image.image_pushed_at)


SINCE = {"sinceImagePushed": pushed, "sinceImagePulled": pulled, "sinceImageTransitioned": transitioned}
"""From when on each count type counts days."""
