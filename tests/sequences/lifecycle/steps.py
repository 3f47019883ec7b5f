"""What happens in one namespace with lifecycle policies, one step at a time.

Repositories have a letter, which is the name of the EcrRepository, too.
"""

from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]

LABEL = "team"
"""The label by which policies select."""


@dataclass(frozen=True)
class Apply:
    """The user applies an EcrRepository."""

    letter: str
    spec: Spec


@dataclass(frozen=True)
class Label:
    """An EcrRepository gets a label; None: loses it."""

    letter: str
    value: str | None


@dataclass(frozen=True)
class Drop:
    """The user deletes an EcrRepository."""

    letter: str


@dataclass(frozen=True)
class Policy:
    """The user applies an EcrLifecyclePolicy."""

    name: str
    spec: Spec


@dataclass(frozen=True)
class DropPolicy:
    """The user deletes an EcrLifecyclePolicy."""

    name: str


@dataclass(frozen=True)
class Mistake:
    """The user applies what the API server has to refuse: with `policy` to an EcrLifecyclePolicy."""

    name: str
    spec: Spec
    policy: bool = True


@dataclass(frozen=True)
class Push:
    """Images are pushed, by the names that `model.IMAGES` has for them; those that are there stay."""

    letter: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Use:
    """A Pod is created that uses an image, by its tag or by its digest."""

    pod: str
    letter: str
    image: str
    by_digest: bool = False


@dataclass(frozen=True)
class Unuse:
    """A Pod is deleted."""

    pod: str


@dataclass(frozen=True)
class RunPolicies:
    """AWS runs the policies in force, as it does every day."""


@dataclass(frozen=True)
class ByHand:
    """Somebody else sets another lifecycle policy in AWS, or removes it; then a reconcile is asked for."""

    letter: str
    removes: bool = False


@dataclass(frozen=True)
class Ask:
    """A reconcile of an EcrRepository is asked for, by the annotation."""

    letter: str


@dataclass(frozen=True)
class Restart:
    """The operator ends, and another one starts."""


@dataclass(frozen=True)
class Now:
    """The step, and on at once: whether the operator sees what is between this and the next is open."""

    step: Apply | Label | Policy | DropPolicy


Step = (
    Apply
    | Label
    | Drop
    | Policy
    | DropPolicy
    | Mistake
    | Push
    | Use
    | Unuse
    | RunPolicies
    | ByHand
    | Ask
    | Restart
    | Now
)
