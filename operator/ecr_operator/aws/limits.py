"""What a call has to pass before it is sent: the breaker of its service, then the rate of its operation."""

from collections.abc import Awaitable, Callable

from ecr_operator.aws.breaker import Breaker
from ecr_operator.aws.errors import AwsError
from ecr_operator.aws.rate import Rate
from ecr_operator.reasons import Reason

Probe = Callable[[str], Awaitable[object]]
"""Sends a cheap call to a service, beside all limits."""
OnChange = Callable[[str, bool], None]
"""Told of a service whether its breaker has opened or closed."""


class Limits:
    """Of one identity in one region."""

    def __init__(
        self, probe: Probe, on_change: OnChange, *, probe_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._probe = probe
        self._on_change = on_change
        self._probe_seconds = probe_seconds
        self._monotonic = monotonic
        self._breakers: dict[str, Breaker] = {}
        self._rates: dict[tuple[str, str], Rate] = {}

    async def turn(self, service: str, operation: str) -> None:
        """Wait until the call may be sent. Raises `CircuitOpen` when AWS does not answer anybody."""
        breaker = self._breaker(service)
        breaker.check(operation)
        await self._rate(service, operation).turn()
        breaker.check(operation)

    def answered(self, service: str) -> None:
        """A call was answered."""
        self._breaker(service).answered()

    def failed(self, service: str, operation: str, error: AwsError) -> None:
        """A call was refused or not answered."""
        if error.outage:
            self._breaker(service).failed(error)
            return
        if error.answered:
            self._breaker(service).answered()
        if error.reason == Reason.THROTTLED:
            self._rate(service, operation).throttled()

    def is_open(self, service: str) -> bool:
        """Whether calls of the service are refused, because AWS does not answer."""
        return service in self._breakers and self._breakers[service].is_open

    def stop(self) -> None:
        """Stop all probes, for good."""
        for breaker in self._breakers.values():
            breaker.stop()

    def _breaker(self, service: str) -> Breaker:
        breaker = self._breakers.get(service)
        if breaker is None:
            breaker = self._breakers[service] = Breaker(
                service,
                lambda: self._probe(service),
                self._probe_seconds,
                lambda is_open: self._on_change(service, is_open),
            )
        return breaker

    def _rate(self, service: str, operation: str) -> Rate:
        rate = self._rates.get((service, operation))
        if rate is None:
            rate = self._rates[service, operation] = Rate(self._monotonic)
        return rate
