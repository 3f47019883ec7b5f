"""Images for lifecycle policies, with ages instead of times."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.planning.lifecycle_evaluation import Verdict, evaluate
from ecr_operator.planning.lifecycle_image import Image
from tests.api.lifecycle_examples import Rule

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ARCHIVED = LifecycleStorageClass.ARCHIVE


def ago(days: float) -> datetime:
    """So many days before `NOW`."""
    return NOW - timedelta(days=days)


def image(digest: str, *tags: str, days: float = 1, **more: Any) -> Image:
    """An image that was pushed so many days ago."""
    return Image(digest, ago(days), tags, **more)


def archived(digest: str, *tags: str, days: float, pushed: float = 900, **more: Any) -> Image:
    """An image that was archived so many days ago."""
    return image(digest, *tags, days=pushed, storage_class=ARCHIVED, archived_at=ago(days), **more)


def index(digest: str, *tags: str, children: str, days: float = 1, **more: Any) -> Image:
    """An index of images whose digests have one letter."""
    return image(digest, *tags, days=days, is_index=True, children=tuple(children), **more)


def verdicts(rules: list[Rule], *images: Image, days: float = 0) -> dict[str, Verdict]:
    """What the rules do so many days from `NOW`."""
    policy = LifecyclePolicy.from_json({"rules": rules})
    return evaluate(policy.rules, images, NOW + timedelta(days=days))


def acted(found: dict[str, Verdict]) -> dict[str, str]:
    """What is acted on, as `expire 1` or `transition 2`."""
    return {digest: f"{one.action} {one.rule}" for digest, one in found.items() if one.action}
