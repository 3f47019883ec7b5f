"""A circuit breaker: while AWS does not answer, nobody asks it but one probe now and then.

Own code, because the breakers on PyPI let one of the callers be the probe, who then has to be woken for it;
here the callers wait in the work queue until the breaker closes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ecr_operator.aws.errors import AwsError, CircuitOpen

log = logging.getLogger(__name__)

FAILURES = 5
"""In a row, without any answer between."""


class Breaker:
    """Of one service in one account and region.

    `probe` is a cheap call; it is sent every `seconds` while the breaker is open. `on_change` is told when
    it opens (True) and closes. All is called from one event loop.
    """

    def __init__(
        self,
        name: str,
        probe: Callable[[], Awaitable[object]],
        seconds: float,
        on_change: Callable[[bool], None],
    ) -> None:
        self._name = name
        self._probe = probe
        self._seconds = seconds
        self._on_change = on_change
        self._failures = 0
        self._last: AwsError | None = None
        self._probing: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are refused."""
        return self._probing is not None

    def check(self, operation: str) -> None:
        """Raises `CircuitOpen` while it is open."""
        if self._probing is not None:
            detail = self._last.message if self._last else "no answer"
            raise CircuitOpen(
                operation, f"AWS does not answer and is asked again every few seconds: {detail}"
            )

    def answered(self) -> None:
        """AWS has answered, be it with a refusal."""
        self._failures = 0
        if self._probing is not None:
            self._close()

    def failed(self, error: AwsError) -> None:
        """AWS did not answer, or with a server error."""
        self._failures += 1
        self._last = error
        if self._probing is None and self._failures >= FAILURES:
            log.warning("AWS (%s) does not answer, all calls wait for it: %s", self._name, error)
            self._probing = asyncio.create_task(self._until_answered(), name=f"probe-{self._name}")
            self._on_change(True)

    def stop(self) -> None:
        """Stop probing, for good."""
        if self._probing is not None:
            self._probing.cancel()

    async def _until_answered(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self._probe()
            except AwsError as error:
                # Without credentials nobody can be asked, which those who wait will say.
                if error.outage:
                    self._last = error
                    continue
            self.answered()
            return

    def _close(self) -> None:
        probing, self._probing = self._probing, None
        if probing is not None and probing is not asyncio.current_task():
            probing.cancel()
        log.info("AWS (%s) answers again", self._name)
        self._on_change(False)
