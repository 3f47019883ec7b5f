"""The part of a status that looks at a repository's images write on their own, beside the reconciles."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ecr_operator.api.meta import Condition
from ecr_operator.api.repository_status import EcrRepositoryStatus
from ecr_operator.planning.image_reading import AT_RISK, NEAR_QUOTA, QUOTA_REACHED
from ecr_operator.planning.scan_report import MANAGED_BY_REGISTRY, SCAN_PASSED


@dataclass(frozen=True, slots=True)
class _Part:
    """What is told together, and means little apart."""

    fields: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


_PARTS: Final = (
    _Part(("images", "estimated_monthly_cost_usd"), (NEAR_QUOTA, QUOTA_REACHED)),
    _Part(("in_use",)),
    _Part((), (AT_RISK,)),
    _Part(("scan",), (SCAN_PASSED, MANAGED_BY_REGISTRY)),
)


def with_figures_of(
    status: EcrRepositoryStatus, before: EcrRepositoryStatus, live: EcrRepositoryStatus
) -> EcrRepositoryStatus:
    """`status`, which was made from `before`, with the figures that were told in `live` since.

    What `status` has taken away of `before` stays away: it is of a repository that is gone, or of another's.
    """
    if status.repository_arn is None:
        return status
    for part in _PARTS:
        old, new, ours = (_told(one, part) for one in (before, live, status))
        if new == old:
            continue
        kept = {name: None if old[name] and not ours[name] else value for name, value in new.items()}
        others = [one for one in status.conditions or () if one.type not in part.conditions]
        update = {field: kept[field] for field in part.fields}
        conditions = (*others, *_conditions(kept[type] for type in part.conditions))
        status = status.model_copy(update={**update, "conditions": conditions})
    return status


def _told(status: EcrRepositoryStatus, part: _Part) -> dict[str, object]:
    fields = {field: getattr(status, field) for field in part.fields}
    return {**fields, **{type: status.condition(type) for type in part.conditions}}


def _conditions(found: Iterable[object]) -> Iterable[Condition]:
    return (one for one in found if isinstance(one, Condition))
