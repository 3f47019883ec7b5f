"""Which tags the patterns and prefixes of lifecycle rules match, compared with each other.

In a pattern `*` stands for any characters, none included (ECR User Guide, "Lifecycle policy properties").
"""

import re

from ecr_operator.api.lifecycle import LifecycleSelection, LifecycleTagStatus


def patterns(selection: LifecycleSelection) -> tuple[str, ...]:
    """What an image's tags must match, each of them; a prefix as the pattern that it stands for."""
    prefixes = selection.tag_prefix_list or ()
    return tuple(dict.fromkeys([*(selection.tag_pattern_list or ()), *(f"{prefix}*" for prefix in prefixes)]))


def matches_all(pattern: str, other: str) -> bool:
    """Whether a pattern matches every tag that the other one matches."""
    # A star of the other one is a character that only a star matches: so would all that it stands for.
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return re.fullmatch(expression, other, re.DOTALL) is not None


def selects_all(selection: LifecycleSelection, other: LifecycleSelection) -> bool:
    """Whether every image whose tags fit the other selection fits this one, whatever its age."""
    if selection.tag_status == LifecycleTagStatus.ANY:
        return True
    if selection.tag_status != other.tag_status:
        return False
    # An entry is met by the very tag that meets the other's entry.
    return all(
        any(matches_all(pattern, theirs) for theirs in patterns(other)) for pattern in patterns(selection)
    )


def selects_all_tagged(selection: LifecycleSelection) -> bool:
    """Whether every image that has a tag fits."""
    tagged = selection.tag_status == LifecycleTagStatus.TAGGED
    return tagged and all(matches_all(pattern, "*") for pattern in patterns(selection))
