"""The account and region of a repository against those that the operator works in."""

from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.repository import Recorded
from ecr_operator.reasons import Reason


def other_registry(recorded: Recorded, account: str | None, region: str) -> Stalled | None:
    """Stalled when the object's repository is in another registry; `account` None is not known yet.

    There a repository of that name would be missing, or another one: nothing may be created, written or
    deleted for it.
    """
    if not recorded.owns or recorded.registry_id is None:
        return None
    if recorded.region == region and account in (None, recorded.registry_id):
        return None
    return Stalled(
        Reason.REGISTRY_CHANGED,
        f"The repository is in account {recorded.registry_id}, region {recorded.region}; the operator now "
        f"works in {f'account {account}, ' if account else ''}region {region}. "
        "Give it back its role and region, or delete this object with `deletionPolicy: Retain`",
    )


def names_repository(recorded: Recorded, name: str) -> bool:
    """Whether the recorded ARN is that of the repository `name` in the recorded registry.

    A status can be edited: what is deleted is what the spec names, and its owner tag is the one that counts.
    """
    if recorded.repository_arn is None:
        return False
    parts = recorded.repository_arn.split(":", 5)
    return parts[2:] == ["ecr", recorded.region, recorded.registry_id, f"repository/{name}"]
