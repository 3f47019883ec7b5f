"""Who owns a repository: the tag ``ecr-operator.dev/owner`` = ``<cluster>/<namespace>/<name>``.

A refusal names the owner and the field that would take the repository over. A repository is never
taken from another live object of this cluster.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from ecr_operator.api.repository_values import OWNER_VALUE_PATTERN
from ecr_operator.reasons import Reason

ObjectKey = tuple[str, str]
"""(namespace, name) of an EcrRepository."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The name that this cluster has in owner tags, and those that it had before."""

    name: str
    previous: tuple[str, ...] = ()

    def owner(self, namespace: str, name: str) -> str:
        """The owner value of an object of this cluster."""
        return f"{self.name}/{namespace}/{name}"

    def present(self, owner: str) -> str:
        """`owner` with a previous cluster name read as the present one."""
        cluster, separator, rest = owner.partition("/")
        return f"{self.name}/{rest}" if separator and cluster in self.previous else owner

    def object_of(self, owner: str) -> ObjectKey | None:
        """The object of this cluster that `owner` names; None for another cluster's, or no owner value."""
        match self.present(owner).split("/"):
            case [self.name, namespace, name] if namespace and name:
                return namespace, name
        return None


class Ownership(Enum):
    """What an owner tag means for an object that wants the repository."""

    OURS = "ours"
    RENAMED = "renamed"
    """Ours under a previous cluster name: the tag is rewritten."""
    TAKE = "take"
    """Another's or nobody's, and the spec says to take it."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` and `message` are set with REFUSED."""

    ownership: Ownership
    reason: Reason = Reason.REPOSITORY_NOT_OURS
    message: str = ""


def owner_to_look_up(
    owner: str | None, *, own: str, cluster: Cluster, adopt: bool, adopt_from: str | None
) -> ObjectKey | None:
    """The object whose absence has to be proved by a live read before `judge` may say TAKE."""
    if owner is None or cluster.present(owner) == own or not (adopt or adopt_from == owner):
        return None
    return cluster.object_of(owner)


def judge(
    owner: str | None,
    *,
    own: str,
    cluster: Cluster,
    adopt: bool,
    adopt_from: str | None,
    gone: Collection[ObjectKey] = (),
) -> Verdict:
    """What the repository's owner tag (`owner`, None: no such tag) means for the object `own`.

    `gone` holds the objects that a live read has just shown to be absent.
    """
    if owner == own:
        return Verdict(Ownership.OURS)
    if owner is None:
        if adopt:
            return Verdict(Ownership.TAKE)
        return Verdict(
            Ownership.REFUSED,
            Reason.REPOSITORY_NOT_OURS,
            "The repository exists and carries no owner tag; "
            "set `adoptionPolicy: Adopt` to take it over, or choose another `repositoryName`",
        )
    if cluster.present(owner) == own:
        return Verdict(Ownership.RENAMED)
    owner_object = cluster.object_of(owner)
    is_gone = owner_object is not None and owner_object in gone
    if adopt_from == owner and (owner_object is None or is_gone):
        return Verdict(Ownership.TAKE)
    if adopt and is_gone:
        return Verdict(Ownership.TAKE)
    if not re.fullmatch(OWNER_VALUE_PATTERN, owner):
        advice = "that is no owner value: remove the tag and set `adoptionPolicy: Adopt` to take it over"
    elif owner_object is None:
        advice = f"set `adoptFrom: {owner}` to take it over from there"
    elif is_gone:
        advice = "that object is gone: set `adoptionPolicy: Adopt` to take the repository over"
    elif adopt or adopt_from == owner:
        advice = "delete that object (with `deletionPolicy: Retain`) before this one takes it over"
    else:
        advice = "if that object is gone, set `adoptionPolicy: Adopt` to take the repository over"
    return Verdict(
        Ownership.REFUSED,
        Reason.REPOSITORY_OWNED_BY_ANOTHER,
        f"The repository belongs to '{owner}' (tag ecr-operator.dev/owner); {advice}",
    )
