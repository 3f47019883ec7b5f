"""Pages and their tokens, for DescribeRepositories, ListImages, DescribeImages and GetLifecyclePolicyPreview.

Source: botocore's ecr model: "maxResults ... between 1 and 1000. If this parameter is not used, then ... up
to 100 results and a nextToken value, if applicable"; a token "should be treated as an opaque identifier".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from ..aws_error import invalid_parameter
from ..behaviour import BEHAVIOUR

DEFAULT_PAGE = 100

SIGNING_KEY = secrets.token_bytes(16)
"""A token that this process has not signed is refused: nothing but a token of ours can be passed on."""

Item = TypeVar("Item")


def signature(payload: bytes) -> bytes:
    """The proof that a token is ours."""
    return hmac.new(SIGNING_KEY, payload, hashlib.sha256).digest()[:12]


def token_of(listing: str, after: Any) -> str:
    """The token that continues `listing` behind the position `after`."""
    payload = json.dumps([listing, after]).encode()
    return base64.urlsafe_b64encode(signature(payload) + payload).decode()


def position_of(token: str, listing: str) -> Any:
    """The position behind which a token continues; refused unless it was given out for this very listing."""
    try:
        raw = base64.urlsafe_b64decode(token.encode())
        proof, payload = raw[:12], raw[12:]
        if hmac.compare_digest(proof, signature(payload)):
            origin, after = json.loads(payload)
            if origin == listing:
                return after
    except ValueError:
        pass
    raise invalid_parameter("nextToken", "Invalid nextToken")


def page(
    items: Iterable[Item],
    position: Callable[[Item], Any],
    listing: str,
    parameters: dict[str, Any],
) -> tuple[list[Item], str | None]:
    """One page of `items`, which are in the order of their `position`, and the token of the next page.

    A page continues behind the position of the last item, so what is deleted between two pages moves nothing.
    No more of `items` is taken than the page and the question whether there is another need.
    """
    token = parameters.get("nextToken")
    size = parameters.get("maxResults") or DEFAULT_PAGE
    if BEHAVIOUR.page_size is not None:
        size = min(size, BEHAVIOUR.page_size)
    if token:
        after = position_of(token, listing)
        items = (item for item in items if position(item) > after)
    found = list(islice(items, size + 1))
    if len(found) <= size:
        return found, None
    return found[:size], token_of(listing, position(found[size - 1]))


def to_come(
    items: Sequence[Item],
    position: Callable[[Item], list[Any]],
    listing: str,
    parameters: dict[str, Any],
) -> Sequence[Item]:
    """The items, without those that earlier pages are done with, found without looking at each.

    `position` is the first part of the positions of `page`, where an item fills more than one place there.
    """
    token = parameters.get("nextToken")
    if not token:
        return items
    after: list[Any] = position_of(token, listing)
    return items[bisect_left(items, after[:1], key=position) :]


def refuse_paging(parameters: dict[str, Any], field: str) -> None:
    """Refuse maxResults and nextToken beside names or ids ("cannot be used when you specify ...")."""
    for name in ("maxResults", "nextToken"):
        if parameters.get(name) is not None:
            raise invalid_parameter(name, f"This option cannot be used when you specify {field}")
