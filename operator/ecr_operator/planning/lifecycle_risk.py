"""Which images in use a lifecycle policy would act on soon, if nothing changed: judged ahead of AWS.

AWS acts within 24 hours, and pull times lag behind by as much, so that the policy is judged 48 hours
ahead. Until then images are pushed as well: as many as in the last 48 hours count as pushed already where a
rule counts images.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ecr_operator.api.lifecycle import LifecycleActionType, LifecycleCountType, LifecycleRule
from ecr_operator.planning.lifecycle_evaluation import evaluate, matcher
from ecr_operator.planning.lifecycle_image import Image

HORIZON: Final = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Risk:
    """An image in use that the policy would act on."""

    digest: str
    tag: str | None
    rule: int
    action: LifecycleActionType
    at: datetime
    """When the rule begins to select it, at the earliest; not before the judgement itself."""
    is_index: bool
    is_due: bool = False
    """`at` is no date but the judgement's own time, which is another one at each."""

    def describe(self) -> str:
        """As a person reads it."""
        name = f"'{self.tag}' ({self.digest[:19]})" if self.tag else self.digest[:19]
        verb = "expire" if self.action == LifecycleActionType.EXPIRE else "archive"
        at = self.at.astimezone(UTC)
        # Else a status would say something new each time.
        when = "at one of its next runs" if self.is_due else f"from {at:%Y-%m-%d %H:%M} UTC on"
        return f"rule {self.rule} would {verb} image {name} {when}"


def risks(
    rules: Iterable[LifecycleRule],
    images: Sequence[Image],
    in_use: Collection[str],
    now: datetime,
    horizon: timedelta = HORIZON,
) -> tuple[Risk, ...]:
    """The images of `in_use` (digests) that would be acted on until `now` + `horizon`, soonest first."""
    ahead = tuple(_ahead(rule, images, now, horizon) for rule in rules)
    by_priority = {rule.rule_priority: rule for rule in ahead}
    by_digest = {image.digest: image for image in images}
    verdicts = evaluate(ahead, images, now + horizon)
    found = []
    for image in images:
        verdict = verdicts[image.digest]
        if image.digest not in in_use or verdict.action is None or verdict.rule is None:
            continue
        # A signature goes with its subject, which may be a signature itself, however old it is.
        first = image
        while subject := verdicts[first.digest].follows:
            first = by_digest[subject]
        since = _since(by_priority[verdict.rule], first, now)
        found.append(
            Risk(
                image.digest,
                min(image.tags, default=None),
                verdict.rule,
                verdict.action,
                since,
                image.is_index,
                is_due=since == now,
            )
        )
    return tuple(sorted(found, key=lambda risk: (risk.at, risk.tag or "", risk.digest)))


def _ahead(rule: LifecycleRule, images: Iterable[Image], now: datetime, horizon: timedelta) -> LifecycleRule:
    """The rule with room for the images that will have been pushed, if pushes go on as they did."""
    selection = rule.selection
    if selection.count_type != LifecycleCountType.IMAGE_COUNT_MORE_THAN:
        return rule
    matches = matcher(selection)
    pushed = sum(
        image.pushed_at > now - horizon
        and image.storage_class == selection.effective_storage_class
        and matches(image)
        for image in images
    )
    number = max(1, selection.count_number - pushed)
    return rule.model_copy(update={"selection": selection.model_copy(update={"count_number": number})})


def _since(rule: LifecycleRule, image: Image, now: datetime) -> datetime:
    selection = rule.selection
    if selection.count_type == LifecycleCountType.IMAGE_COUNT_MORE_THAN:
        return now
    # So many days may be more than a time can be, but not where they end before the horizon.
    return max(now, image.time_of(selection.count_type) + timedelta(days=selection.count_number))
