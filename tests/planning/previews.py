"""Previews of a lifecycle policy, as AWS may answer them."""

import json
from typing import Any

from ecr_operator.api.lifecycle import LifecycleActionType
from ecr_operator.planning.lifecycle_preview import Listed, PreviewState, PreviewStatus
from tests.api.lifecycle_examples import days_since, more_than, rule

EXPIRE, ARCHIVE = LifecycleActionType.EXPIRE, LifecycleActionType.TRANSITION


def text(*rules: Any) -> str:
    """The policy as it is sent: compact, its members in order."""
    return json.dumps({"rules": list(rules)}, sort_keys=True, separators=(",", ":"))


OURS = text(rule(1, days_since("Pushed", 14, "untagged")), rule(2, more_than(5, "any")))
THEIRS = text(rule(1, more_than(1, "any")))


def shown(policy: str) -> str:
    """The same policy as AWS may show it."""
    rules = json.loads(policy)["rules"]
    rules[0]["selection"]["storageClass"] = "standard"
    return json.dumps({"rules": rules[::-1]}, indent=2)


def state(
    status: str, policy: str | None = OURS, expiring: int | None = 0, archiving: int = 0
) -> PreviewState:
    """An answer of AWS."""
    return PreviewState(PreviewStatus(status), policy and shown(policy), expiring, archiving)


def digest(number: int) -> str:
    """A digest of SHA-256."""
    return f"sha256:{number:064x}"


def listed(number: int, *tags: str, action: LifecycleActionType = EXPIRE, rule_priority: int = 1) -> Listed:
    """An image that a preview lists."""
    return Listed(digest(number), tags, action, rule_priority)
