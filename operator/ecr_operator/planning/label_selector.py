"""Which objects a label selector selects, as Kubernetes defines it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from ecr_operator.api.label_selector import LabelSelector as SelectorSpec

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of a selector's `matchExpressions`."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()
    """Of In and NotIn."""

    def matches(self, labels: Mapping[str, str]) -> bool:
        """As Kubernetes defines it: NotIn is fulfilled by an object without the label, In is not."""
        match self.operator:
            case "In":
                return self.key in labels and labels[self.key] in self.values
            case "NotIn":
                return self.key not in labels or labels[self.key] not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A selector without requirements selects all; one that selects nothing is no selector (None)."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    match_expressions: tuple[Requirement, ...] = ()

    @classmethod
    def of(cls, spec: SelectorSpec) -> Self:
        """The selector that a user wrote."""
        requirements = (
            Requirement(one.key, one.operator.value, one.values or ()) for one in spec.match_expressions or ()
        )
        return cls(spec.match_labels or {}, tuple(requirements))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels fulfils all requirements."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )
