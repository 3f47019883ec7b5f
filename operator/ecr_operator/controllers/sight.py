"""What it takes to see what namespaces should hold: the `plan` command has this, and no more."""

from collections.abc import Callable
from typing import Protocol

from ecr_operator.kube.store import Store
from ecr_operator.settings import Settings


class Home(Protocol):
    """Where the operator is at home."""

    @property
    def region(self) -> str:
        """The operator's region."""


class Sight(Protocol):
    """The part of a `Context` that needs nobody who writes, or asks for tokens."""

    @property
    def settings(self) -> Settings:
        """The operator's."""

    @property
    def store(self) -> Store:
        """What is in the cluster."""

    @property
    def registry(self) -> Home:
        """The operator's own."""

    @property
    def monotonic(self) -> Callable[[], float]:
        """A clock in seconds."""
