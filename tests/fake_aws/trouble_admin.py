"""The knobs of what goes wrong around a call: faults, outages, rates, IAM documents, the clock."""

from __future__ import annotations

from typing import Any

from .clock import CLOCK
from .gates import Gates


class TroubleKnobs:
    """What can be turned of them: every public method is one knob."""

    _gates: Gates

    def inject(self, **rule: Any) -> int:
        """Let calls fail; see `faults.Fault`."""
        return self._gates.faults.inject(**rule)

    def clear(self, id: int | None = None) -> None:
        """Remove one fault, or all; who hangs on it is let go."""
        self._gates.faults.clear(id)

    def set_outage(
        self,
        kind: str | None,
        account: str | None = None,
        region: str | None = None,
        service: str | None = None,
    ) -> None:
        """Let every call fail; see `outages`."""
        self._gates.outages.set(kind, account, region, service)

    def set_rates(self, rates: dict[str, Any] | None, account: str | None = None) -> None:
        """Set token buckets; see `rates`."""
        self._gates.rates.set(rates, account)

    def allow_only(self, account: str, actions: list[str] | None, reason: str | None = None) -> None:
        """Confine an account to a list of IAM actions; null lifts it."""
        self._gates.permissions.allow_only(account, actions, reason)

    def set_iam_policy(self, account: str, document: Any) -> None:
        """Put an account under an identity-based policy document, or a list of them; null lifts it."""
        self._gates.policies.set(account, document)

    def iam_usage(self, account: str) -> dict[str, list[str]]:
        """What each Allow statement has allowed so far."""
        return self._gates.policies.usage(account)

    def set_clock(self, offset_seconds: float) -> None:
        """Let this AWS's clock be so far ahead of the machine's."""
        CLOCK.offset = float(offset_seconds)
