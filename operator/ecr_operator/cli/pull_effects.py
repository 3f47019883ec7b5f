"""The rows of a plan: what the changes and failures of a namespace mean for one EcrPullSecret."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ecr_operator.api.names import PULL_SECRETS_ANNOTATION
from ecr_operator.cli.touched import Effect, Row
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.planning.namespace_state import ObservedNamespace
from ecr_operator.planning.pull_secret import NamespacePlan
from ecr_operator.planning.secret_changes import (
    ApplySecret,
    CreateSecret,
    DeleteSecret,
    NamespaceChange,
    PatchServiceAccount,
    owners_of,
)
from ecr_operator.planning.secret_data import held
from ecr_operator.planning.service_accounts import read_record
from ecr_operator.reasons import Reason


def rows(subject: PullSubject, observed: ObservedNamespace, plan: NamespacePlan) -> Iterable[Row]:
    """Those of the EcrPullSecret `subject`, at most one for the Secret and one for each service account."""
    name = observed.name
    secrets: list[NamespaceChange] = []
    for change in plan.changes:
        if subject.name not in owners_of(change):
            continue
        if isinstance(change, PatchServiceAccount):
            yield _account(subject, observed, change)
        else:
            secrets.append(change)
    if secrets:
        text = "; ".join(_described(change, observed) for change in secrets)
        types = [type(change).__name__ for change in secrets]
        yield Row(_effect(secrets), name, text, {"types": types})
    for secret, owner in _passed(subject, observed, plan):
        text = f"Secret {name}/{secret} passes to EcrPullSecret {owner}"
        yield Row(Effect.LOSE, name, text, {"types": [ApplySecret.__name__], "to": owner})
    for failure in plan.failures:
        if failure.owner == subject.name and failure.reason != Reason.NAMESPACE_TERMINATING:
            reason, message = failure.reason.value, failure.message
            yield Row(Effect.REFUSED, name, f"{name}: {reason}: {message}", _told(reason, message))


def _passed(
    subject: PullSubject, observed: ObservedNamespace, plan: NamespacePlan
) -> Iterable[tuple[str, str]]:
    """The Secrets of `subject` that another EcrPullSecret takes over, with its name."""
    for change in plan.changes:
        if isinstance(change, ApplySecret) and change.owner != subject.name:
            there = observed.secret(change.wanted.name)
            if there is not None and there.owner == subject.name:
                yield there.name, change.owner


def _told(reason: str, message: str) -> dict[str, Any]:
    return {"reason": reason, "message": message}


def _effect(changes: list[NamespaceChange]) -> Effect:
    if all(isinstance(change, CreateSecret) for change in changes):
        return Effect.GAIN
    if all(isinstance(change, DeleteSecret) for change in changes):
        return Effect.LOSE
    return Effect.CHANGE


def _described(change: NamespaceChange, observed: ObservedNamespace) -> str:
    """In the operator's words; what changes of the data is told by hosts."""
    there = observed.secret(change.wanted.name) if isinstance(change, ApplySecret) else None
    if not isinstance(change, ApplySecret) or there is None:
        return change.describe()
    wanted, found = held(change.wanted.data or {}).hosts, held(there.data).hosts
    parts = [f"add {', '.join(sorted(wanted - found))}"] if wanted - found else []
    if found - wanted:
        parts.append(f"drop {', '.join(sorted(found - wanted))}")
    data = " and ".join(parts) if parts else "the credentials' bytes would be refreshed"
    what = [f"data: {data}" if part == "data" else part for part in change.what.split(", ")]
    return replace(change, what="; ".join(what)).describe()


def _account(subject: PullSubject, observed: ObservedNamespace, change: PatchServiceAccount) -> Row:
    """With the entries of this EcrPullSecret alone: one patch is made for all."""
    account = next(one for one in observed.service_accounts if one.name == change.name)
    before = read_record((account.annotations or {}).get(PULL_SECRETS_ANNOTATION))
    after = read_record(change.record)
    own = replace(
        change,
        add=tuple(name for name in change.add if after.get(name) == subject.name),
        remove=tuple(entry for entry in change.remove if before.get(entry[1]) == subject.name),
    )
    return Row(
        Effect.ACCOUNT,
        observed.name,
        own.describe(),
        {
            "types": [type(change).__name__],
            "serviceAccount": change.name,
            "add": list(own.add),
            "remove": [name for _, name in own.remove],
        },
        adds=bool(own.add),
        removes=bool(own.remove),
    )


def consequences(before: NamespacePlan, after: NamespacePlan, owners: Iterable[str]) -> Iterable[str]:
    """What happens only because of the apply, and to EcrPullSecrets other than `owners`."""
    others = frozenset(owners)
    known = {change.describe() for change in before.changes}
    follow: dict[str, list[str]] = {}
    for change in after.changes:
        if not owners_of(change) & others and change.describe() not in known:
            follow.setdefault(", ".join(sorted(owners_of(change))), []).append(change.describe())
    for owner, changes in follow.items():
        yield f"EcrPullSecret {owner} would follow: {'; '.join(changes)}"
    for failure in after.failures:
        if failure.owner not in others and failure not in before.failures:
            yield (
                f"EcrPullSecret {failure.owner} would fail in {failure.namespace}: "
                f"{failure.reason}: {failure.message}"
            )
