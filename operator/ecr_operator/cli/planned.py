"""The plan of a manifest, of whatever kind, before it is shown."""

from dataclasses import dataclass
from enum import StrEnum

from ecr_operator.cli.manifests import Manifest
from ecr_operator.cli.reached import Reached
from ecr_operator.cli.touched import Touched
from ecr_operator.planning.changes import Change


class Action(StrEnum):
    """What an apply would do to the repository of an object, or to its Secrets."""

    NONE = "none"
    CREATE = "create"
    CHANGE = "change"
    REFUSE = "refuse"
    """The API server or the operator would refuse it."""
    ERROR = "error"
    """AWS, or the cluster, could not be asked."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one manifest."""

    manifest: Manifest
    namespace: str
    name: str
    action: Action
    repository: str | None = None
    reason: str = ""
    message: str = ""
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    """What the plan had to assume."""
    touched: Touched | None = None
    """The namespaces of an EcrPullSecret, where a cluster was looked at."""
    reached: Reached | None = None
    """The EcrRepositories of an EcrLifecyclePolicy."""
    lifecycle_source: str | None = None
    """Where the lifecycle policy of an EcrRepository is from: `Inline`, or an EcrLifecyclePolicy's name."""
    proviso: str = ""
    """What the operator waits for before it sets that lifecycle policy; empty: it is set at once."""

    @property
    def is_refused(self) -> bool:
        """Whether anything of it is."""
        return self.action == Action.REFUSE or (self.touched is not None and self.touched.refused > 0)

    @property
    def key(self) -> str:
        """`<namespace>/<name>`; the name alone for a kind without namespaces."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of all manifests, in their order."""

    objects: tuple[Planned, ...]
    api_server: str | None = None
    """The API server that was looked at."""
    notes: tuple[str, ...] = ()
    """What counts for all of them."""
