"""What ECR takes in a lifecycle policy, and somebody will regret.

It rests on the ECR User Guide, "Automate the cleanup of images by using lifecycle policies", and on outages
that lifecycle policies have caused. Rules of standard and of archived images do not meet: what is said of
rules before or after one another is said within a storage class.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ecr_operator.api.lifecycle import (
    LifecycleActionType,
    LifecycleCountType,
    LifecycleRule,
    LifecycleTagStatus,
)
from ecr_operator.planning.tag_matching import selects_all, selects_all_tagged

UNTAGGED_DAYS: Final = 2
"""Untagged images that are expired sooner than after so many days are worth a warning."""
NAMED: Final = 5
"""So many rules are named; a sentence has to fit into a status, which takes 512 characters."""


class Check(StrEnum):
    """The warnings, by the names under which the documentation explains them."""

    SEVERAL_PATTERNS = "SeveralPatterns"
    NEVER_ACTS = "NeverActs"
    KEPT_TOO_LATE = "KeptTooLate"
    NOTHING_KEPT = "NothingKept"
    COUNTS_PLATFORMS = "CountsPlatforms"
    COUNTS_OTHERS = "CountsOthers"
    UNTAGGED_TOO_SOON = "UntaggedTooSoon"
    PULL_TIME_MISLEADS = "PullTimeMisleads"
    ARCHIVE_SAVES_NOTHING = "ArchiveSavesNothing"


@dataclass(frozen=True, slots=True)
class LifecycleWarning:
    """One thing about one rule."""

    check: Check
    rule_priority: int
    field: str
    """What it is about, from the rule on, for example `selection.countNumber`."""
    sentence: str
    """Says what may happen and what to write instead, in at most 512 characters."""


def lifecycle_warnings(rules: Iterable[LifecycleRule]) -> tuple[LifecycleWarning, ...]:
    """Return the warnings about rules that ECR takes, in the order of their priorities."""
    ordered = sorted(rules, key=lambda rule: rule.rule_priority)
    result = []
    for index, rule in enumerate(ordered):
        storage_class = rule.selection.effective_storage_class
        fellows = [
            (place, other)
            for place, other in enumerate(ordered)
            if other is not rule and other.selection.effective_storage_class == storage_class
        ]
        around = _Around(
            tuple(other for place, other in fellows if place < index),
            tuple(other for place, other in fellows if place > index),
        )
        for check, warn in _CHECKS.items():
            result += [
                LifecycleWarning(check, rule.rule_priority, field, sentence)
                for field, sentence in warn(rule, around)
            ]
    return tuple(result)


@dataclass(frozen=True, slots=True)
class _Around:
    """The other rules of a rule's storage class, in the order of their priorities."""

    before: tuple[LifecycleRule, ...]
    after: tuple[LifecycleRule, ...]


_Found = Iterator[tuple[str, str]]
"""The field, and the sentence."""


def _several_patterns(rule: LifecycleRule, around: _Around) -> _Found:
    selection = rule.selection
    lists = {"tagPatternList": selection.tag_pattern_list, "tagPrefixList": selection.tag_prefix_list}
    for field, entries in lists.items():
        if len(set(entries or ())) > 1:
            yield (
                f"selection.{field}",
                "several entries mean AND: an image is selected only when it has a tag for each of them; "
                "write a rule for each entry where one tag is enough",
            )


def _never_acts(rule: LifecycleRule, around: _Around) -> _Found:
    if shield := _shield(rule, around.before):
        yield (
            "selection",
            f"it never acts, because {shield}: an image belongs to the first rule that its tags fit, also "
            "where that rule keeps it; give this rule the lower `rulePriority`, or take it out",
        )


def _kept_too_late(rule: LifecycleRule, around: _Around) -> _Found:
    if not _keeps_some(rule) or rule.selection.tag_status != LifecycleTagStatus.TAGGED:
        return
    early = [
        other
        for other in around.before
        if _expires_by_age(other) and other.selection.tag_status == LifecycleTagStatus.TAGGED
    ]
    if early and not _shield(rule, around.before):
        yield (
            "rulePriority",
            f"an image that has a tag for {_named(early)} as well is expired there by its age, which counts "
            "from its push, although this rule would keep it; give this rule the lower `rulePriority`",
        )


def _nothing_kept(rule: LifecycleRule, around: _Around) -> _Found:
    if not _expires_by_age(rule) or rule.selection.tag_status == LifecycleTagStatus.UNTAGGED:
        return
    if _shield(rule, around.before):
        return
    everything = sorted([*around.before, rule, *around.after], key=lambda one: one.rule_priority)
    if not any(
        _keeps_some(other)
        and other.selection.tag_status != LifecycleTagStatus.UNTAGGED
        and not _shield(other, everything[:place])
        for place, other in enumerate(everything)
    ):
        days = rule.selection.count_number
        yield (
            "selection.countType",
            f"when nothing is pushed for {_days(days)}, it expires all that it selects, images in use too, "
            "and no rule of the policy keeps a number of images; put a rule with `imageCountMoreThan` before "
            "it, that selects what has to stay",
        )


def _counts_platforms(rule: LifecycleRule, around: _Around) -> _Found:
    if _keeps_some(rule) and rule.selection.tag_status == LifecycleTagStatus.ANY:
        yield (
            "selection.countNumber",
            f"untagged images count among the {rule.selection.count_number} that it keeps, and an image for "
            "several platforms may count once for each of them: fewer releases stay than it seems; select "
            '`tagged` with `tagPatternList: ["*"]`, and give untagged images a rule of their own',
        )


def _counts_others(rule: LifecycleRule, around: _Around) -> _Found:
    if not _keeps_some(rule) or _shield(rule, around.before):
        return
    counted = [
        other
        for other in around.before
        if other.selection.tag_status == LifecycleTagStatus.TAGGED
        and selects_all(rule.selection, other.selection)
    ]
    kept = sum(other.selection.count_number for other in counted)
    number = rule.selection.count_number
    if counted and not (all(map(_keeps_some, counted)) and number > kept):
        yield (
            "selection.countNumber",
            f"it counts the images of {_named(counted)} too: when these are the {number} newest, it keeps "
            "none of its own; let the rules select different tags, or let `countNumber` be more than what "
            "those rules keep by number",
        )


def _untagged_too_soon(rule: LifecycleRule, around: _Around) -> _Found:
    selection = rule.selection
    if (
        _expires_by_age(rule)
        and selection.tag_status == LifecycleTagStatus.UNTAGGED
        and selection.count_number < UNTAGGED_DAYS
    ):
        yield (
            "selection.countNumber",
            f"its age counts from the push: an image of {_days(selection.count_number)} is expired as soon "
            "as its tag has moved on, while workloads may still run it by digest; write 7 days or more",
        )


def _pull_time_misleads(rule: LifecycleRule, around: _Around) -> _Found:
    if rule.selection.count_type == LifecycleCountType.SINCE_IMAGE_PULLED:
        yield (
            "selection.countType",
            "the last pull says little about use: a node that holds an image, and Lambda, run it without a "
            "pull, and once archived it cannot be pulled; put a rule before it that keeps what may be in use",
        )


def _archive_saves_nothing(rule: LifecycleRule, around: _Around) -> _Found:
    if rule.action.type == LifecycleActionType.TRANSITION:
        yield (
            "action.type",
            "up to 150 TB an archived image costs as much as any other, is billed for at least 90 days, and "
            "cannot be pulled until it is restored for a fee; expire it, or archive only what has to be kept",
        )


_CHECKS: Final[dict[Check, Callable[[LifecycleRule, _Around], _Found]]] = {
    Check.SEVERAL_PATTERNS: _several_patterns,
    Check.NEVER_ACTS: _never_acts,
    Check.KEPT_TOO_LATE: _kept_too_late,
    Check.NOTHING_KEPT: _nothing_kept,
    Check.COUNTS_PLATFORMS: _counts_platforms,
    Check.COUNTS_OTHERS: _counts_others,
    Check.UNTAGGED_TOO_SOON: _untagged_too_soon,
    Check.PULL_TIME_MISLEADS: _pull_time_misleads,
    Check.ARCHIVE_SAVES_NOTHING: _archive_saves_nothing,
}


def _keeps_some(rule: LifecycleRule) -> bool:
    """Whether the newest images of its selection stay, however old they are."""
    return rule.selection.count_type == LifecycleCountType.IMAGE_COUNT_MORE_THAN


def _expires_by_age(rule: LifecycleRule) -> bool:
    by_age = rule.selection.count_type == LifecycleCountType.SINCE_IMAGE_PUSHED
    return by_age and rule.action.type == LifecycleActionType.EXPIRE


def _shield(rule: LifecycleRule, before: Iterable[LifecycleRule]) -> str | None:
    """Which earlier rules leave this one nothing, in words; None where they leave something."""
    earlier = list(before)
    for other in earlier:
        if selects_all(other.selection, rule.selection):
            return f"rule {other.rule_priority} comes first and selects all of its images"
    if rule.selection.tag_status == LifecycleTagStatus.ANY:
        tagged = [other for other in earlier if selects_all_tagged(other.selection)]
        untagged = [other for other in earlier if other.selection.tag_status == LifecycleTagStatus.UNTAGGED]
        if tagged and untagged:
            return f"{_named([tagged[0], untagged[0]])} come first and select all images"
    return None


def _named(rules: Iterable[LifecycleRule]) -> str:
    numbers = [str(number) for number in sorted(rule.rule_priority for rule in rules)]
    if len(numbers) > NAMED:
        numbers[NAMED - 1 :] = [f"{len(numbers) - NAMED + 1} more"]
    if len(numbers) == 1:
        return f"rule {numbers[0]}"
    return f"rules {', '.join(numbers[:-1])} and {numbers[-1]}"


def _days(number: int) -> str:
    return f"{number} day{'s' * (number != 1)}"
