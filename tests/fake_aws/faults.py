"""Injected errors: which calls fail, with what, and how often. They come before any effect."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .aws_error import AwsError
from .call import Call
from .ledger import names_prefix
from .permissions import access_denied


@dataclass(slots=True)
class Fault:
    """A rule: the calls that it matches, and the error that they get."""

    id: int
    operation: str
    """An operation (``CreateRepository``, ``kms:DescribeKey``), an IAM action, or a glob of either (``*``,
    ``ecr:*``).
    """
    code: str
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

    def matches(self, call: Call) -> bool:
        """Whether this rule is for `call`."""
        return (
            (fnmatchcase(call.label, self.operation) or fnmatchcase(call.action, self.operation))
            and self.account in (None, call.account)
            and names_prefix(call.repositories, self.prefix)
        )

    def error(self, call: Call) -> AwsError:
        """The error that `call` gets."""
        if self.message is None and self.code in {"AccessDenied", "AccessDeniedException"}:
            denied = access_denied(call, self.reason)
            return AwsError(self.code, denied.message, self.status or denied.status, self.members)
        return AwsError(self.code, self.message, self.status, self.members)


class Faults:
    """The rules in force, in the order in which they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rules: dict[int, Fault] = {}

    def inject(self, **rule: Any) -> int:
        """Add a rule; its id clears it."""
        with self._lock:
            fault = Fault(id=next(self._ids), **rule)
            self._rules[fault.id] = fault
            return fault.id

    def clear(self, id: int | None = None) -> None:
        """Remove one rule, or all."""
        with self._lock:
            if id is None:
                self._rules.clear()
            else:
                self._rules.pop(id, None)

    def check(self, call: Call) -> None:
        """Raise the error of the first rule that matches, and use it up by one."""
        if not self._rules:
            return
        with self._lock:
            fault = next((fault for fault in self._rules.values() if fault.matches(call)), None)
            if fault is None:
                return
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._rules[fault.id]
        raise fault.error(call)
