"""``*`` and ``?``, as IAM reads them in actions, resources and conditions; nothing else is special."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(4096)
def compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """The pattern as a regular expression."""
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(pattern: str, value: str, ignore_case: bool = False) -> bool:
    """Whether all of `value` fits `pattern`."""
    return compiled(pattern, ignore_case).fullmatch(value) is not None
