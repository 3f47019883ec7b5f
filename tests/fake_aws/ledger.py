"""What was asked: a count per operation, when and with what end, and the writes in order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .call import Call

READING = ("BatchCheck", "BatchGet", "Describe", "Get", "List", "Validate", "Check")
"""How the names of ECR's and the tagging API's reading operations begin."""

SECRET = frozenset({"layerPartBlob", "WebIdentityToken", "SAMLAssertion", "TokenCode"})
"""Parameters that are never kept."""


def is_write(call: Call) -> bool:
    """Whether `call` may change what a registry holds."""
    return call.service in {"ecr", "tagging"} and not call.operation.startswith(READING)


def without_secrets(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters`, with the ones that must not be kept blanked."""
    return {name: "***" if name in SECRET else value for name, value in parameters.items()}


def names_prefix(repositories: tuple[str, ...], prefix: str | None) -> bool:
    """Whether a call that names `repositories` is one of those asked for with `prefix` (None: every call)."""
    return prefix is None or any(name.startswith(prefix) for name in repositories)


@dataclass(slots=True)
class Attempt:
    """One call: when it came, by the monotonic clock that all processes of the machine share, and its end."""

    at: float
    account: str
    operation: str
    repositories: tuple[str, ...]
    refusal: str | None = None
    """The code that it was answered with, "Severed" or "CutShort" for one without a whole answer; None: it
    was answered, or has not ended.
    """


class Ledger:
    """Counts of all calls, refused ones too, and the log of writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        self._writes: list[dict[str, Any]] = []
        self._attempts: list[Attempt] = []

    def count(self, call: Call) -> Attempt:
        """Count `call`, before anything else is done with it."""
        attempt = Attempt(time.monotonic(), call.account, call.label, call.repositories)
        with self._lock:
            self._counts[call.account, call.label, call.repositories] += 1
            self._attempts.append(attempt)
        return attempt

    def wrote(self, call: Call, error: str | None, lost: str | None = None) -> None:
        """Log a write that was refused with `error` (None: it took effect), and how its answer was lost, if
        it was.
        """
        if not is_write(call):
            return
        entry = {
            "operation": call.label,
            "account": call.account,
            "region": call.region,
            "repository": call.repositories[0] if call.repositories else None,
            "parameters": without_secrets(call.parameters),
            "error": error,
            "lost": lost,
        }
        with self._lock:
            self._writes.append(entry)

    def calls(self, prefix: str | None = None, account: str | None = None) -> dict[str, int]:
        """Calls per operation: of one account, of those that name a repository with `prefix`."""
        totals: Counter[str] = Counter()
        with self._lock:
            for (caller, label, repositories), number in self._counts.items():
                if account in (None, caller) and names_prefix(repositories, prefix):
                    totals[label] += number
        return dict(sorted(totals.items()))

    def writes(self, prefix: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
        """The writes in the order in which they were answered, refused ones too."""
        with self._lock:
            return [
                entry
                for entry in self._writes
                if account in (None, entry["account"])
                and names_prefix((entry["repository"],) if entry["repository"] else (), prefix)
            ]

    def attempts(
        self,
        account: str | None = None,
        operation: str = "*",
        prefix: str | None = None,
        refused: bool | None = None,
    ) -> list[float]:
        """When calls came: those of operations that match a glob, and that were refused, or were not."""
        return [
            one.at
            for one in self._chosen(account, prefix)
            if fnmatchcase(one.operation, operation) and refused in (None, one.refusal is not None)
        ]

    def refusals(self, prefix: str | None = None, account: str | None = None) -> dict[str, dict[str, int]]:
        """Refused calls per operation and code."""
        totals: dict[str, Counter[str]] = {}
        for one in self._chosen(account, prefix):
            if one.refusal is not None:
                totals.setdefault(one.operation, Counter())[one.refusal] += 1
        return {operation: dict(sorted(codes.items())) for operation, codes in sorted(totals.items())}

    def _chosen(self, account: str | None, prefix: str | None) -> Iterator[Attempt]:
        with self._lock:
            attempts = list(self._attempts)
        for one in attempts:
            if account in (None, one.account) and names_prefix(one.repositories, prefix):
                yield one

    def clear(self) -> None:
        """Forget everything counted and logged so far."""
        with self._lock:
            self._counts.clear()
            self._writes.clear()
            self._attempts.clear()
