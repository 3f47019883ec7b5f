"""What makes most of the drawn specs valid: the CRD's rules between fields, obeyed.

No rule is checked here. The API server does that; a spec that still breaks one is drawn again.
"""

from random import Random
from typing import Any

Spec = dict[str, Any]

GRANTS = {"pull": "accounts", "push": "accounts", "lambda": "accounts"}
ACCOUNT = "210987654321"


def mend(spec: Spec, random: Random) -> Spec:
    """The spec with what goes together, and without what does not."""
    if str(spec.get("imageTagMutability", "")).endswith("_WITH_EXCLUSION"):
        spec.setdefault(
            "imageTagMutabilityExclusionFilters", [{"filterType": "WILDCARD", "filter": "latest"}]
        )
    else:
        spec.pop("imageTagMutabilityExclusionFilters", None)
    for grant in spec.get("access", {}).values():
        if not grant:
            grant["accounts"] = [ACCOUNT]
    for statement in spec.get("repositoryPolicy", {}).get("statements", ()):
        _mend_statement(statement, random)
    if "lifecyclePolicy" in spec:
        _mend_rules(spec["lifecyclePolicy"]["rules"], random)
    found: Spec = _without_doubles(spec)
    return found


def _mend_statement(statement: dict[str, Any], random: Random) -> None:
    for member, default in (("Principal", {"AWS": ACCOUNT}), ("Action", "ecr:BatchGetImage")):
        if member in statement or f"Not{member}" not in statement:
            statement.setdefault(member, default)
            statement.pop(f"Not{member}", None)
    if "NotPrincipal" in statement:
        statement["Effect"] = "Deny"
    if statement["Effect"] == "Deny":
        # One that locks out the operator is refused; now and then that is wanted, too.
        statement.setdefault("Condition", {"Bool": {"aws:SecureTransport": "false"}})
        if random.random() < 0.05:
            del statement["Condition"]


def _mend_rules(rules: list[dict[str, Any]], random: Random) -> None:
    priorities = sorted(random.sample(range(1, 10), len(rules)))
    # The rule for any image has the highest number of its storage class.
    rules.sort(key=lambda rule: rule["selection"]["tagStatus"] == "any")
    for rule, priority in zip(rules, priorities, strict=True):
        rule["rulePriority"] = priority
        selection, action = rule["selection"], rule["action"]
        _mend_selection(selection)
        if selection["countType"] == "sinceImagePulled":
            action["type"] = "transition"
        if selection["countType"] == "sinceImageTransitioned" or selection.get("storageClass") == "archive":
            action["type"] = "expire"
        action.pop("targetStorageClass", None)
        if action["type"] == "transition":
            action["targetStorageClass"] = "archive"
    random.shuffle(rules)


def _mend_selection(selection: dict[str, Any]) -> None:
    patterns, prefixes = selection.pop("tagPatternList", None), selection.pop("tagPrefixList", None)
    if selection["tagStatus"] == "tagged":
        if prefixes and not patterns:
            selection["tagPrefixList"] = prefixes
        else:
            selection["tagPatternList"] = patterns or ["v*"]
    selection.pop("countUnit", None)
    if selection["countType"] != "imageCountMoreThan":
        selection["countUnit"] = "days"
    if selection["countType"] == "sinceImageTransitioned":
        selection["storageClass"] = "archive"
        selection["countNumber"] = max(90, selection["countNumber"])


def _without_doubles(value: Any) -> Any:
    """Lists here are sets to the CRD: of accounts, filters, Sids. Entries of one `Sid` are doubles, too."""
    if isinstance(value, dict):
        return {name: _without_doubles(item) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for item in map(_without_doubles, value):
        named = isinstance(item, dict) and any(one.get("Sid") == item.get("Sid", "") for one in found)
        if item not in found and not named:
            found.append(item)
    return found
