"""Which EcrRepositories an apply of EcrLifecyclePolicies would reach, of manifests and of a cluster.

AWS is not asked: what an EcrRepository of the cluster has is told by its status.
"""

from collections.abc import Iterable, Sequence

from ecr_operator.api.lifecycle_policy import LifecycleDeletionPolicy, LifecyclePolicyState
from ecr_operator.cli.lifecycle_world import LifecycleWorld, LiveRepository, writes
from ecr_operator.cli.offline_refusal import refusal_of
from ecr_operator.cli.planned import Action, Planned
from ecr_operator.cli.planned_repositories import Asked
from ecr_operator.cli.reached import Reach, Reached, ReachedRepository
from ecr_operator.cli.reviewed import Named
from ecr_operator.planning.changes import LIFECYCLE
from ecr_operator.planning.lifecycle_choice import LifecycleChoice, NamedPolicy
from ecr_operator.planning.lifecycle_progress import text_hash
from ecr_operator.reasons import Reason


def check(policies: Iterable[Named]) -> tuple[list[Planned], list[Named]]:
    """Those that the operator could put on no repository, and the others."""
    refused: list[Planned] = []
    taken: list[Named] = []
    for named in policies:
        refusal = refusal_of(named.manifest.obj)
        if refusal is None:
            taken.append(named)
        else:
            reason = refusal.reason or "Invalid"
            refused.append(named.planned(Action.REFUSE, reason=reason, message=refusal.message))
    return refused, taken


def plan_lifecycle_policies(
    policies: Iterable[Named], repositories: Sequence[Asked], world: LifecycleWorld
) -> list[Planned]:
    """The plans of policies that are among those of `world`; `repositories` are those of the manifests."""
    return [_planned(named, repositories, world) for named in policies]


def _planned(named: Named, repositories: Sequence[Asked], world: LifecycleWorld) -> Planned:
    policy = world.policies[named.namespace][named.name]
    if named.manifest.obj["spec"].get("suspend") is True:
        return named.planned(Action.NONE, reason=Reason.SUSPENDED.value, message="`suspend` is true")
    if policy.at_rest:
        return named.planned(Action.NONE, message=f"{policy.at_rest}: nothing is planned")
    reached = Reached(tuple(_rows(named, policy, repositories, world)), world.is_whole)
    action = Action.CHANGE if reached.changes else Action.NONE
    return named.planned(action, message=reached.line(), reached=reached)


def _rows(
    named: Named, policy: NamedPolicy, repositories: Sequence[Asked], world: LifecycleWorld
) -> list[ReachedRepository]:
    found: list[ReachedRepository] = []
    given = {(one.namespace, one.name): one for one in repositories if one.namespace == named.namespace}
    for one in given.values():
        if writes(one.spec) and not one.is_deleting:
            found += _of_manifest(named.name, one)
    for key, live in world.repositories.items():
        if live.namespace == named.namespace and key not in given and live.is_written:
            applied = live.status.lifecycle_policy
            choice = world.choice(live.namespace, live.labels, live.spec, applied)
            found += _of_cluster(policy, world.before.get((named.namespace, named.name)), live, choice)
    return sorted(found, key=lambda row: row.name)


def _of_manifest(policy: str, asked: Asked) -> Iterable[ReachedRepository]:
    if asked.lifecycle.source == policy:
        yield ReachedRepository(asked.name, Reach.PLANNED)
    elif policy in asked.lifecycle.others:
        yield ReachedRepository(asked.name, Reach.CONFLICT, asked.lifecycle.source)


def _of_cluster(
    policy: NamedPolicy, before: NamedPolicy | None, live: LiveRepository, choice: LifecycleChoice
) -> Iterable[ReachedRepository]:
    applied = live.status.lifecycle_policy
    had = (
        applied is not None
        and applied.source == policy.name
        and applied.state != LifecyclePolicyState.UNMANAGED
    )
    if choice.source == policy.name:
        if not had or applied is None:
            yield ReachedRepository(live.name, Reach.GAIN)
        elif applied.hash != text_hash(policy.text):
            yield ReachedRepository(live.name, Reach.CHANGE)
        else:
            # Whether one that is not applied may be follows from its protection.
            judged = before is None or before.protection != policy.protection
            anew = judged and applied.state != LifecyclePolicyState.APPLIED
            yield ReachedRepository(live.name, Reach.CHANGE if anew else Reach.KEEP)
    elif policy.name in choice.others:
        yield ReachedRepository(live.name, Reach.CONFLICT, choice.source)
    elif had and applied is not None and LIFECYCLE in (live.status.managed or ()):
        retained = choice.source is None and applied.on_removal == LifecycleDeletionPolicy.RETAIN
        yield ReachedRepository(live.name, Reach.RETAIN if retained else Reach.LOSE, choice.source)
