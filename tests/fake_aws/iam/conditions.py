"""The Condition element: operators, keys, and what holds of a request.

Source: IAM User Guide, "Condition operators" (all operators and keys of a statement must hold, one of a key's
values is enough, a negated operator none; ``...IfExists`` holds for a missing key; a missing key fails any
other operator and holds for a negated one), "Multivalued context keys" (``ForAllValues`` holds for a missing
key, ``ForAnyValue`` does not), "Global condition context keys" (key names, the tag's key in them too, ignore
case; values do not). An operator or key that is not known here is refused when the document is set: to AWS an
unknown key is merely missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import wildcards

Context = Mapping[str, tuple[str, ...]]
"""The keys that a request has, in lower case, with their values."""

TAG_KEY = re.compile(r"(aws:requesttag|aws:resourcetag|ecr:resourcetag)/.+", re.DOTALL)

MULTIVALUED = frozenset({"aws:tagkeys"})

SINGLE = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "kms:calleraccount",
        "kms:grantisforawsresource",
        "kms:viaservice",
        "sts:awsservicename",
        "sts:externalid",
        "sts:rolesessionname",
    }
)
"""Keys that are known beside those of tags."""


def equal(pattern: str, value: str) -> bool:
    """StringEquals."""
    return pattern == value


def equal_in_any_case(pattern: str, value: str) -> bool:
    """StringEqualsIgnoreCase; Bool."""
    return pattern.lower() == value.lower()


def arn_like(pattern: str, value: str) -> bool:
    """ArnLike, ArnEquals: "Each of the six colon-delimited components of the ARN is checked separately"."""
    parts, own = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(own) == 6 and all(map(wildcards.matches, parts, own))


OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (equal, True),
    "StringNotEquals": (equal, False),
    "StringEqualsIgnoreCase": (equal_in_any_case, True),
    "StringNotEqualsIgnoreCase": (equal_in_any_case, False),
    "StringLike": (wildcards.matches, True),
    "StringNotLike": (wildcards.matches, False),
    "ArnEquals": (arn_like, True),
    "ArnLike": (arn_like, True),
    "ArnNotEquals": (arn_like, False),
    "ArnNotLike": (arn_like, False),
    "Bool": (equal_in_any_case, True),
}
"""How each operator compares, and whether one value has to fit (or none may)."""

SETS = ("ForAllValues", "ForAnyValue")


class UnknownHereError(ValueError):
    """What IAM may know, and this fake does not."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key."""

    operator: str
    key: str
    values: tuple[str, ...]
    of_set: str | None = None
    if_exists: bool = False

    def holds(self, context: Context) -> bool:
        """Whether a request with these keys satisfies it."""
        found = context.get(self.key)
        if self.operator == "Null":
            return any((value.lower() == "true") == (found is None) for value in self.values)
        fits, wanted = OPERATORS[self.operator]
        if found is None:
            return self.if_exists or self.of_set == "ForAllValues" or (self.of_set is None and not wanted)
        each = (any(fits(pattern, value) for pattern in self.values) == wanted for value in found)
        return any(each) if self.of_set == "ForAnyValue" else all(each)


def parsed(element: object) -> tuple[Condition, ...]:
    """The conditions of a statement; ValueError for what IAM, or this fake, does not know."""
    if not isinstance(element, dict):
        raise ValueError("Condition is an object")
    conditions = []
    for operator, keys in element.items():
        of_set, _, name = operator.rpartition(":")
        if_exists = name.endswith("IfExists")
        name = name.removesuffix("IfExists")
        if of_set not in ("", *SETS) or (name not in OPERATORS and (name != "Null" or if_exists or of_set)):
            raise UnknownHereError(f"the operator {operator} is unknown to tests/fake_aws/iam/conditions.py")
        if not isinstance(keys, dict):
            raise ValueError(f"{operator} is an object of keys")
        for key, values in keys.items():
            check_key(key.lower(), of_set, name)
            listed = [str(one).lower() if isinstance(one, bool) else one for one in as_list(values)]
            if not all(isinstance(one, str) for one in listed) or any("${" in one for one in listed):
                raise UnknownHereError(f"{key}: values are strings; variables are unknown to this fake")
            conditions.append(Condition(name, key.lower(), tuple(listed), of_set or None, if_exists))
    return tuple(conditions)


def check_key(key: str, of_set: str, operator: str) -> None:
    """Refuse a key that no request here has, and a key of many values without ForAllValues or ForAnyValue."""
    if key in MULTIVALUED:
        if not of_set and operator != "Null":
            raise ValueError(f"{key} has many values: use it with ForAllValues or ForAnyValue")
    elif key not in SINGLE and not TAG_KEY.fullmatch(key):
        raise UnknownHereError(f"the condition key {key} is unknown to tests/fake_aws/iam/conditions.py")


def as_list(value: object) -> list[object]:
    """A list, or the list of the one value."""
    return value if isinstance(value, list) else [value]
