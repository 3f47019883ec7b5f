"""The plan of one namespace: its Secrets and service-account entries, over all EcrPullSecrets.

The key is the namespace, so that a new one never waits for others, and conflicts are seen in one place.
Nothing is taken away because an EcrPullSecret is not seen: only because it was shown to want nothing here.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ecr_operator.api.names import PULL_SECRETS_ANNOTATION
from ecr_operator.planning.namespace_state import ObservedNamespace, Released, WantedSecret
from ecr_operator.planning.secret import SecretPlan, plan_deletions, plan_secret
from ecr_operator.planning.secret_changes import NamespaceChange
from ecr_operator.planning.service_accounts import AccountPlan, Entry, plan_service_account, read_record
from ecr_operator.reasons import Reason


@dataclass(frozen=True, slots=True)
class Failure:
    """What keeps an EcrPullSecret from being as it should in one namespace; the rest goes on."""

    namespace: str
    owner: str
    """The EcrPullSecret."""
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Contested:
    """What somebody keeps undoing, with the field manager that does it."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    """{Secret name: manager}: reported."""
    held: Collection[str] = ()
    """Those of `secrets` that are not restored yet."""
    entries: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """{(service account, Secret name): manager}: not put back."""


@dataclass(frozen=True, slots=True)
class NamespacePlan:
    """`changes` in the order in which they are performed, and what comes of it if all succeed."""

    changes: tuple[NamespaceChange, ...] = ()
    failures: tuple[Failure, ...] = ()
    ready: frozenset[str] = frozenset()
    """The EcrPullSecrets whose Secret and entries are as wanted then."""

    def describe(self) -> str:
        """The changes as a person reads them, joined."""
        return "; ".join(change.describe() for change in self.changes)


def owners_to_look_up(wanted: Iterable[WantedSecret], observed: ObservedNamespace) -> frozenset[str]:
    """The EcrPullSecrets to be read live before `plan_namespace` may take away what they have written."""
    named = {secret.owner for secret in observed.secrets} - {None}
    for account in observed.service_accounts:
        named.update(read_record(_annotation(account.annotations)).values())
    return frozenset(name for name in named if name) - {one.owner for one in wanted}


def plan_namespace(
    wanted: Collection[WantedSecret],
    observed: ObservedNamespace,
    *,
    released: Mapping[str, Released] | None = None,
    contested: Contested | None = None,
) -> NamespacePlan:
    """The plan of a namespace.

    `wanted` holds what each EcrPullSecret that selects the namespace wants there, one each, without those
    that are suspended. `released` holds those that are proved to want nothing here: all kinds are listed,
    and a live read has just shown them deselected, being deleted, or gone. Without it nothing is taken away.
    """
    if observed.terminating:
        message = f"The namespace {observed.name} is being deleted"
        return NamespacePlan(
            failures=_sorted(
                Failure(observed.name, one.owner, Reason.NAMESPACE_TERMINATING, message) for one in wanted
            )
        )
    released = released or {}
    contested = contested or Contested()
    winners, failures = _winners(wanted, observed.name)
    losers = {failure.owner for failure in failures}
    plans = {
        name: plan_secret(one, observed, rivals=losers, released=released, is_held=name in contested.held)
        for name, one in winners.items()
    }
    entries = {
        name: Entry(one.owner, frozenset(one.service_accounts), plans[name].settled)
        for name, one in winners.items()
    }
    accounts = _plan_accounts(observed, entries, {one.owner for one in wanted}, released, contested)
    for name, one in winners.items():
        failures += _failures_of(one, plans[name], accounts, observed.name, contested)
    failed = {failure.owner for failure in failures}
    return NamespacePlan(
        changes=(
            # A Secret is there before it is named, and is no longer named when it goes.
            *(change for name in sorted(plans) for change in plans[name].changes),
            *(plan.change for plan in accounts.values() if plan.change is not None),
            *plan_deletions(observed, winners, released),
        ),
        failures=_sorted(failures),
        ready=frozenset(
            one.owner for name, one in winners.items() if plans[name].settled and one.owner not in failed
        ),
    )


def _winners(wanted: Iterable[WantedSecret], namespace: str) -> tuple[dict[str, WantedSecret], list[Failure]]:
    """By Secret name the oldest EcrPullSecret that wants it, and the failures of the others."""
    winners: dict[str, WantedSecret] = {}
    failures: list[Failure] = []
    for one in sorted(wanted, key=lambda one: one.age):
        winner = winners.setdefault(one.name, one)
        if winner is not one:
            message = (
                f"EcrPullSecret {winner.owner} is older and writes the Secret {one.name} there; "
                "change `secretName` or the namespaces of one of the two"
            )
            failures.append(Failure(namespace, one.owner, Reason.CONFLICT, message))
    return winners, failures


def _plan_accounts(
    observed: ObservedNamespace,
    entries: Mapping[str, Entry],
    present: Collection[str],
    released: Mapping[str, Released],
    contested: Contested,
) -> dict[str, AccountPlan]:
    retained = {secret.name for secret in observed.secrets if secret.owner and secret.is_retained}
    return {
        account.name: plan_service_account(
            observed.name,
            account,
            entries,
            present=present,
            released=released,
            retained=retained,
            held=[secret for name, secret in contested.entries if name == account.name],
        )
        for account in sorted(observed.service_accounts, key=lambda account: account.name)
    }


def _failures_of(
    wanted: WantedSecret,
    plan: SecretPlan,
    accounts: Mapping[str, AccountPlan],
    namespace: str,
    contested: Contested,
) -> Iterable[Failure]:
    if plan.failure is not None:
        yield Failure(namespace, wanted.owner, plan.failure.reason, plan.failure.message)
        return
    if wanted.name in contested.secrets:
        manager = contested.secrets[wanted.name]
        yield Failure(
            namespace,
            wanted.owner,
            Reason.SECRET_CONTESTED,
            f"{manager} keeps changing or deleting the Secret {wanted.name}; it is restored ever more slowly",
        )
    for name, account in accounts.items():
        if wanted.name in account.contested:
            manager = contested.entries[name, wanted.name]
            yield Failure(
                namespace,
                wanted.owner,
                Reason.SERVICE_ACCOUNT_CONTESTED,
                f"{manager} keeps removing {wanted.name} from `imagePullSecrets` of the service account "
                f"{name}; it is left alone for an hour, or until this object changes",
            )


def _sorted(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    return tuple(sorted(failures, key=lambda one: (one.owner, one.reason, one.message)))


def _annotation(annotations: Mapping[str, str] | None) -> str | None:
    return (annotations or {}).get(PULL_SECRETS_ANNOTATION)
