"""What AWS does by a lifecycle policy within 24 hours, done at once.

Source: ECR User Guide, "Lifecycle policy evaluation rules": "If an image is referenced by a manifest list, it
cannot be expired or archived without the manifest list being deleted or archived first"; "when reference
artifacts are present in a repository, Amazon ECR lifecycle policies automatically expire or archive those
artifacts within 24 hours of the deletion or archival of the subject image".

Inferred: "deleted or archived first" is respectively: a child is expired once all its lists are deleted, as
BatchDeleteImage has it, and archived once each of them is deleted or archived; a list and its children may go
in one run; an artifact follows its subject whatever the rules say of it, unless a list refers to it, also
when somebody else deleted the subject; a repository without a policy has no runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .backend import StoredRepository
from .deletion import remove_images
from .image import StoredImage, images_of
from .lifecycle_evaluation import evaluate
from .lifecycle_grammar import rules_of


@dataclass(frozen=True, slots=True)
class Fate:
    """What is to become of an image, and why."""

    image: StoredImage
    action: str
    """EXPIRE or TRANSITION."""
    priority: int | None = None
    """The rule's; None: the image follows its subject."""

    def shown(self) -> dict[str, Any]:
        """As a knob answers it."""
        return {
            "imageDigest": self.image.image_digest,
            "imageTags": list(self.image.image_tags),
            "action": self.action,
            "rulePriority": self.priority,
            "subject": None if self.priority else self.image.subject_manifest_digest,
        }


def run(repository: StoredRepository, now: float) -> list[dict[str, Any]]:
    """Do what the policy in force says at `now`; what was expired and archived, in the order of the pushes.

    Raises AwsError for a policy that AWS would not have taken.
    """
    if repository.lifecycle_policy is None:
        return []
    marks = evaluate(rules_of(repository.lifecycle_policy), images_of(repository), now)
    waiting = [Fate(mark.image, mark.action, mark.priority) for mark in marks]
    done: list[Fate] = []
    while True:
        ready, waiting = parted(repository, waiting)
        settle(repository, ready, now)
        ready_artifacts, _ = parted(repository, list(following(repository)))
        settle(repository, ready_artifacts, now)
        gone = {fate.image.image_digest for fate in ready_artifacts}
        waiting = [fate for fate in waiting if fate.image.image_digest not in gone]
        if not ready and not ready_artifacts:
            break
        done += [*ready, *ready_artifacts]
    repository.lifecycle_evaluated_at = now
    return [fate.shown() for fate in sorted(done, key=lambda fate: fate.image.sequence)]


def parted(repository: StoredRepository, fates: list[Fate]) -> tuple[list[Fate], list[Fate]]:
    """Those that can be done now, and those that a manifest list holds back."""
    listed: set[str] = set()
    listed_active: set[str] = set()
    for image in images_of(repository):
        listed.update(image.children)
        if image.image_status == "ACTIVE":
            listed_active.update(image.children)
    ready: list[Fate] = []
    held: list[Fate] = []
    for fate in fates:
        lists = listed if fate.action == "EXPIRE" else listed_active
        (held if fate.image.image_digest in lists else ready).append(fate)
    return ready, held


def settle(repository: StoredRepository, fates: list[Fate], now: float) -> None:
    """Delete and archive."""
    remove_images(repository, [fate.image for fate in fates if fate.action == "EXPIRE"])
    for fate in fates:
        if fate.action == "TRANSITION":
            fate.image.image_status = "ARCHIVED"
            fate.image.last_archived_at = now


def following(repository: StoredRepository) -> Iterable[Fate]:
    """The reference artifacts whose subject was deleted or is archived, and they are not."""
    statuses = {image.image_digest: image.image_status for image in images_of(repository)}
    for image in images_of(repository):
        subject = image.subject_manifest_digest
        if subject is None:
            continue
        if subject not in statuses and subject in repository.deleted_digests:
            yield Fate(image, "EXPIRE")
        elif statuses.get(subject) == "ARCHIVED" and image.image_status == "ACTIVE":
            yield Fate(image, "TRANSITION")
