"""An image as the rules of a lifecycle policy see it."""

from dataclasses import dataclass
from datetime import datetime

from ecr_operator.api.lifecycle import LifecycleCountType, LifecycleStorageClass


@dataclass(frozen=True, slots=True)
class Image:
    """One manifest of a repository: an image, an index, a signature, any artifact. ECR calls all of them so.

    An image that is being restored counts as archived until it is active: its next age begins only then.
    """

    digest: str
    pushed_at: datetime
    tags: tuple[str, ...] = ()
    storage_class: LifecycleStorageClass = LifecycleStorageClass.STANDARD
    pulled_at: datetime | None = None
    """The last pull that ECR has recorded, which may be up to 24 hours behind the last one."""
    archived_at: datetime | None = None
    """When it was archived last."""
    activated_at: datetime | None = None
    """When it was restored last."""
    is_index: bool = False
    """Whether it is an image index or a manifest list."""
    children: tuple[str, ...] = ()
    """The digests that an index refers to; empty where they are not known."""
    subject: str | None = None
    """The digest that a reference artifact (a signature, an SBOM) is about."""

    def time_of(self, count_type: LifecycleCountType) -> datetime:
        """The time from which a rule counts, and by which it puts images in order.

        Of an image that was restored it is never earlier than the restoration, except after a later pull.
        """
        pushed_at = self.activated_at or self.pushed_at
        match count_type:
            case LifecycleCountType.SINCE_IMAGE_PULLED:
                if self.pulled_at is None or (self.activated_at and self.activated_at > self.pulled_at):
                    return pushed_at
                return self.pulled_at
            case LifecycleCountType.SINCE_IMAGE_TRANSITIONED:
                return self.archived_at or self.pushed_at
            case _:
                return pushed_at
