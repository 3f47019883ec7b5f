"""Whether we work in the account and region that hold the object's repository."""

from ecr_operator.aws.registry import Registry
from ecr_operator.planning.identity import other_registry
from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.repository import Recorded


async def registry_refusal(registry: Registry, recorded: Recorded) -> Stalled | None:
    """Why nothing may be concluded from what this registry says; None: it is the right one.

    The account is asked for where no answer has told it lately. Raises `AwsError`.
    """
    if not recorded.owns or recorded.registry_id is None:
        return None
    if recorded.region != registry.region:
        return other_registry(recorded, registry.known_account, registry.region)
    return other_registry(recorded, await registry.account(), registry.region)
