"""Whether an object is in sync: by its status alone (at a start), and against a batch of reads."""

from ecr_operator.api.meta import echoed_reconcile_value
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.desired import DesiredRepository
from ecr_operator.planning.lifecycle_progress import APPLIED
from ecr_operator.planning.managed import reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.repository import ObservedRepository
from ecr_operator.planning.repository_policy import foreign_names
from ecr_operator.planning.status import is_ready, with_foreign, with_repository


def is_settled(
    status: EcrRepositoryStatus,
    desired: DesiredRepository,
    *,
    generation: int,
    region: str,
    asked: str | None,
    has_finalizer: bool,
) -> bool:
    """Whether the status says that this very desired state was found in sync, in this region.

    `asked` is the value of the reconcile annotation. Such an object waits for the sweep. One whose lifecycle
    policy is not applied does not: its hash is that of what was in sync before, which may be asked for again.
    """
    applied = status.condition(APPLIED)
    return (
        status.observed_generation == generation
        and is_ready(status, generation)
        and status.applied_hash == desired.applied_hash()
        and (applied is None or applied.status == "True")
        and status.region == region
        and (asked is None or status.last_handled_reconcile_at == echoed_reconcile_value(asked))
        and has_finalizer == desired.deletes
    )


def with_facts(
    status: EcrRepositoryStatus, observed: ObservedRepository, desired: DesiredRepository, place: Place
) -> EcrRepositoryStatus:
    """`status` with all that it shows of the repository."""
    status, managed = with_repository(status, observed), frozenset(status.managed or ())
    if not reads(desired, managed).policy:
        return with_foreign(status, None)
    if not observed.known.policy:
        return status
    return with_foreign(status, foreign_names(observed.policy, desired, managed, place))


def same_facts(
    status: EcrRepositoryStatus, observed: ObservedRepository, desired: DesiredRepository, place: Place
) -> bool:
    """Whether the status already says of the repository what AWS says."""
    return with_facts(status, observed, desired, place) == status
