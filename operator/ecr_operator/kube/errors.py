"""What may come of a request to the API server instead of an answer."""

import json
from collections.abc import Sequence

import aiohttp

_LONGEST_MESSAGE = 500
_NOT_FOUND = 404


class KubeError(Exception):
    """The API server refused a request.

    ``status`` is the HTTP status, ``reason`` and ``message`` are those of the Status in the answer
    (``NotFound``, ``Conflict``, ...; empty where something else answered, such as a proxy), ``causes`` the
    fields that a validation refused, ``retry_after`` the seconds that the server asks to wait.
    Headers and bodies are never part of it: they hold credentials.
    """

    def __init__(
        self,
        status: int,
        reason: str = "",
        message: str = "",
        causes: Sequence[str] = (),
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = tuple(causes)
        self.retry_after = retry_after
        super().__init__(": ".join(filter(None, (f"{status} {reason}".strip(), message))))


class KubeUnavailable(KubeError):
    """No answer: the API server is down, not reachable, or slower than the time-out.

    Whether a write has happened is not known.
    """

    def __init__(self, message: str) -> None:
        super().__init__(0, "Unavailable", message)


class Stale(KubeError):
    """The object is not, or no longer, the one that was read: nothing was written. Read it again."""


class Gone(KubeError):
    """The object does not exist any more: nothing was written."""


def says_absent(error: KubeError, name: str) -> bool:
    """Whether the API server says that there is no object of that name.

    A proxy answers 404 too, and an API server that does not serve the kind yet ("the server could not find
    the requested resource"): only where the object is named has anybody looked for it (apimachinery,
    ``errors.NewNotFound``).
    """
    return error.status == _NOT_FOUND and f'"{name}"' in error.message


def refusal(status: int, answer: bytes) -> KubeError:
    try:
        body = json.loads(answer)
    except ValueError:
        body = None
    if not isinstance(body, dict) or body.get("kind") != "Status":
        return KubeError(status)
    details = body.get("details") or {}
    message = str(body.get("message") or "")
    if len(message) > _LONGEST_MESSAGE:
        message = message[: _LONGEST_MESSAGE - 1] + "…"
    causes = [str(cause["field"]) for cause in details.get("causes") or () if cause.get("field")]
    return KubeError(status, str(body.get("reason") or ""), message, causes, details.get("retryAfterSeconds"))


def cause(error: Exception, seconds: float) -> str:
    # The text of other errors may hold a proxy's address with its password.
    if isinstance(error, TimeoutError):
        return f"no answer within {seconds:.1f} s"
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(
        error, aiohttp.ClientProxyConnectionError
    ):
        return f"{type(error).__name__}: {error.os_error.strerror or type(error.os_error).__name__}"
    return type(error).__name__
