"""Images from a file, as `aws ecr describe-images --output json` prints them."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from ecr_operator.aws.images import described_image
from ecr_operator.cli.json_text import UnreadableError
from ecr_operator.cli.manifests import BYTE_ORDER_MARK, ManifestError, read_text
from ecr_operator.planning.lifecycle_image import Image

_TIMES: Final = ("imagePushedAt", "lastRecordedPullTime", "lastArchivedAt", "lastActivatedAt")
_COMMAND: Final = (
    "write it with `aws ecr describe-images --repository-name NAME --filter imageStatus=ANY --output json`"
)


def read_images(source: str) -> list[Image]:
    """Return the images of a file, or of standard input. Raises ManifestError."""
    try:
        value = json.loads(read_text(source).removeprefix(BYTE_ORDER_MARK))
    except UnreadableError as error:
        raise ManifestError(f"{source}:{error.line}: {error}") from error
    except json.JSONDecodeError as error:
        raise ManifestError(f"{source}:{error.lineno}: is not JSON: {error.msg}; {_COMMAND}") from error
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{source}: cannot be read as JSON; {_COMMAND}") from error
    details = value.get("imageDetails") if isinstance(value, dict) else value
    if not isinstance(details, list):
        raise ManifestError(f"{source}: holds no `imageDetails`; {_COMMAND}")
    images = [_image(detail, f"{source}: imageDetails[{at}]") for at, detail in enumerate(details)]
    names = sorted({str(detail.get("repositoryName")) for detail in details})
    if len(names) > 1:
        raise ManifestError(f"{source}: holds images of {', '.join(names)}; give those of one repository")
    return images


def _image(detail: Any, place: str) -> Image:
    if not isinstance(detail, dict):
        raise ManifestError(f"{place}: is no image; {_COMMAND}")
    tags = detail.get("imageTags") or []
    if not isinstance(detail.get("imageDigest"), str):
        raise ManifestError(f"{place}: imageDigest is missing; {_COMMAND}")
    if detail.get("imagePushedAt") is None:
        raise ManifestError(f"{place}: imagePushedAt is missing; {_COMMAND}")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ManifestError(f"{place}: imageTags is no list of tags; {_COMMAND}")
    return described_image(detail | {name: _time(detail.get(name), f"{place}: {name}") for name in _TIMES})


def _time(value: Any, place: str) -> datetime | None:
    """A time as the AWS CLI writes it: in ISO 8601, or (version 1) in seconds since 1970."""
    try:
        match value:
            case None:
                return None
            case str():
                return in_utc(value)
            case int() | float():
                return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise ManifestError(f"{place}: is no time; write one like 2026-11-28T09:30:00Z")


def in_utc(text: str) -> datetime:
    """A date or time of ISO 8601, in UTC where it does not say otherwise. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
