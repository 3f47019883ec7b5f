"""What is remembered of a repository's lifecycle policy between reconciles; a restart may lose it."""

from dataclasses import dataclass, field
from datetime import datetime

from ecr_operator.api.lifecycle_policy import LifecycleProtection
from ecr_operator.aws.lifecycle_preview import RepositoryImages
from ecr_operator.planning.image_index import IndexChild
from ecr_operator.planning.image_reading import ImageReading
from ecr_operator.planning.lifecycle_preview import Complete, Failed, PreviewRun, Start
from ecr_operator.planning.lifecycle_progress import LifecycleProgress


@dataclass(frozen=True, slots=True)
class Held:
    """A decision not to apply a policy, which is good for a while."""

    text: str
    protection: LifecycleProtection
    progress: LifecycleProgress
    until: float
    """Monotonic seconds."""


@dataclass
class LifecycleMemory:
    """Of one object."""

    run: PreviewRun | None = None
    """The preview that was asked for."""
    answer: Start | Complete | Failed | None = None
    """What follows from AWS's last answer about it, until a reconcile deals with it."""
    images: RepositoryImages | None = None
    """What the repository held when it was."""
    protected_tags: tuple[str, ...] | None = None
    """The globs by which `images` were selected."""
    held: Held | None = None
    in_force: str | None = None
    """The policy of ours that AWS holds, as it was last read or written."""
    reading: ImageReading | None = None
    """The last look at the repository's images."""
    free_since: datetime | None = None
    """Since when a withdrawn policy would take no image in use any more."""
    children: dict[str, tuple[IndexChild, ...]] = field(default_factory=dict)
    """What indexes refer to, by digest; it never changes."""

    def forget_preview(self) -> None:
        """Begin anew, with the images as they are then."""
        self.run = self.answer = self.images = self.held = None
