"""What a plan has to say of the lifecycle policy that a repository gets, or does not get."""

from ecr_operator.api.lifecycle_policy import LifecyclePolicyState
from ecr_operator.api.repository_status import RepositoryLifecyclePolicy
from ecr_operator.cli.lifecycle_world import LifecycleWorld
from ecr_operator.planning.lifecycle_choice import LifecycleChoice
from ecr_operator.planning.lifecycle_progress import text_hash

_STOPPED = (LifecyclePolicyState.HELD, LifecyclePolicyState.WITHDRAWN)


def notes_on(
    choice: LifecycleChoice, world: LifecycleWorld, applied: RepositoryLifecyclePolicy | None, said: str
) -> tuple[str, ...]:
    """Sentences without their full stop.

    `applied` is what the object's status tells of its policy, `said` the message of the condition
    LifecyclePolicyApplied.
    """
    if choice.missing and world.is_whole:
        what = f"there is no EcrLifecyclePolicy '{choice.source}'"
        return (f"{what}: what AWS holds stays as it is until there is one (LifecyclePolicyNotFound)",)
    if choice.missing:
        what = f"EcrLifecyclePolicy '{choice.source}' is not among these manifests"
        return (f"{what}: it is looked for in the cluster at run time, and no lifecycle policy is planned",)
    if choice.at_rest:
        return (f"{choice.at_rest}; no lifecycle policy is planned",)
    notes = []
    if (
        applied is not None
        and applied.state in _STOPPED
        and choice.text is not None
        and applied.hash == text_hash(choice.text)
    ):
        why = f": {said.removesuffix('.')}" if said else ""
        notes.append(f"by its status, this very lifecycle policy is {applied.state}{why}")
    if choice.others:
        notes.append(_others(choice, applied.source if applied is not None else None))
    return tuple(notes)


def _others(choice: LifecycleChoice, applied: str | None) -> str:
    kind = "EcrLifecyclePolicy" if len(choice.others) == 1 else "EcrLifecyclePolicies"
    if choice.source == applied:
        why = "which it has already"
    else:
        why = "which comes first by age and name"
        why += "; one that is applied already would stay" if applied is None else ""
    return f"{kind} {', '.join(choice.others)} would select it too; it gets {choice.source}, {why}"
