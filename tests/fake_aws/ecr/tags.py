"""The rules for tags on repositories.

Source: ECR User Guide, "Tagging a private repository": at most 50 tags, keys to 128 and values to 256
characters of letters, digits, spaces and ``_ . : / = + - @``, each key once, ``aws:`` is reserved; API
reference of TagResource ("A tag with an existing key gets the new value") and its errors.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from ..aws_error import AwsError

MOST_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256
PUNCTUATION = frozenset("_.:/=+-@")
CATEGORIES = frozenset("LNZ")
"""Unicode letters, digits and separators."""


def invalid_tag(message: str) -> AwsError:
    """ECR's error for a tag that it does not take."""
    return AwsError("InvalidTagParameterException", message)


def check_text(text: str, what: str, longest: int) -> None:
    """Refuse a key or a value that is too long or holds other characters than AWS takes."""
    if len(text) > longest:
        raise invalid_tag(f"Invalid parameter: the tag {what} must be at most {longest} characters long")
    if any(
        letter not in PUNCTUATION and unicodedata.category(letter)[0] not in CATEGORIES for letter in text
    ):
        raise invalid_tag(f"Invalid parameter: the tag {what} has characters that are not allowed")


def check_key(key: str) -> None:
    """Refuse an empty, reserved or malformed key."""
    if not key:
        raise invalid_tag("Invalid parameter: the tag key must be at least 1 character long")
    if key.lower().startswith("aws:"):
        raise invalid_tag("Invalid parameter: tag keys that begin with 'aws:' are reserved for system use")
    check_text(key, "key", LONGEST_KEY)


def checked(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request as a dict, or the refusal of the first that is not valid."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        check_key(key)
        check_text(value, "value", LONGEST_VALUE)
        if key in found:
            raise invalid_tag(f"Invalid parameter: the tag key '{key}' is given more than once")
        found[key] = value
    return found


def merged(present: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The tags after TagResource: new keys are added, known ones overwritten, and at most 50 remain."""
    result = {**present, **added}
    if len(result) > MOST_TAGS:
        raise AwsError(
            "TooManyTagsException",
            "The list of tags on the repository is over the limit. The maximum number of tags that can be "
            f"applied to a repository is {MOST_TAGS}.",
        )
    return result
