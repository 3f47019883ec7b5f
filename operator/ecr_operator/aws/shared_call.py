"""A call that many ask for and one makes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from ecr_operator.aws.errors import AwsError, Kind

T = TypeVar("T")

REFUSAL_SECONDS = 3.0
"""How long a refusal is also the answer to those who ask next: a wave does not come all at one moment."""


class SharedCall(Generic[T]):
    """Who asks while the call is under way waits for the same answer, or the same error.

    Only a refusal that a person has to mend is kept for a moment. What passes by itself is for the breaker
    and the rate: who kept a `CircuitOpen` would miss the end of the outage. `monotonic` is a clock in
    seconds.
    """

    def __init__(self, call: Callable[[], Coroutine[Any, Any, T]], monotonic: Callable[[], float]) -> None:
        self._call = call
        self._monotonic = monotonic
        self._task: asyncio.Task[T] | None = None
        self._refusal: tuple[float, AwsError] | None = None

    async def answer(self) -> T:
        """The answer of the call that is under way, else of a new one. Raises `AwsError`."""
        if self._refusal is not None and self._monotonic() - self._refusal[0] < REFUSAL_SECONDS:
            raise self._refusal[1]
        if self._task is None:
            self._task = asyncio.create_task(self._call())
            self._task.add_done_callback(self._ended)
        return await asyncio.shield(self._task)

    def _ended(self, task: "asyncio.Task[T]") -> None:
        self._task = self._refusal = None
        if task.cancelled():
            return
        error = task.exception()  # an asker that was cancelled meanwhile leaves nobody else to look at it
        if isinstance(error, AwsError) and error.kind == Kind.STALLED:
            self._refusal = (self._monotonic(), error)
