"""What happens to an EcrPullSecret and in its namespaces, one step at a time.

Namespaces have one letter here; the object's own name is put before it. In specs `<case>` stands for that
name, `<role>` for a role of an account that no other sequence uses.
"""

from dataclasses import dataclass, field
from typing import Any

Spec = dict[str, Any]

CASE, ROLE = "<case>", "<role>"
LABEL = "test"
"""The label by which specs select."""


@dataclass(frozen=True)
class Apply:
    """The user applies a spec, and waits until it is in force, or goes on at once."""

    spec: Spec
    waits: bool = True


@dataclass(frozen=True)
class Mistake:
    """The user applies what the API server has to refuse."""

    spec: Spec


@dataclass(frozen=True)
class Delete:
    """The user deletes the object."""


@dataclass(frozen=True)
class Ask:
    """The user asks for new credentials, by the annotation."""


@dataclass(frozen=True)
class Refuse:
    """AWS refuses the new credentials that the user asks for, and gives them later."""


@dataclass(frozen=True)
class Restart:
    """The operator ends, and another one starts."""


@dataclass(frozen=True)
class AddNamespace:
    """A namespace is created, with the service accounts `default` and `builder`."""

    letter: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Label:
    """A namespace gets a label; None: loses it."""

    letter: str
    value: str | None


@dataclass(frozen=True)
class DropNamespace:
    """A namespace is deleted, and gone."""

    letter: str


@dataclass(frozen=True)
class Foreign:
    """Somebody creates a Secret of that name where the object has none; `ours`: for its hosts alone."""

    letter: str
    ours: bool = False


@dataclass(frozen=True)
class DropForeign:
    """Whose Secret it is deletes it."""

    letter: str


@dataclass(frozen=True)
class Edit:
    """Somebody changes the object's Secret: its `data`, its `label`, its `owner`, or deletes it (`gone`)."""

    letter: str
    what: str


@dataclass(frozen=True)
class Enlist:
    """Somebody adds an entry to a service account; with `<case>` that of the object's Secret."""

    letter: str
    account: str
    name: str


@dataclass(frozen=True)
class Delist:
    """Somebody takes the last entry of that name out of a service account."""

    letter: str
    account: str
    name: str


Step = (
    Apply
    | Mistake
    | Delete
    | Ask
    | Refuse
    | Restart
    | AddNamespace
    | Label
    | DropNamespace
    | Foreign
    | DropForeign
    | Edit
    | Enlist
    | Delist
)
