"""The knobs of policies and principals as methods; see `client`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .session import ACCOUNT, REGION


class PolicyTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of policies."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def put_policy(
        self, repository: str, text: str | None, account: str = ACCOUNT, region: str = REGION
    ) -> None:
        """Write a repository policy verbatim, valid or not, seen at once and uncounted; None: no policy."""
        self.turn("put_policy", account=account, region=region, repository=repository, text=text)

    def policy(self, repository: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """The repository policy that was written last, parsed, uncounted; None, or a text that is no JSON."""
        return self.turn("policy", account=account, region=region, repository=repository)

    def intercept_policy(
        self,
        repository: str,
        policy: str | None,
        after: str = "GetRepositoryPolicy",
        nth: int | None = 1,
        account: str = ACCOUNT,
        region: str = REGION,
    ) -> None:
        """Let another writer write `policy` verbatim (None: delete it) right after the `nth` call from now.

        `after` is GetRepositoryPolicy (also one answered with "not found"), SetRepositoryPolicy or
        DeleteRepositoryPolicy (refused calls do not count). `nth` None: after every one.
        """
        self.turn(
            "intercept_policy",
            account=account,
            region=region,
            repository=repository,
            policy=policy,
            after=after,
            nth=nth,
        )

    def clear_intercepts(self) -> None:
        """Send the other writer away."""
        self.turn("clear_intercepts")

    def set_policy_propagation(self, seconds: float) -> None:
        """Let GetRepositoryPolicy answer what was before for this long after a set or a delete."""
        self.turn("set_policy_propagation", seconds=seconds)

    def set_policy_resources(self, allowed: bool) -> None:
        """Take repository policies with Resource and NotResource, or refuse them (at start)."""
        self.turn("set_policy_resources", allowed=allowed)

    def set_policy_doubled_sids(self, allowed: bool) -> None:
        """Take repository policies whose Sids are not unique (at start), or refuse them."""
        self.turn("set_policy_doubled_sids", allowed=allowed)

    def set_principals(self, missing: Iterable[str] = ()) -> None:
        """Let the principals that match one of these globs be missing: ARNs, for accounts also their ids."""
        self.turn("set_principals", missing=list(missing))

    def create_principal(self, arn: str, visible_after: float = 0.0) -> None:
        """Create a user or role, found only after so many seconds, whatever `set_principals` says."""
        self.turn("create_principal", arn=arn, visible_after=visible_after)

    def delete_principal(self, arn: str) -> str:
        """Delete a user or role; returns the unique id that policies which named it show from now on."""
        found: str = self.turn("delete_principal", arn=arn)
        return found

    def put_lifecycle_policy(
        self, repository: str, text: str | None, account: str = ACCOUNT, region: str = REGION
    ) -> None:
        """Write a lifecycle policy verbatim, valid or not, uncounted; None: no policy."""
        self.turn("put_lifecycle_policy", account=account, region=region, repository=repository, text=text)

    def lifecycle_policy(self, repository: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """The lifecycle policy, parsed, uncounted; None, or a text that is no JSON."""
        return self.turn("lifecycle_policy", account=account, region=region, repository=repository)

    def set_lifecycle_evaluated(
        self, repository: str, at: float, account: str = ACCOUNT, region: str = REGION
    ) -> None:
        """Set lastEvaluatedAt, in seconds since the epoch."""
        self.turn("set_lifecycle_evaluated", account=account, region=region, repository=repository, at=at)

    def set_lifecycle_reformat(self, form: str) -> None:
        """Answer lifecycle policies "plain" (at start), or "expanded": class said, tag lists turned."""
        self.turn("set_lifecycle_reformat", form=form)
