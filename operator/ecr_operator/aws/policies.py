"""The two policies of a repository: read, written, and guarded against other writers.

ECR has no condition on these writes (no version, no If-Match), so the repository's policy is read right
before it is written, and again after it.
"""

from enum import Enum

from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.aws.registry import Registry
from ecr_operator.planning.changes import (
    DeleteLifecyclePolicy,
    DeleteRepositoryPolicy,
    PolicyChange,
    PutLifecyclePolicy,
    SetRepositoryPolicy,
    SharedPolicyChange,
)
from ecr_operator.planning.policy_equality import same_policies
from ecr_operator.reasons import Reason

POLICY_CHANGED = "PolicyChanged"
NO_POLICY = frozenset({"LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException"})


class Seen(Enum):
    """What AWS shows of a repository's policy after a write."""

    WRITTEN = "written"
    """What was written."""
    BEFORE = "before"
    """Still what was there before: AWS may need a moment."""
    OTHER = "other"
    """What somebody else has written since."""


async def lifecycle_policy(registry: Registry, name: str) -> str | None:
    """The text; None: there is none. Raises `AwsError`."""
    return await _text(registry, name, "get_lifecycle_policy", "lifecyclePolicyText")


async def repository_policy(registry: Registry, name: str) -> str | None:
    """The text; None: there is none. Raises `AwsError`."""
    return await _text(registry, name, "get_repository_policy", "policyText")


async def perform_policy(registry: Registry, change: PolicyChange) -> None:
    """Send one change. Raises `AwsError`."""
    session, name = registry.session, change.name
    match change:
        case PutLifecyclePolicy(text=text):
            await session.write("ecr", "put_lifecycle_policy", repositoryName=name, lifecyclePolicyText=text)
        case DeleteLifecyclePolicy():
            await _delete(registry, name, "delete_lifecycle_policy")
        case SetRepositoryPolicy(text=text):
            await session.write("ecr", "set_repository_policy", repositoryName=name, policyText=text)
        case DeleteRepositoryPolicy():
            await _delete(registry, name, "delete_repository_policy")


async def look_after(registry: Registry, change: SharedPolicyChange) -> Seen:
    """What AWS shows after the change. Raises `AwsError`."""
    written = change.text if isinstance(change, SetRepositoryPolicy) else None
    there = await repository_policy(registry, change.name)
    place = registry.place
    if same_policies(there, written, place):
        return Seen.WRITTEN
    return Seen.BEFORE if same_policies(there, change.was, place) else Seen.OTHER


async def guard(registry: Registry, change: SharedPolicyChange) -> None:
    """Read the policy right before it is written.

    Raises `AwsError`, of kind STATE and code `POLICY_CHANGED` where it is no longer what was planned on.
    """
    there = await repository_policy(registry, change.name)
    if not same_policies(there, change.was, registry.place):
        raise AwsError(
            Kind.STATE,
            Reason.PROGRESSING,
            POLICY_CHANGED,
            "GetRepositoryPolicy",
            "Somebody else has changed the repository's policy meanwhile",
        )


async def _text(registry: Registry, name: str, operation: str, member: str) -> str | None:
    try:
        answer = await registry.session.read("ecr", operation, repositoryName=name)
    except AwsError as error:
        if error.code in NO_POLICY:
            return None
        raise
    text: str = answer[member]
    return text


async def _delete(registry: Registry, name: str, operation: str) -> None:
    try:
        await registry.session.write("ecr", operation, repositoryName=name)
    except AwsError as error:
        # Gone already: as it should be.
        if error.code not in NO_POLICY:
            raise
