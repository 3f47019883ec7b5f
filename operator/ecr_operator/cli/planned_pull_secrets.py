"""What an apply would do to the namespaces of a cluster: the operator's plans, from EcrPullSecret manifests.

No token is asked for: a mark stands for each (`planning.secret_outline`).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.registry import Registry
from ecr_operator.cli.asked_pull_secrets import UNKNOWN_ACCOUNT, Asked, understood, with_live
from ecr_operator.cli.cluster_lists import Cluster, Json, Lists, LookError, recorded_content
from ecr_operator.cli.planned import Action, Planned
from ecr_operator.cli.pull_effects import consequences, rows
from ecr_operator.cli.pull_world import World
from ecr_operator.cli.touched import Effect, Row, Touched
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.planning.pull_registries import hosts_of, needs_own_account
from ecr_operator.planning.secret_data import SecretContent
from ecr_operator.planning.secret_outline import NEW, outlined_content
from ecr_operator.planning.status import is_ready
from ecr_operator.reasons import Reason
from ecr_operator.settings import Settings

NOTES: Final = 10
"""How much is told of other EcrPullSecrets."""
NO_CLUSTER: Final = (
    "valid; its namespaces are not shown, because no kubeconfig was given: "
    "name one with --kubeconfig or KUBECONFIG"
)


class PullSecretPlanner:
    """Makes plans as the operator of the cluster would."""

    def __init__(self, cluster: Cluster, registry: Registry, settings: Settings) -> None:
        self._cluster = cluster
        self._registry = registry
        self._settings = settings

    async def plan(self, asked: Sequence[Asked]) -> list[Planned]:
        """The plans of all, as if they were applied together."""
        planned: list[Planned] = []
        try:
            live = await self._cluster.pull_secrets()
            subjects = understood(live)
            planned, asked, applied = with_live(asked, live, subjects)
            names = [one.subject.secret_name for one in asked]
            present = [*subjects.values(), *(one.subject for one in asked)]
            accounts = self._settings.service_accounts and any(
                one.service_accounts or one.has_finalizer for one in present
            )
            lists = await self._cluster.lists(live, subjects, names, accounts) if asked else None
        except LookError as error:
            message = str(error)
            return planned + [
                one.planned(Action.ERROR, reason=error.reason, message=message) for one in asked
            ]
        return planned if lists is None else planned + await self._compared(asked, lists, subjects, applied)

    async def _compared(
        self,
        asked: Sequence[Asked],
        lists: Lists,
        subjects: Mapping[str, PullSubject],
        applied: Mapping[str, Json],
    ) -> list[Planned]:
        region = self._registry.region
        now = {
            name: content
            for name, one in subjects.items()
            if _is_kept(one, one, region) and (content := recorded_content(one))
        }
        notes: dict[str, list[str]] = {one.subject.name: [] for one in asked}
        then = dict(now)
        for one in asked:
            then[one.subject.name] = await self._content(one, notes[one.subject.name])
        before = World(lists, self._settings, self._registry, lists.pull_secrets.values(), now)
        objects = {**lists.pull_secrets, **applied}
        after = World(lists, self._settings, self._registry, objects.values(), then)
        found: dict[str, list[Row]] = {name: [] for name in notes}
        others: dict[str, list[str]] = {name: [] for name in notes}
        terminating: dict[str, list[str]] = {name: [] for name in notes}
        for namespace in after.namespaces():
            observed, plan = after.plan(namespace)
            for one in asked:
                found[one.subject.name] += rows(one.subject, observed, plan)
            for failure in plan.failures:
                if failure.reason == Reason.NAMESPACE_TERMINATING and failure.owner in terminating:
                    terminating[failure.owner].append(namespace.name)
            concerned = [
                one.subject.name
                for one in asked
                if any(state.selection.selects(namespace) for state in (one.subject, one.live) if state)
            ]
            if concerned:
                others[concerned[0]] += consequences(before.plan(namespace)[1], plan, found)
        for name, gone in terminating.items():
            if gone:
                notes[name].append(
                    f"nothing is written in namespaces that are being deleted: {_listed(gone)}"
                )
        for name, told in others.items():
            notes[name] += told[:NOTES]
            if len(told) > NOTES:
                notes[name].append(f"{len(told) - NOTES} more consequences for other EcrPullSecrets")
        return [
            _result(
                one,
                Touched(
                    one.subject.secret_name,
                    len(after.handouts.selected_by(one.subject)),
                    tuple(sorted(found[one.subject.name], key=_order)),
                ),
                tuple(notes[one.subject.name]),
            )
            for one in asked
        ]

    async def _content(self, asked: Asked, notes: list[str]) -> SecretContent:
        """What it would hand out."""
        subject, live, region = asked.subject, asked.live, self._registry.region
        if live is not None and _is_kept(subject, live, region):
            content = recorded_content(live)
            if content is not None:
                return content
        account: str | None = None
        if needs_own_account(subject.choices):
            account = await self._account(subject, notes)
        return outlined_content(subject.format, tuple(hosts_of(subject.choices, region, account)), NEW)

    async def _account(self, subject: PullSubject, notes: list[str]) -> str:
        """Of the identity whose tokens are handed out."""
        role = subject.role(self._registry.region)
        if role is not None:
            return role.arn.split(":")[4]
        try:
            account = await self._registry.account()
        except AwsError as error:
            notes.append(
                f"the account of the operator's own identity is not known here ({error.reason}: {error})"
            )
            return UNKNOWN_ACCOUNT
        notes.append(f"registries without `accounts` stand for {account}, the account that is asked here")
        return account


def _is_kept(subject: PullSubject, live: PullSubject, region: str) -> bool:
    """Whether the credentials that `live` hands out are those that `subject` asks for.

    An object that is ready hands out what it asks for, though this command may run with another region.
    """
    if subject.asks_anew:
        return False
    asked = subject.credentials_hash(region)
    if live.status.applied_hash == asked:
        return True
    return live.credentials_hash(region) == asked and is_ready(live.status, live.generation)


_EFFECTS: Final = list(Effect)


def _order(row: Row) -> tuple[int, str]:
    return _EFFECTS.index(row.effect), row.namespace


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NOTES
    return ", ".join(names[:NOTES]) + (f" and {more} more" if more > 0 else "")


def _result(asked: Asked, touched: Touched, notes: tuple[str, ...]) -> Planned:
    if touched.changes:
        action = Action.CREATE if asked.is_new else Action.CHANGE
    elif touched.refused:
        action = Action.REFUSE
    elif not touched.selected:
        reason = Reason.NO_NAMESPACE_MATCHED.value
        message = "no namespace is selected"
        return asked.planned(Action.NONE, reason=reason, message=message, touched=touched, notes=notes)
    else:
        message = f"in sync; {touched.headline()}"
        return asked.planned(Action.NONE, message=message, touched=touched, notes=notes)
    return asked.planned(action, message=touched.headline(), touched=touched, notes=notes)
