"""What a CRD says about a kind beside its schema."""

from dataclasses import dataclass
from typing import Final, Literal

from ecr_operator.api.markers import Rule
from ecr_operator.api.meta import CommonSpec, CommonStatus
from ecr_operator.api.names import GROUP

CATEGORY: Final = "ecr"
"""`kubectl get ecr -A` lists the objects of all kinds."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    path: str
    """JSON path, from the root of the object."""
    description: str
    type: Literal["string", "integer", "date"] = "string"
    """A `date` prints an age; a time in the future prints as `<invalid>`."""
    wide: bool = False
    """Only with `-o wide`."""


READY: Final = Column(
    "Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether AWS holds what the spec says."
)
REASON: Final = Column("Reason", '.status.conditions[?(@.type=="Ready")].reason', "Why, in one word.")
AGE: Final = Column("Age", ".metadata.creationTimestamp", "Time since the object was created.", type="date")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object that users write."""

    kind: str
    plural: str
    singular: str
    short_name: str
    scope: Literal["Namespaced", "Cluster"]
    description: str
    spec: type[CommonSpec]
    status: type[CommonStatus]
    columns: tuple[Column, ...]
    """In the order of `kubectl get`."""
    root_rules: tuple[Rule, ...] = ()
    """Rules over the whole object, with `metadata.name`; see the warning.

    They are final at the first release: a root rule that an existing object breaks blocks its status,
    its labels and even the removal of its finalizer (tried). Later rules go on fields.
    """

    @property
    def crd_name(self) -> str:
        """The CRD's `metadata.name`."""
        return f"{self.plural}.{GROUP}"
