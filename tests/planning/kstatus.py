"""How Flux, Argo CD and `kubectl wait` read an object: kstatus' rules for a custom resource.

After fluxcd/cli-utils, `pkg/kstatus/status/generic.go` and `status.go`.
"""

from enum import StrEnum
from typing import Any


class Health(StrEnum):
    """kstatus' own words."""

    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    CURRENT = "Current"
    TERMINATING = "Terminating"


def health(obj: dict[str, Any]) -> Health:
    """What a GitOps tool makes of the object, as it is on the wire."""
    metadata, status = obj["metadata"], obj.get("status", {})
    conditions = {entry["type"]: entry["status"] for entry in status.get("conditions", ())}
    if "deletionTimestamp" in metadata:
        return Health.TERMINATING
    if "observedGeneration" in status and status["observedGeneration"] != metadata["generation"]:
        return Health.IN_PROGRESS
    if conditions.get("Reconciling") == "True":
        return Health.IN_PROGRESS
    if conditions.get("Stalled") == "True":
        return Health.FAILED
    if "Ready" in conditions:
        # False and Unknown alike: without Stalled a tool waits until its time-out.
        return Health.CURRENT if conditions["Ready"] == "True" else Health.IN_PROGRESS
    return Health.CURRENT


def waits_for(obj: dict[str, Any], type: str) -> bool:
    """Whether `kubectl wait --for=condition=<type>` goes on waiting."""
    for entry in obj.get("status", {}).get("conditions", ()):
        if entry["type"] == type:
            behind = entry.get("observedGeneration", 0) < obj["metadata"]["generation"]
            return entry["status"] != "True" or ("observedGeneration" in entry and behind)
    return True
