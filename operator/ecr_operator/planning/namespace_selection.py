"""Which namespaces an EcrPullSecret selects: `namespaces` of API.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ecr_operator.planning.label_selector import LabelSelector


@dataclass(frozen=True, slots=True)
class Namespace:
    """What selection has to know of a namespace."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    terminating: bool = False


@dataclass(frozen=True, slots=True)
class NamespaceSelection:
    """`include` and `exclude` hold names and globs; an empty `include` is an absent one."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: LabelSelector | None = None

    def selects(self, namespace: Namespace) -> bool:
        """Whether `namespace` should hold the Secret.

        It is named by `include` or matched by the selector, both where both are given, and not excluded.
        One that is being deleted is never selected.
        """
        if namespace.terminating or _is_named(namespace.name, self.exclude):
            return False
        if self.include and not _is_named(namespace.name, self.include):
            return False
        if self.selector is None:
            return bool(self.include)
        return self.selector.matches(namespace.labels)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The only namespaces that can be selected, if `include` holds no glob; else None."""
        if self.include and not any(_is_glob(name) for name in self.include):
            return self.include
        return None


def _is_named(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _is_glob(name: str) -> bool:
    return any(character in name for character in "*?[")
