"""What a lifecycle policy may say, rule by rule.

Source: ECR User Guide, "Lifecycle policy properties" (members, values, which count type goes with which unit
and storage class) and "Examples of lifecycle policies" (`sinceImagePulled` only with `transition`,
`sinceImageTransitioned` only with `expire`, the `archive` storage class and at least 90 days); service
quotas: 50 rules. The words are those that people have got from ECR (cloudposse/terraform-aws-ecr#158: a
`null` member matches none of two schemas; "Only one rule can select Untagged images per storage class.",
"Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.", "Rule for tagStatus=ANY must have the
lowest priority per storage class") or those of the JSON schema validator that speaks in them; for what no
report quotes they are inferred.

Inferred: that a policy has at least one rule, a tag list at least one entry of at least one character, and
that `expire` takes no `targetStorageClass`.
"""

from __future__ import annotations

import json
from typing import Any

from ..aws_error import AwsError, invalid_parameter

MOST_RULES = 50
MOST_WILDCARDS = 4
LEAST_DAYS_ARCHIVED = 90

SELECTION_MEMBERS = frozenset(
    {"tagStatus", "tagPatternList", "tagPrefixList", "storageClass", "countType", "countUnit", "countNumber"}
)
SINCE = frozenset({"sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"})
COUNT_TYPES = frozenset({"imageCountMoreThan", *SINCE})

Rule = dict[str, Any]


def failure(why: str) -> AwsError:
    """The refusal of a lifecycle policy."""
    return invalid_parameter("LifecyclePolicyText", f"Lifecycle policy validation failure: {why}")


def no_schema() -> AwsError:
    """The refusal of a selection or an action that fits neither schema."""
    return failure("instance failed to match exactly one schema (matched 0 out of 2)")


def rules_of(text: str) -> list[Rule]:
    """The rules of a valid policy, or the refusal of the first thing that is wrong."""
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict):
        raise failure("Could not map policyString into LifecyclePolicy.")
    check_members(policy, required={"rules"}, optional=set())
    rules = policy["rules"]
    check_type(rules, list, "array")
    if not rules:
        raise failure("array is too short: must have at least 1 elements but instance has 0 elements")
    if len(rules) > MOST_RULES:
        raise failure(
            f"array is too long: must have at most {MOST_RULES} elements "
            f"but instance has {len(rules)} elements"
        )
    for rule in rules:
        check_rule(rule)
    check_together(rules)
    return rules


def check_rule(rule: Any) -> None:
    """Check one rule by itself."""
    check_type(rule, dict, "object")
    check_members(rule, required={"rulePriority", "selection", "action"}, optional={"description"})
    check_positive(rule["rulePriority"])
    if "description" in rule:
        check_type(rule["description"], str, "string")
    check_type(rule["selection"], dict, "object")
    check_type(rule["action"], dict, "object")
    check_selection(rule["selection"])
    check_action(rule["action"], rule["selection"]["countType"])


def check_selection(selection: dict[str, Any]) -> None:
    """Check which images a rule selects."""
    required = {"tagStatus", "countType", "countNumber"}
    check_members(selection, required, set(SELECTION_MEMBERS - required))
    if None in selection.values():
        raise no_schema()
    check_enum(selection["tagStatus"], ("tagged", "untagged", "any"))
    check_tags(selection)
    check_positive(selection["countNumber"])
    count_type = selection["countType"]
    if not isinstance(count_type, str) or count_type not in COUNT_TYPES:
        raise no_schema()
    if selection.get("countUnit") != ("days" if count_type in SINCE else None):
        raise no_schema()
    if count_type == "sinceImageTransitioned":
        if selection.get("storageClass") != "archive":
            raise no_schema()
        if selection["countNumber"] < LEAST_DAYS_ARCHIVED:
            raise failure(
                f"numeric instance is lower than the required minimum (minimum: {LEAST_DAYS_ARCHIVED}, "
                f"found: {selection['countNumber']})"
            )
    elif selection.get("storageClass", "standard") != "standard":
        raise no_schema()


def check_tags(selection: dict[str, Any]) -> None:
    """Check that tagged images are selected by patterns or prefixes, and no others by either."""
    lists = [selection[name] for name in ("tagPatternList", "tagPrefixList") if name in selection]
    if selection["tagStatus"] != "tagged":
        if lists:
            raise failure("tagPrefixList and tagPatternList may only be specified when tagStatus=TAGGED.")
        return
    if not lists:
        raise failure("Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.")
    if len(lists) > 1:
        raise failure("Only one of tagPrefixList and tagPatternList may be specified.")
    (entries,) = lists
    check_type(entries, list, "array")
    if not entries:
        raise failure("Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.")
    for entry in entries:
        check_type(entry, str, "string")
        if not entry:
            raise failure('string "" is too short (length: 0, required minimum: 1)')
        if "tagPatternList" in selection and entry.count("*") > MOST_WILDCARDS:
            raise failure(f"Tag pattern {entry} has more than {MOST_WILDCARDS} wildcards.")


def check_action(action: dict[str, Any], count_type: str) -> None:
    """Check what a rule does, and that it goes with how it counts."""
    check_members(action, required={"type"}, optional={"targetStorageClass"})
    check_enum(action["type"], ("expire", "transition"))
    transition = action["type"] == "transition"
    if transition and "targetStorageClass" not in action:
        raise failure('object has missing required properties (["targetStorageClass"])')
    if "targetStorageClass" in action and (not transition or action["targetStorageClass"] != "archive"):
        raise no_schema()
    if count_type == "sinceImagePulled" and not transition:
        raise failure("countType=sinceImagePulled may only be used with action type transition.")
    if count_type == "sinceImageTransitioned" and transition:
        raise failure("countType=sinceImageTransitioned may only be used with action type expire.")


def check_together(rules: list[Rule]) -> None:
    """Check what no rule can break by itself: unique priorities, and per storage class one `untagged` rule,
    one `any` rule that comes last, and unique prefixes.

    Source: "Lifecycle policy properties"; "How lifecycle policies work" (per storage class). AWS's example
    "Combining archive and expire rules" has an `any` rule in each class. That patterns need not be unique is
    inferred: only prefixes are spoken of.
    """
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise failure("Rule priorities must be unique.")
    for storage_class in ("standard", "archive"):
        check_class([rule for rule in rules if class_of(rule) == storage_class])


def check_class(rules: list[Rule]) -> None:
    """Check the rules of one storage class together."""
    by_status: dict[str, list[Rule]] = {}
    for rule in rules:
        by_status.setdefault(rule["selection"]["tagStatus"], []).append(rule)
    if len(by_status.get("untagged", ())) > 1:
        raise failure("Only one rule can select Untagged images per storage class.")
    last = max((rule["rulePriority"] for rule in rules), default=0)
    if any(rule["rulePriority"] != last for rule in by_status.get("any", ())):
        raise failure("Rule for tagStatus=ANY must have the lowest priority per storage class")
    prefixes = [
        prefix for rule in rules for prefix in dict.fromkeys(rule["selection"].get("tagPrefixList", ()))
    ]
    if len(set(prefixes)) < len(prefixes):
        raise failure("Tag prefixes must be unique across rules per storage class.")


def class_of(rule: Rule) -> str:
    """The storage class that a rule selects ("If you omit this, the value of `standard` will be used")."""
    return str(rule["selection"].get("storageClass", "standard"))


def check_members(value: dict[str, Any], required: set[str], optional: set[str]) -> None:
    """Refuse missing and unknown members."""
    if missing := sorted(required - value.keys()):
        raise failure(f"object has missing required properties ({json.dumps(missing)})")
    if unknown := sorted(value.keys() - required - optional):
        raise failure(
            f"object instance has properties which are not allowed by the schema: ({json.dumps(unknown)})"
        )


def check_type(value: Any, expected: type, name: str) -> None:
    """Refuse a value of another JSON type."""
    if not isinstance(value, expected):
        raise failure(
            f"instance type ({json_type(value)}) does not match any allowed primitive type "
            f'(allowed: ["{name}"])'
        )


def check_positive(value: Any) -> None:
    """Refuse anything but a positive integer."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise failure(
            f"instance type ({json_type(value)}) does not match any allowed primitive type "
            '(allowed: ["integer"])'
        )
    if value < 1:
        raise failure(f"numeric instance is lower than the required minimum (minimum: 1, found: {value})")


def check_enum(value: Any, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is none of those allowed."""
    if value not in allowed:
        raise failure(
            f"instance value ({json.dumps(value)}) not found in enum (possible values: {json.dumps(allowed)})"
        )


def json_type(value: Any) -> str:
    """What JSON calls the type of a value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names[type(value)]
