"""A preview of a lifecycle policy, and how previews go at the moment: how long they take and how they end.

Time is this AWS's own (`clock.CLOCK`): moving it moves previews along.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from ..clock import CLOCK

OUTCOMES = ("COMPLETE", "FAILED", "EXPIRED")
UNKNOWN_IMAGES = ("omitted", "refused")

SERIALS = itertools.count(1)


class Preview:
    """The last preview of a repository."""

    def __init__(
        self, text: str, started: float, results: list[dict[str, Any]], summary: dict[str, Any]
    ) -> None:
        self.text = text
        self.started = started
        self.results = results
        """Members of botocore's LifecyclePolicyPreviewResult, and `position`: a list of one number."""
        self.summary = summary
        self.by_digest = {one["imageDigest"]: one for one in results}
        self.by_tag = {tag: one for one in results for tag in one["imageTags"] or ()}
        self.serial = next(SERIALS)
        self.ended = False

    def find(self, image_id: dict[str, str]) -> dict[str, Any] | None:
        """The result for an image, named by digest, tag or both, as it was at the start."""
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        result = self.by_digest.get(digest) if digest else self.by_tag.get(tag or "")
        return None if result is None or (tag and tag not in (result["imageTags"] or ())) else result


@dataclass(frozen=True, slots=True)
class Course:
    """How previews go."""

    seconds: float | None = 0.0
    """How long they are IN_PROGRESS; None: until another course is set."""
    outcome: str = "COMPLETE"
    """The status of those that are over, also of those that were COMPLETE before."""
    unknown_images: str = "omitted"
    """What becomes of an id that names no image: no result for it, or ImageNotFoundException for the call.

    Neither is documented. GetLifecyclePolicyPreview's model has no such error, so at start it is omitted.
    """


@dataclass(slots=True)
class Previews:
    """The courses by account and prefix of the repository's name; the longest prefix counts."""

    _courses: dict[tuple[str | None, str], Course] = field(default_factory=dict)

    def set(self, course: Course, prefix: str, account: str | None) -> None:
        """Let previews of repositories (of an account) whose names begin with `prefix` go like this."""
        if course.outcome not in OUTCOMES:
            raise ValueError(f"outcome is one of {', '.join(OUTCOMES)}")
        if course.unknown_images not in UNKNOWN_IMAGES:
            raise ValueError(f"unknown_images is one of {', '.join(UNKNOWN_IMAGES)}")
        self._courses[account, prefix] = course

    def course(self, account: str, repository: str) -> Course:
        """How the previews of a repository go: by an account's course before one of all accounts."""
        found = [
            (len(prefix), owner is not None, course)
            for (owner, prefix), course in self._courses.items()
            if owner in (None, account) and repository.startswith(prefix)
        ]
        return max(found, key=lambda one: one[:2])[2] if found else Course()

    def status(self, account: str, repository: str, preview: Preview) -> str:
        """How far a preview is; one that was seen to be over is never in progress again."""
        course = self.course(account, repository)
        if course.seconds is not None and CLOCK.time() >= preview.started + course.seconds:
            preview.ended = True
        return course.outcome if preview.ended else "IN_PROGRESS"

    def clear(self) -> None:
        """Forget all courses."""
        self._courses.clear()


PREVIEWS = Previews()
"""The one set of courses of the process."""
