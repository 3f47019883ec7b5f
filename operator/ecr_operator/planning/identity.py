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
