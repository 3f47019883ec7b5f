"""Waits until an image can be judged."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, Protocol

from ecr_operator.api.vulnerability_policy import VulnerabilityPolicy
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.cli.gate_look import Look, NoSuchImageError
from ecr_operator.cli.gate_outcome import Outcome, Target
from ecr_operator.cli.gate_verdict import absent, last_verdict, outcome_of, refused, verdict_on

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 30.0
GROWTH: Final = 1.5


class Progress(Protocol):
    """Is told how it goes."""

    def waits(self, target: Target, words: str, seconds: float) -> None:
        """For the image, `seconds` after the start; `words` say what for."""

    def ends(self, target: Target) -> None:
        """The image was judged."""


def pauses() -> Iterator[float]:
    """Seconds between one look and the next: most scans take less than a minute, some take long."""
    pause = FIRST_SECONDS
    while True:
        yield pause
        pause = min(LONGEST_SECONDS, pause * GROWTH)


class Waiting:
    """For `seconds` in all, from now on. `monotonic` is a clock in seconds; `now` tells the time of AWS."""

    def __init__(
        self,
        policy: VulnerabilityPolicy,
        seconds: float,
        progress: Progress,
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._policy = policy
        self._seconds = seconds
        self._progress = progress
        self._monotonic = monotonic
        self._now = now
        self._begin = monotonic()

    async def outcome(self, look: Look) -> Outcome:
        """Look until there is a verdict, or the time is up; a look that has begun then is finished.

        At least one look is taken. Errors of AWS that pass are looked past, as long as there is time.
        """
        try:
            return await self._outcome(look)
        finally:
            self._progress.ends(look.target)

    async def _outcome(self, look: Look) -> Outcome:
        for pause in pauses():
            failed: AwsError | None = None
            try:
                await look.look()
            except NoSuchImageError as error:
                return absent(look, error)
            except AwsError as error:
                failed = error
            waited = self._monotonic() - self._begin
            verdict = verdict_on(look, self._policy, self._now())
            if verdict is None and failed is not None and failed.kind != Kind.TRANSIENT:
                return refused(look, failed)
            if verdict is None and waited >= self._seconds:
                verdict = last_verdict(look, self._policy, self._now(), self._seconds, failed)
            if verdict is not None:
                return outcome_of(look, verdict)
            self._progress.waits(look.target, _words(look, failed), waited)
            await asyncio.sleep(min(pause, self._seconds - waited))
        raise AssertionError("unreachable")


def _words(look: Look, failed: AwsError | None) -> str:
    if failed is not None:
        return f"AWS is asked again ({failed.code})"
    scan = look.scan
    return f"waiting for its scan ({scan.status if scan is not None else 'no status'})"
