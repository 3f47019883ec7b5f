"""The texts that a repository's policy has had, and which one is seen.

Source: hashicorp/terraform-provider-aws reads the policy again and again after a write until it is there: a
read may answer what was before. How long is not documented: a knob.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from ..behaviour import BEHAVIOUR
from .policy_text import with_unique_ids
from .principals import PRINCIPALS, aws_principals

LONG_AGO = float("-inf")


@dataclass(frozen=True, slots=True)
class Version:
    """A text, and whom it meant when it was written; no text: there is no policy."""

    text: str | None = None
    bound: dict[str, int] = field(default_factory=dict)

    def shown(self) -> str | None:
        """The text as it is answered: principals that are gone by their unique ids."""
        return None if self.text is None else with_unique_ids(self.text, PRINCIPALS.gone(self.bound))


class PolicyHistory:
    """What was written, and when."""

    def __init__(self) -> None:
        self._versions: list[tuple[float, Version]] = [(LONG_AGO, Version())]

    def write(self, text: str | None) -> None:
        """Write a text, or none, that is seen only later when policies take time to spread."""
        if not BEHAVIOUR.policy_propagation:
            self.replace(text)
        else:
            self._versions.append((time.monotonic(), version_of(text)))

    def replace(self, text: str | None) -> None:
        """Write a text, or none, that is seen at once."""
        self._versions = [(LONG_AGO, version_of(text))]

    @property
    def current(self) -> str | None:
        """The text that was written last, as it would be answered."""
        return self._versions[-1][1].shown()

    @property
    def seen(self) -> str | None:
        """The text that a read answers."""
        spread = time.monotonic() - BEHAVIOUR.policy_propagation
        return next(version for written, version in reversed(self._versions) if written <= spread).shown()


def version_of(text: str | None) -> Version:
    """A text, with its principals bound; one that is no policy binds nobody."""
    if text is None:
        return Version()
    try:
        document = json.loads(text)
    except ValueError:
        return Version(text)
    return Version(text, PRINCIPALS.bind(aws_principals(document)) if isinstance(document, dict) else {})
