"""What a call has to pass before it is sent; in virtual time."""

import asyncio

import pytest

from ecr_operator.aws.breaker import FAILURES
from ecr_operator.aws.errors import AwsError, CircuitOpen, Kind
from ecr_operator.aws.limits import Limits
from ecr_operator.aws.rate import CEILING, DOUBLING_SECONDS, FLOOR
from ecr_operator.reasons import Reason
from tests.engine.virtual import run

DOWN = AwsError(Kind.TRANSIENT, Reason.AWS_UNAVAILABLE, "EndpointConnectionError", "Op", "down", outage=True)
DENIED = AwsError(Kind.STALLED, Reason.ACCESS_DENIED, "AccessDenied", "Op", "denied")
THROTTLED = AwsError(Kind.TRANSIENT, Reason.THROTTLED, "ThrottlingException", "Op", "Rate exceeded")
PROBE_SECONDS = 5.0


class World:
    """Limits with a probe that fails as long as `down`; made in a running loop."""

    def __init__(self) -> None:
        self.down: AwsError | None = None
        self.probes: list[float] = []
        self.changes: list[tuple[str, bool]] = []
        self.loop = asyncio.get_running_loop()
        self.limits = Limits(
            self.probe,
            lambda service, is_open: self.changes.append((service, is_open)),
            probe_seconds=PROBE_SECONDS,
            monotonic=self.loop.time,
        )

    async def probe(self, service: str) -> None:
        assert service == "ecr"
        self.probes.append(self.loop.time())
        if self.down is not None:
            raise self.down

    def fail(self, times: int = FAILURES, error: AwsError = DOWN) -> None:
        for _ in range(times):
            self.limits.failed("ecr", "op", error)

    async def seconds_of(self, calls: int, operation: str = "op") -> float:
        begin = self.loop.time()
        await asyncio.gather(*(self.limits.turn("ecr", operation) for _ in range(calls)))
        return self.loop.time() - begin


def test_failures_in_a_row_open_the_breaker_and_nothing_passes_then() -> None:
    async def main() -> None:
        world = World()
        world.down = DOWN
        world.fail(FAILURES - 1)
        await world.limits.turn("ecr", "op")
        world.fail(1)
        with pytest.raises(CircuitOpen, match="down") as raised:
            await world.limits.turn("ecr", "other")
        assert (raised.value.kind, raised.value.reason) == (Kind.TRANSIENT, Reason.AWS_UNAVAILABLE)
        assert raised.value.refused
        assert not raised.value.outage
        assert world.changes == [("ecr", True)]
        await world.limits.turn("sts", "op")
        world.limits.stop()

    run(main())


@pytest.mark.parametrize("between", [None, DENIED, THROTTLED], ids=["success", "refusal", "throttle"])
def test_any_answer_between_keeps_it_closed(between: AwsError | None) -> None:
    async def main() -> None:
        world = World()
        world.fail(FAILURES - 1)
        if between is None:
            world.limits.answered("ecr")
        else:
            world.fail(1, between)
        world.fail(FAILURES - 1)
        await world.limits.turn("ecr", "op")
        assert world.changes == []

    run(main())


def test_one_probe_at_each_interval_until_aws_answers() -> None:
    async def main() -> None:
        world = World()
        world.down = DOWN
        world.fail()
        await asyncio.sleep(22)
        assert world.probes == [5.0, 10.0, 15.0, 20.0]
        assert world.limits.is_open("ecr")
        world.down = None
        await asyncio.sleep(4)
        assert world.probes[4:] == [25.0]
        assert world.changes == [("ecr", True), ("ecr", False)]
        await world.limits.turn("ecr", "op")
        await asyncio.sleep(60)
        assert len(world.probes) == 5

    run(main())


def test_a_refusal_is_an_answer_to_the_probe_too() -> None:
    async def main() -> None:
        world = World()
        world.down = DENIED
        world.fail()
        await asyncio.sleep(6)
        assert not world.limits.is_open("ecr")

    run(main())


def test_a_late_answer_closes_it_before_the_probe() -> None:
    async def main() -> None:
        world = World()
        world.fail()
        world.limits.answered("ecr")
        assert world.changes == [("ecr", True), ("ecr", False)]
        await asyncio.sleep(30)
        assert world.probes == []

    run(main())


def test_who_waits_for_a_turn_when_it_opens_is_refused_too() -> None:
    async def main() -> None:
        world = World()
        await world.seconds_of(round(CEILING))
        waiting = asyncio.create_task(world.limits.turn("ecr", "op"))
        await asyncio.sleep(0)
        world.fail()
        with pytest.raises(CircuitOpen):
            await waiting
        world.limits.stop()

    run(main())


def test_calls_pass_at_the_ceiling_at_most() -> None:
    async def main() -> None:
        world = World()
        assert await world.seconds_of(round(CEILING)) == 0
        assert await world.seconds_of(round(CEILING)) == pytest.approx(1, abs=0.01)

    run(main())


def test_a_throttle_halves_the_rate_of_its_operation_alone() -> None:
    async def main() -> None:
        world = World()
        await world.seconds_of(round(CEILING))
        world.fail(1, THROTTLED)
        assert await world.seconds_of(round(CEILING) // 2) == pytest.approx(1, abs=0.02)
        assert await world.seconds_of(round(CEILING), "other") == 0

    run(main())


def test_throttles_of_calls_that_were_under_way_already_count_once() -> None:
    async def main() -> None:
        world = World()
        await world.seconds_of(round(CEILING))
        world.fail(20, THROTTLED)
        assert await world.seconds_of(round(CEILING) // 2) == pytest.approx(1, abs=0.02)

    run(main())


def test_the_rate_has_a_floor_and_comes_back_slowly() -> None:
    async def main() -> None:
        world = World()
        for _ in range(100):
            world.fail(1, THROTTLED)
            await asyncio.sleep(0.3)
        await world.seconds_of(1)
        assert await world.seconds_of(3) == pytest.approx(3 / FLOOR, rel=0.1)
        await asyncio.sleep(3 * DOUBLING_SECONDS)
        await world.seconds_of(round(8 * FLOOR))
        assert await world.seconds_of(round(8 * FLOOR)) == pytest.approx(1, rel=0.3)
        await asyncio.sleep(8 * DOUBLING_SECONDS)
        assert await world.seconds_of(round(CEILING)) == 0

    run(main())


def test_under_a_limit_of_aws_half_of_it_and_more_is_used_and_few_calls_are_refused() -> None:
    """AWS as a token bucket of 20 calls a second; 20 callers that never stop."""

    async def main() -> tuple[int, int]:
        world = World()
        tokens, seen, done, refused = 20.0, 0.0, 0, 0

        async def caller() -> None:
            nonlocal tokens, seen, done, refused
            while world.loop.time() < 300:
                await world.limits.turn("ecr", "op")
                now = world.loop.time()
                tokens, seen = min(20.0, tokens + (now - seen) * 20), now
                if tokens >= 1:
                    tokens -= 1
                    done += 1
                    world.limits.answered("ecr")
                else:
                    refused += 1
                    world.limits.failed("ecr", "op", THROTTLED)

        await asyncio.gather(*(caller() for _ in range(20)))
        return done, refused

    done, refused = run(main())
    assert done > 300 * 20 * 0.5
    assert refused < done * 0.1
