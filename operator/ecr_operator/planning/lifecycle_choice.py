"""Which lifecycle policy a repository is to have: its own, one that it names, or one that selects it.

What the EcrRepository says itself wins over every selector. Of several policies that select it the one that
it has already stays, so that a new one never takes a repository from another; else the oldest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from ecr_operator.api.lifecycle_policy import (
    DEFAULT_PROTECTION,
    EcrLifecyclePolicySpec,
    LifecycleDeletionPolicy,
    LifecycleProtection,
)
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.api.validation import describe
from ecr_operator.planning.label_selector import LabelSelector
from ecr_operator.planning.lifecycle import lifecycle_text, oversize

INLINE: Final = "Inline"
"""The source of a policy that the EcrRepository holds itself; no object can have this name."""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """An EcrLifecyclePolicy, as far as repositories depend on it."""

    name: str
    created: str
    """`metadata.creationTimestamp`."""
    text: str = ""
    protection: LifecycleProtection = DEFAULT_PROTECTION
    on_removal: LifecycleDeletionPolicy = LifecycleDeletionPolicy.DELETE
    selector: LabelSelector | None = None
    at_rest: str = ""
    """Why it changes nothing at present: it is suspended, being deleted, or not understood. Else empty."""
    selects_unknown: bool = False
    """It is not known which repositories it selects: those that have it keep it."""

    @classmethod
    def of(cls, name: str, created: str, spec: EcrLifecyclePolicySpec, at_rest: str = "") -> "NamedPolicy":
        """The policy of an object."""
        selector = spec.repository_selector
        return cls(
            name,
            created,
            lifecycle_text(spec.rules),
            spec.effective_protection,
            # Whoever deletes a suspended object wants nothing to be touched.
            LifecycleDeletionPolicy.RETAIN if spec.is_suspended else spec.effective_deletion_policy,
            None if selector is None else LabelSelector.of(selector),
            at_rest,
        )

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether its selector selects a repository with these labels."""
        return self.selector is not None and self.selector.matches(labels)


def named_policy(obj: Mapping[str, Any]) -> NamedPolicy:
    """An EcrLifecyclePolicy, understood."""
    metadata = obj["metadata"]
    name, created = metadata["name"], metadata["creationTimestamp"]
    try:
        spec = EcrLifecyclePolicySpec.from_json(obj.get("spec"))
    except ValidationError as error:
        why = f"EcrLifecyclePolicy '{name}' is not understood: {describe(error)}"
        return NamedPolicy(name, created, at_rest=why, selects_unknown=True)
    at_rest = ""
    if spec.is_suspended:
        at_rest = f"EcrLifecyclePolicy '{name}' is suspended"
    elif "deletionTimestamp" in metadata:
        # It counts until it is gone: somebody else's finalizer may keep it for long.
        at_rest = f"EcrLifecyclePolicy '{name}' is being deleted"
    elif refusal := oversize(lifecycle_text(spec.rules)):
        # It says so itself; the repositories are in order.
        at_rest = f"EcrLifecyclePolicy '{name}' cannot be applied: {refusal}"
    return NamedPolicy.of(name, created, spec, at_rest)


@dataclass(frozen=True, slots=True)
class LifecycleChoice:
    """The policy that a repository is to have; the default: none."""

    source: str | None = None
    """`INLINE`, or the name of an EcrLifecyclePolicy."""
    text: str | None = None
    """As `lifecycle_text` has it; None: none, or none that is known."""
    protection: LifecycleProtection = DEFAULT_PROTECTION
    on_removal: LifecycleDeletionPolicy = LifecycleDeletionPolicy.DELETE
    at_rest: str = ""
    """Why all stays in AWS as it is; else empty."""
    missing: bool = False
    """The policy that is named does not exist."""
    others: tuple[str, ...] = ()
    """Policies that select the repository too, and do not get it."""


NO_POLICY: Final = LifecycleChoice()


def choose(
    spec: EcrRepositorySpec,
    labels: Mapping[str, str],
    policies: Iterable[NamedPolicy],
    applied: str | None,
) -> LifecycleChoice:
    """The policy of a repository with this spec and these labels, of those in its namespace.

    `applied` is the source of the one that it has, by its status.
    """
    if spec.lifecycle_policy is not None:
        return LifecycleChoice(
            INLINE, lifecycle_text(spec.lifecycle_policy.rules), spec.lifecycle_policy.effective_protection
        )
    if spec.lifecycle_policy_ref is not None:
        name = spec.lifecycle_policy_ref.name
        named = next((policy for policy in policies if policy.name == name), None)
        if named is None:
            # What is there stays, also what an object of this name had put there.
            return LifecycleChoice(name, at_rest=f"there is no EcrLifecyclePolicy '{name}'", missing=True)
        return _of(named)
    selecting = sorted(
        (
            policy
            for policy in policies
            if policy.selects(labels) or (policy.selects_unknown and policy.name == applied)
        ),
        key=lambda policy: (policy.name != applied, policy.created, policy.name),
    )
    if not selecting:
        return NO_POLICY
    return _of(selecting[0], tuple(policy.name for policy in selecting[1:]))


def _of(policy: NamedPolicy, others: tuple[str, ...] = ()) -> LifecycleChoice:
    return LifecycleChoice(
        policy.name,
        None if policy.at_rest else policy.text,
        policy.protection,
        policy.on_removal,
        policy.at_rest,
        others=others,
    )
