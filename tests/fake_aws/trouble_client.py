"""The knobs of what goes wrong around a call as methods; see `client`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .session import ACCOUNT


class TroubleTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of faults, outages, rates, rights and the clock."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def inject(
        self,
        operation: str,
        code: str | None = None,
        message: str | None = None,
        status: int | None = None,
        times: int | None = None,
        prefix: str | None = None,
        account: str | None = None,
        reason: str | None = None,
        members: Mapping[str, Any] | None = None,
        *,
        after: bool = False,
        cut: str | None = None,
        hang: float | None = None,
    ) -> int:
        """Let calls fail, `times` times or until cleared; returns the id of the rule.

        `operation` may be a glob (``*``). Status and message default to AWS's for the code. `reason` ends the
        sentence of an AccessDeniedException. A rule with `prefix` matches a call that names such a
        repository, in a list of names or an ARN too, and never one that names none.

        The call is answered with `code`, or cut (`cut`: "before" or "after" the effect, or "partial": in the
        middle of the answer), after `hang` seconds of silence if that is given; `hang` alone ends in a cut.
        All before any effect, unless `after`: then the call takes effect and its answer, whatever it is, is
        lost.
        """
        found: int = self.turn(
            "inject",
            operation=operation,
            code=code,
            message=message,
            status=status,
            times=times,
            prefix=prefix,
            account=account,
            reason=reason,
            members=dict(members or {}),
            after=after,
            cut=cut,
            hang=hang,
        )
        return found

    def clear(self, id: int | None = None) -> None:
        """Remove one injected fault, or all; calls that hang on it are cut at once."""
        self.turn("clear", id=id)

    def set_outage(
        self,
        kind: str | None,
        account: str | None = None,
        region: str | None = None,
        service: str | None = None,
    ) -> None:
        """Let every call of an account, Region and service ("sts"; None: of all) fail until lifted.

        `kind` is "refused" (cut at once), "500", "hang" (silence until lifted) or None, which lifts that
        outage, and alone all. The knobs and unseen clients go on working.
        """
        self.turn("set_outage", kind=kind, account=account, region=region, service=service)

    def set_rates(self, rates: Mapping[str, Any] | None, account: str | None = None) -> None:
        """Set token buckets: ``{"CreateRepository": 10, "ecr:Describe*": (20, 200), "*": (50, 100)}``; None
        lifts.

        A key is an operation, an IAM action, or a glob of either, which is one bucket for all that it
        matches; a value is calls per second, or that and the burst. Each account and Region has buckets of
        its own, full at first; rates of an account replace those of all accounts.
        """
        self.turn("set_rates", rates=None if rates is None else dict(rates), account=account)

    def allow_only(self, account: str, actions: list[str] | None, reason: str | None = None) -> None:
        """Deny an account every action but these (``ecr:CreateRepository``, ``ecr:Get*``); None lifts it."""
        self.turn("allow_only", account=account, actions=actions, reason=reason)

    def set_iam_policy(self, account: str, document: Any) -> None:
        """Put all principals of an account under a policy document (a dict, its text, or a list); None lifts
        it. The account "*" is every one that has no document of its own.
        """
        self.turn("set_iam_policy", account=account, document=document)

    def iam_usage(self, account: str = ACCOUNT) -> set[str]:
        """The actions that the documents of an account, or of a role (its ARN), have allowed so far."""
        return {action for actions in self.iam_statements(account).values() for action in actions}

    def iam_statements(self, account: str = ACCOUNT) -> dict[str, list[str]]:
        """The same by statement: its Sid, or its number (from 0) in all documents."""
        found: dict[str, list[str]] = self.turn("iam_usage", account=account)
        return found

    def set_clock(self, offset_seconds: float) -> None:
        """Let AWS's clock be so far ahead of the machine's; more than 5 min, and no signature is valid."""
        self.turn("set_clock", offset_seconds=offset_seconds)
