"""Tag mutability and its exclusion filters.

Source: API reference of CreateRepository, PutImageTagMutability and ImageTagMutabilityExclusionFilter; User
Guide, "Preventing image tags from being overwritten": filters are wildcards, at most 5, at most 2 ``*`` in
each; IMMUTABLE_WITH_EXCLUSION leaves the matching tags mutable, MUTABLE_WITH_EXCLUSION makes them
immutable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..aws_error import invalid_parameter

MOST_WILDCARDS = 2
FIELD_NAME = "ImageTagMutabilityExclusionFilters"

Filter = Mapping[str, str]


def check_exclusions(mutability: str | None, filters: list[dict[str, Any]] | None) -> None:
    """Refuse filters without ``*_WITH_EXCLUSION``, it without filters, and too many wildcards in one."""
    field = "imageTagMutabilityExclusionFilters"
    with_exclusion = (mutability or "").endswith("_WITH_EXCLUSION")
    if with_exclusion and not filters:
        raise invalid_parameter(
            field,
            f"{FIELD_NAME} can't be null when imageTagMutability is set as {mutability}",
        )
    if filters and not with_exclusion:
        raise invalid_parameter(
            field,
            f"{FIELD_NAME} must be null when imageTagMutability is set as {mutability or 'MUTABLE'}",
        )
    for number, one in enumerate(filters or [], 1):
        if one["filter"].count("*") > MOST_WILDCARDS:
            raise invalid_parameter(
                f"{field}.{number}.member.filter", f"must have at most {MOST_WILDCARDS} wildcards (*)"
            )


def may_move(tag: str, mutability: str, filters: Iterable[Filter] | None) -> bool:
    """Whether a push may take `tag` away from the image that has it."""
    excluded = any(fnmatchcase(tag, one["filter"]) for one in filters or ())
    if mutability == "IMMUTABLE":
        return False
    if mutability == "IMMUTABLE_WITH_EXCLUSION":
        return excluded
    if mutability == "MUTABLE_WITH_EXCLUSION":
        return not excluded
    return True
