"""The findings of repositories as metrics."""

import heapq
from collections.abc import Iterable, Iterator
from typing import Final

from ecr_operator.controllers.subject import Json, object_key
from ecr_operator.metrics import Findings
from ecr_operator.planning.image_scan import CRITICAL, HIGH, MEDIUM

REPOSITORIES_MAX: Final = 2000
"""How many have series of their own: those with the worst findings, where there are more."""
_SEVERITIES: Final = (CRITICAL, HIGH, MEDIUM)


def findings(objects: Iterable[Json]) -> Iterator[Findings]:
    """The findings of each repository's worst reported image, as its status has them.

    A severity that `worst` leaves out has no series: it is not known to have none.
    """
    known = (
        (tuple(int(worst.get(severity, 0)) for severity in _SEVERITIES), object_key(obj), worst)
        for obj in objects
        if (worst := ((obj.get("status") or {}).get("scan") or {}).get("worst")) is not None
    )
    for _, (namespace, name), worst in heapq.nlargest(REPOSITORIES_MAX, known, key=lambda one: one[:2]):
        for severity in _SEVERITIES:
            if severity in worst:
                yield (namespace, name, severity), int(worst[severity])
