"""What the reconciles of a namespace remember of each other, and what one of them has left undone."""

from collections.abc import Collection
from dataclasses import dataclass, field

from ecr_operator.controllers.subject import Json
from ecr_operator.kube.errors import KubeError
from ecr_operator.planning.pull_secret import Failure
from ecr_operator.reasons import Reason


@dataclass
class Memory:
    """What is remembered of a namespace between reconciles; a restart may lose it."""

    uid: str | None = None
    """Of the Namespace object, where those are seen."""
    in_the_way: dict[str, Json] = field(default_factory=dict)
    """Secrets by name that are nobody's of ours, as they were last read: they are not watched."""
    failures: int = 0
    """Reconciles in a row that left a failure."""
    unanswered: int = 0
    """Reconciles in a row of which the API server did not answer a write."""
    passing: dict[str, int] = field(default_factory=dict)
    """By its description, how often in a row a change has met what should pass by itself."""

    def met(self, name: str, found: Json | None) -> None:
        """A live read has shown this under the name of a Secret."""
        if found is None:
            self.in_the_way.pop(name, None)
        else:
            self.in_the_way[name] = found


@dataclass
class Left:
    """What one reconcile could not do; further changes for the same owners are left too."""

    refused: list[Failure] = field(default_factory=list)
    passing: KubeError | None = None
    """The first answer that should pass by itself."""
    owners: set[str] = field(default_factory=set)
    """The EcrPullSecrets that either is about."""

    def refuse(self, namespace: str, owners: Collection[str], reason: Reason, message: str) -> None:
        """The API server has refused a change."""
        self.owners |= set(owners)
        self.refused += [Failure(namespace, owner, reason, message) for owner in sorted(owners)]

    def postpone(self, owners: Collection[str], error: KubeError) -> None:
        """A change is to be tried again soon."""
        self.owners |= set(owners)
        self.passing = self.passing or error
