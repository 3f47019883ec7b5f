"""The text of a lifecycle policy: as it is sent, and whether AWS holds the same.

AWS returns rules sorted by priority; `storageClass: standard` means what leaving it out means, and the order
of a rule's prefixes or patterns means nothing (ECR User Guide, "Lifecycle policy properties"). AWS refuses
nulls, so none is ever sent.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from ecr_operator.api.lifecycle import LifecycleRule

TEXT_MAX: Final = 30_720
"""Characters of `lifecyclePolicyText` (botocore's model of ECR)."""
_LISTS: Final = ("tagPrefixList", "tagPatternList")


def lifecycle_text(rules: Iterable[LifecycleRule]) -> str:
    """The policy as compact JSON; equal for rules of equal meaning."""
    return _canonical([rule.to_json() for rule in rules])


def same_lifecycle(text: str, there: str | None) -> bool:
    """Whether AWS's text `there` means the same as `text`. What cannot be read is another policy."""
    return there is not None and canonical_text(there) == text


def canonical_text(there: str | None) -> str | None:
    """AWS's text in the form of `lifecycle_text`; None where there is none, or none that can be read."""
    try:
        return None if there is None else _canonical(json.loads(there)["rules"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def rule_count(text: str) -> int:
    """How many rules a text of ours holds."""
    return len(json.loads(text)["rules"])


def oversize(text: str) -> str:
    """A sentence where a text has more characters than AWS takes; else the empty string."""
    if len(text) <= TEXT_MAX:
        return ""
    return (
        f"The lifecycle policy has {len(text):,} characters, AWS allows {TEXT_MAX:,}; "
        "shorten descriptions or use fewer rules"
    )


def _canonical(rules: list[dict[str, Any]]) -> str:
    ordered = sorted(rules, key=lambda rule: int(rule["rulePriority"]))
    document = {"rules": [_rule(rule) for rule in ordered]}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    selection = {
        name: sorted(value) if name in _LISTS else value
        for name, value in _stated(rule["selection"]).items()
        if (name, value) != ("storageClass", "standard")
    }
    return _stated(rule) | {"selection": selection, "action": _stated(rule["action"])}


def _stated(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
