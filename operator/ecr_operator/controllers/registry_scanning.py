"""How a registry scans, asked for many repositories at once and remembered for an interval."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ecr_operator.api.scan_status import ScanType
from ecr_operator.aws.errors import NOT_FOUND, AwsError, Kind
from ecr_operator.aws.registry import Registry
from ecr_operator.aws.scans import NAMES_PER_CALL, ScanFrequency, registry_scan_type, scan_frequencies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scanning:
    """How the images of a repository are scanned; None: not known."""

    type: ScanType | None
    frequency: ScanFrequency | None
    since: float
    """When the registry has told its type, in monotonic seconds."""
    calls: int = 0
    """What it took to know that."""


class RegistryScanning:
    """Of one registry. `names` are all repositories that may be asked for, `monotonic` is in seconds."""

    def __init__(
        self, interval: float, names: Callable[[], Iterable[str]], monotonic: Callable[[], float]
    ) -> None:
        self._interval = interval
        self._names = names
        self._monotonic = monotonic
        self._type: tuple[float, ScanType | None] | None = None
        self._found: dict[str, tuple[float, ScanFrequency | None]] = {}
        self._alone_until = float("-inf")
        self._refused: dict[str, float] = {}

    async def of(self, registry: Registry, name: str) -> Scanning:
        """What was known before stays, where AWS does not tell it now: nothing else is to suffer from that.

        Where a call has to be made, it asks for others too that are due by half.
        """
        calls, now = 0, self._monotonic()
        if self._type is None or now - self._type[0] >= self._interval:
            calls += 1
            before = self._type[1] if self._type is not None else None
            try:
                self._type = now, await registry_scan_type(registry.session)
            except AwsError as error:
                self._type = now, None if self._refuses(error) else before
        if self._is_old(name, 1.0):
            calls += await self._ask(registry, [name, *self._others(name)], now)
        return Scanning(self._type[1], self._found[name][1], self._type[0], calls)

    async def _ask(self, registry: Registry, names: list[str], now: float) -> int:
        """How many calls it took."""
        try:
            found = await scan_frequencies(registry.session, names)
        except AwsError as error:
            if error.code in NOT_FOUND and len(names) > 1:
                # One that is gone may fail the call for all: until the next interval each asks for itself.
                self._alone_until = now + self._interval
                return 1 + await self._ask(registry, names[:1], now)
            if error.code not in NOT_FOUND and not self._refuses(error):
                # Later, by the next one's turn; of the others what was known stays known.
                before = self._found.get(names[0])
                self._found[names[0]] = now, before[1] if before else None
                return 1
            found = {}
        for one in names:
            self._found[one] = now, found.get(one)
        return 1

    def _others(self, name: str) -> list[str]:
        known = list(dict.fromkeys(self._names()))
        if len(self._found) > 2 * len(known) + NAMES_PER_CALL:
            # Of repositories that are gone nothing is remembered.
            self._found = {one: self._found[one] for one in known if one in self._found}
        if self._monotonic() < self._alone_until:
            return []
        old = (one for one in known if one != name and self._is_old(one, 0.5))
        return [one for one, _ in zip(old, range(NAMES_PER_CALL - 1), strict=False)]

    def _is_old(self, name: str, part: float) -> bool:
        found = self._found.get(name)
        return found is None or self._monotonic() - found[0] >= part * self._interval

    def _refuses(self, error: AwsError) -> bool:
        """Whether a person would have to change something; the log says so, once per interval."""
        if error.kind != Kind.STALLED:
            return False
        if self._monotonic() - self._refused.get(error.operation, float("-inf")) >= self._interval:
            self._refused[error.operation] = self._monotonic()
            log.warning("How the registry scans is not known: %s", error)
        return True
