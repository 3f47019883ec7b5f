"""What happens to the repository when its object is deleted.

Two decisions: whether AWS has to be asked at all (`release_without_aws`), and, from what AWS says,
whether the repository is deleted, the finalizer released, or the object waits (`plan_deletion`).
No refusal other than those that say so leaves an object Terminating.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecr_operator.api.names import CONFIRM_DELETE_ANNOTATION
from ecr_operator.api.repository import DeletionPolicy
from ecr_operator.planning.changes import DeleteRepository
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.ownership import Cluster
from ecr_operator.planning.plan import Done, Plan, Waiting
from ecr_operator.planning.repository import Recorded
from ecr_operator.planning.usage import RepositoryUsage, UsageUnknown
from ecr_operator.reasons import Reason

_USERS_SHOWN = 3
"""Workloads that a message names."""
WAY_OUT = "set `deletionPolicy: Retain` to keep the repository and let the object go"


@dataclass(frozen=True, slots=True)
class ImageCount:
    """Images of every status, archived ones included."""

    images: int
    more: bool = False
    """There are more than were counted."""

    def __str__(self) -> str:
        noun = "image" if self.images == 1 and not self.more else "images"
        return f"{'more than ' if self.more else ''}{self.images} {noun}"


@dataclass(frozen=True, slots=True)
class ObservedForDeletion:
    """What a fresh read says of a repository whose object is being deleted. None: it does not exist."""

    arn: str
    owner: str | None
    images: ImageCount


@dataclass(frozen=True, slots=True)
class Release:
    """The finalizer goes; `message` says why."""

    message: str
    deleted: bool = False
    """We have just deleted the repository. Else AWS is left as it is."""


def release_without_aws(
    desired: DesiredRepository,
    recorded: Recorded,
    *,
    suspended: bool,
    name_allowed: bool,
    successor: str | None,
) -> Release | None:
    """Why the object may go without a call to AWS; None where AWS has to be asked.

    `successor` is the namespace/name of another live object that manages the same repository.
    """
    if suspended:
        return Release("The object is suspended: its repository is left alone")
    if not recorded.owns:
        return Release("The object never owned a repository")
    if not desired.deletes:
        return _kept(desired)
    if not name_allowed:
        return Release(f"The namespace may not claim repository {desired.name}: it is kept")
    if successor is not None:
        return Release(f"Repository {desired.name} is handed over to EcrRepository {successor}")
    return None


def plan_deletion(
    desired: DesiredRepository,
    observed: ObservedForDeletion | None,
    annotations: Mapping[str, str],
    cluster: Cluster,
    usage: RepositoryUsage | UsageUnknown | None = None,
) -> Plan | Release:
    """What to do with the repository of an object that AWS was asked about.

    `usage` is of a time after the deletion was seen; None: it was not asked for, see `needs_usage`.
    """
    if not desired.deletes:
        return _kept(desired)
    if observed is None:
        return Release(f"Repository {desired.name} does not exist any more")
    if observed.owner is None or cluster.present(observed.owner) != desired.owner:
        holder = f"belongs to '{observed.owner}'" if observed.owner else "carries no owner tag"
        return Release(f"Repository {desired.name} {holder}: it is kept")
    delete = DeleteRepository(desired.name, observed.arn)
    if observed.images.images == 0 and not observed.images.more:
        return Plan((delete,), Done(Reason.REPOSITORY_DELETED, "The repository was deleted"))
    if desired.deletion_policy == DeletionPolicy.DELETE:
        force = "set `deletionPolicy: DeleteWithImages` to delete them with it, or "
        return Plan(
            outcome=Waiting(
                Reason.REPOSITORY_NOT_EMPTY,
                f"Repository {desired.name} holds {observed.images}; delete them, or "
                f"{'' if desired.deletion_policy_capped else force}{WAY_OUT}",
            )
        )
    if not _is_confirmed(desired, annotations) and not (
        isinstance(usage, RepositoryUsage) and usage.is_empty
    ):
        return Plan(outcome=_held(desired, observed.images, usage))
    delete = DeleteRepository(desired.name, observed.arn, force=True)
    return Plan((delete,), Done(Reason.REPOSITORY_DELETED, "The repository and its images were deleted"))


def needs_usage(desired: DesiredRepository, images: ImageCount, annotations: Mapping[str, str]) -> bool:
    """Whether it has to be known which of the images are in use."""
    return (
        desired.deletion_policy == DeletionPolicy.DELETE_WITH_IMAGES
        and (images.images > 0 or images.more)
        and not _is_confirmed(desired, annotations)
    )


def _is_confirmed(desired: DesiredRepository, annotations: Mapping[str, str]) -> bool:
    return annotations.get(CONFIRM_DELETE_ANNOTATION) == desired.name


def _held(
    desired: DesiredRepository, images: ImageCount, usage: RepositoryUsage | UsageUnknown | None
) -> Waiting:
    if isinstance(usage, RepositoryUsage):
        namespace = desired.owner.split("/")[1]
        why = f"{usage.describe_users(namespace, usage.by_reference, _USERS_SHOWN)} of this cluster use them"
    else:
        why = "whether workloads use them is not known" + (f": {usage.message}" if usage else "")
    return Waiting(
        Reason.DELETION_HELD,
        f"Repository {desired.name} holds {images}, and {why}; set the annotation "
        f"`{CONFIRM_DELETE_ANNOTATION}: {desired.name}` to delete them with it, or {WAY_OUT}",
    )


def _kept(desired: DesiredRepository) -> Release:
    policy = "managementPolicy: Observe" if desired.observe else "deletionPolicy: Retain"
    return Release(f"`{policy}`: repository {desired.name} is kept")
