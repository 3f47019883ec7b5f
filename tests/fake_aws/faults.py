"""Injected faults: which calls fail, how (an error, a cut connection, silence), when, and how often.

Before the effect nothing has happened; after it the call was performed, whatever its own answer would have
been, and only the answer is lost.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .aws_error import AwsError
from .call import Call
from .http_server import Severed
from .ledger import names_prefix
from .permissions import access_denied

CUTS = ("before", "after", "partial")
LONGEST_HANG = 600.0


@dataclass(slots=True)
class Fault:
    """A rule: the calls that it matches, and what becomes of their answers."""

    id: int
    operation: str
    """An operation (``CreateRepository``, ``kms:DescribeKey``), an IAM action, or a glob of either (``*``,
    ``ecr:*``).
    """
    code: str | None = None
    message: str | None = None
    status: int | None = None
    times: int | None = None
    """How many more calls fail; None: until cleared."""
    prefix: str | None = None
    """Only calls that name a repository with this prefix. A call that names none is never matched."""
    account: str | None = None
    reason: str | None = None
    """For an AccessDenied code without message: the end of AWS's sentence."""
    members: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the error, e.g. ``{"kmsError": "DisabledException"}``."""
    after: bool = False
    """Whether the call takes effect first."""
    cut: str | None = None
    """The connection is closed without an answer, "before" or "after" the effect; or "partial": in the middle
    of the answer's body.
    """
    hang: float | None = None
    """Seconds without any answer, before the error or the cut; alone, the connection is closed at their end.
    """
    released: threading.Event = field(default_factory=threading.Event)
    """Set when the rule is cleared: nobody hangs any longer."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.cut not in (None, *CUTS):
            raise ValueError(f"cut is one of {', '.join(CUTS)}")
        if self.code is None and self.cut is None and self.hang is None:
            raise ValueError("a fault is a code, a cut or a hang")
        if self.code is not None and self.cut is not None:
            raise ValueError("a call is answered with a code or cut, not both")
        if self.cut == "before" and self.after:
            raise ValueError("a cut before the effect is not after it")
        if self.hang is not None and not 0 < self.hang <= LONGEST_HANG:
            raise ValueError(f"a hang is at most {LONGEST_HANG:g} seconds")
        self.after = self.after or self.cut in ("after", "partial")

    @property
    def label(self) -> str:
        """What the ledger writes of a call that was hit."""
        return self.code or ("CutShort" if self.cut == "partial" else "Severed")

    def matches(self, call: Call) -> bool:
        """Whether this rule is for `call`."""
        return (
            (fnmatchcase(call.label, self.operation) or fnmatchcase(call.action, self.operation))
            and self.account in (None, call.account)
            and names_prefix(call.repositories, self.prefix)
        )

    def strike(self, call: Call) -> None:
        """Keep `call` waiting, then raise its error, or cut it; one that is cut short is for the caller to
        cut.
        """
        if self.hang is not None:
            self.released.wait(self.hang)
        if self.code is not None:
            raise self.error(call, self.code)
        if self.cut != "partial":
            raise Severed

    def error(self, call: Call, code: str) -> AwsError:
        """The error that `call` gets."""
        if self.message is None and code in {"AccessDenied", "AccessDeniedException"}:
            denied = access_denied(call, self.reason)
            return AwsError(code, denied.message, self.status or denied.status, self.members)
        return AwsError(code, self.message, self.status, self.members)


class Faults:
    """The rules in force, in the order in which they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rules: dict[int, Fault] = {}
        self._used_up: dict[int, Fault] = {}
        """Rules that hit nothing any more, but somebody may still hang on them."""

    def inject(self, **rule: Any) -> int:
        """Add a rule; its id clears it."""
        with self._lock:
            fault = Fault(id=next(self._ids), **rule)
            self._rules[fault.id] = fault
            return fault.id

    def clear(self, id: int | None = None) -> None:
        """Remove one rule, or all, and let go who hangs on it."""
        with self._lock:
            for rules in (self._rules, self._used_up):
                for one in [id] if id is not None else list(rules):
                    if fault := rules.pop(one, None):
                        fault.released.set()

    def take(self, call: Call) -> Fault | None:
        """The first rule that matches, used up by one."""
        if not self._rules:
            return None
        with self._lock:
            fault = next((fault for fault in self._rules.values() if fault.matches(call)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._rules[fault.id]
                    if fault.hang is not None:
                        self._used_up[fault.id] = fault
            return fault
