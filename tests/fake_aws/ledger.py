"""What was asked: a count per operation, and the writes in order, for tests and the benchmark to read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
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


class Ledger:
    """Counts of all calls, refused ones too, and the log of writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        self._writes: list[dict[str, Any]] = []

    def count(self, call: Call) -> None:
        """Count `call`, before anything else is done with it."""
        with self._lock:
            self._counts[call.account, call.label, call.repositories] += 1

    def wrote(self, call: Call, error: str | None) -> None:
        """Log a write that was answered with `error` (None: it took effect)."""
        if not is_write(call):
            return
        entry = {
            "operation": call.label,
            "account": call.account,
            "region": call.region,
            "repository": call.repositories[0] if call.repositories else None,
            "parameters": without_secrets(call.parameters),
            "error": error,
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

    def clear(self) -> None:
        """Forget everything counted and logged so far."""
        with self._lock:
            self._counts.clear()
            self._writes.clear()
