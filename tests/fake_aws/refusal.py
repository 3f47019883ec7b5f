"""How AWS refused a call: for tests to compare in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True, slots=True)
class Refusal:
    """Code, message, HTTP status and the whole answer."""

    code: str
    message: str
    status: int
    answer: dict[str, Any]


def refusal_of(call: Callable[..., Any], **parameters: Any) -> Refusal:
    """The refusal of a call; that AWS took it is an error."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        details = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return Refusal(details["Code"], details.get("Message", ""), status, dict(error.response))
    raise AssertionError(f"AWS took it: {str(answer)[:500]}")


def code_of(call: Callable[..., Any], **parameters: Any) -> str | None:
    """The code of a refusal, or None for a call that AWS takes."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None
