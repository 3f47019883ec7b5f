"""What AWS holds of one repository, as far as its plan depends on it.

Imports no Kubernetes: the `plan` command reads the same way, without a cluster.
"""

from dataclasses import dataclass, replace

from ecr_operator.aws.registry import Registry
from ecr_operator.aws.repository import observe, with_policies
from ecr_operator.controllers.identity import registry_refusal
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.identity import other_registry
from ecr_operator.planning.managed import reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import Cluster
from ecr_operator.planning.plan import Stalled
from ecr_operator.planning.repository import ObservedRepository, Recorded


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read."""

    observed: ObservedRepository | None
    """None: there is no such repository."""
    place: Place


async def read_repository(
    registry: Registry, desired: DesiredRepository, recorded: Recorded, cluster: Cluster
) -> Reading | Stalled:
    """What AWS holds; Stalled: the recorded repository is in another registry. Raises `AwsError`."""
    # One that only observes has no CreateRepository behind it that would notice an old listing.
    observed = await observe(registry, desired.name, fresh=recorded.owns or desired.observe)
    account = observed.registry_id if observed is not None else None
    if not desired.observe:
        moved = other_registry(recorded, account, registry.region)
        if observed is None and moved is None:
            moved = await registry_refusal(registry, recorded)
        if moved is not None:
            return moved
    if observed is None:
        # Statements name the account, which no answer about this repository has told.
        has_policy = reads(desired, recorded.managed).policy
        account = await registry.account() if has_policy else registry.known_account
        return Reading(None, replace(registry.place, account=account))
    if observed.owner is not None and cluster.present(observed.owner) == desired.owner:
        todo = reads(desired, recorded.managed, taking=recorded.taking)
        observed = await with_policies(registry, observed, todo)
    return Reading(observed, Place.of_arn(observed.arn))
