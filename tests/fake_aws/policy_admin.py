"""The knobs of repository policies, principals and lifecycle policies; see `admin`."""

from __future__ import annotations

import json
from typing import Any

from .behaviour import BEHAVIOUR
from .dispatch import LOCK
from .ecr.backend import StoredRepository, registry_of
from .ecr.lifecycle_policy import REFORMATS, shown_text
from .ecr.other_writer import OTHER_WRITER
from .ecr.principals import PRINCIPALS


def repository_at(account: str, region: str, repository: str) -> StoredRepository:
    """A repository, visible or not."""
    return registry_of(account, region).repositories[repository]


def parsed(text: str | None) -> Any:
    """A text's JSON; the text itself when it is none."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


class PolicyKnobs:
    """What can be turned of policies: every public method is one knob."""

    def put_policy(self, account: str, region: str, repository: str, text: str | None) -> None:
        """Write a repository policy as it is, unchecked, to be seen at once; null: none."""
        with LOCK:
            repository_at(account, region, repository).policies.replace(text)

    def policy(self, account: str, region: str, repository: str) -> Any:
        """The repository policy that was written last, parsed; its text when it is no JSON."""
        with LOCK:
            return parsed(repository_at(account, region, repository).policies.current)

    def intercept_policy(
        self,
        account: str,
        region: str,
        repository: str,
        policy: str | None,
        after: str = "GetRepositoryPolicy",
        nth: int | None = 1,
    ) -> None:
        """Let another writer write `policy` (null: delete it) after the nth such call (null: every one)."""
        with LOCK:
            OTHER_WRITER.intercept((account, region, repository), after, nth, policy)

    def clear_intercepts(self) -> None:
        """Send the other writer away."""
        with LOCK:
            OTHER_WRITER.clear()

    def set_policy_propagation(self, seconds: float) -> None:
        """Let reads answer the policy of before for this long after a set or a delete."""
        BEHAVIOUR.policy_propagation = seconds

    def set_policy_resources(self, allowed: bool) -> None:
        """Take policies with Resource and NotResource, or refuse them."""
        BEHAVIOUR.policy_resources = allowed

    def set_policy_doubled_sids(self, allowed: bool) -> None:
        """Take policies whose Sids are not unique, or refuse them."""
        BEHAVIOUR.policy_doubled_sids = allowed

    def set_principals(self, missing: list[str]) -> None:
        """Let principals that match one of these globs be not found."""
        with LOCK:
            PRINCIPALS.set_missing(missing)

    def create_principal(self, arn: str, visible_after: float = 0.0) -> None:
        """Create a user or role that is found after so many seconds."""
        with LOCK:
            PRINCIPALS.create(arn, visible_after)

    def delete_principal(self, arn: str) -> str:
        """Delete a user or role; the unique id that policies show from now on."""
        with LOCK:
            return PRINCIPALS.delete(arn)

    def put_lifecycle_policy(self, account: str, region: str, repository: str, text: str | None) -> None:
        """Write a lifecycle policy as it is, unchecked; null: none."""
        with LOCK:
            repository_at(account, region, repository).lifecycle_policy = text

    def lifecycle_policy(self, account: str, region: str, repository: str) -> Any:
        """The lifecycle policy, parsed; its text when it is no JSON."""
        with LOCK:
            text = repository_at(account, region, repository).lifecycle_policy
            return parsed(None if text is None else shown_text(text))

    def set_lifecycle_evaluated(self, account: str, region: str, repository: str, at: float) -> None:
        """Say when the lifecycle policy was last run, in seconds since the epoch; nothing is run."""
        with LOCK:
            repository_at(account, region, repository).lifecycle_evaluated_at = at

    def set_lifecycle_reformat(self, form: str) -> None:
        """Answer lifecycle policies "plain" or "expanded"."""
        if form not in REFORMATS:
            raise ValueError(f"form is one of {', '.join(REFORMATS)}")
        BEHAVIOUR.lifecycle_reformat = form
